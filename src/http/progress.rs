//! What a connection is doing, so that a silent one can be detected.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a connection is doing.
#[derive(Debug)]
pub struct Progress {
    pub(super) began: Instant,
    pub(super) is_h2: AtomicBool,
    /// Large answers that are not sent to their end, and since when, in milliseconds after `began`.
    pub(super) unread: AtomicUsize,
    pub(super) unread_since_ms: AtomicU64,
    /// When the last bytes went out, in milliseconds after `began`.
    pub(super) last_ms: AtomicU64,
    pub(super) under_way: AtomicUsize,
}

impl Progress {
    pub(super) fn new() -> Self {
        Progress {
            began: Instant::now(),
            is_h2: AtomicBool::new(false),
            unread: AtomicUsize::new(0),
            unread_since_ms: AtomicU64::new(0),
            last_ms: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
        }
    }

    pub(super) fn is_made(&self) {
        let now = self.began.elapsed().as_millis() as u64;
        self.last_ms.store(now, Ordering::Relaxed);
    }

    /// A large answer is on its way out until what is returned is dropped.
    pub fn sends(self: &Arc<Self>) -> Sending {
        if self.unread.fetch_add(1, Ordering::Relaxed) == 0 {
            self.note_unread();
        }
        Sending(self.clone())
    }

    pub(super) fn note_unread(&self) {
        let now = self.began.elapsed().as_millis() as u64;
        self.unread_since_ms.store(now, Ordering::Relaxed);
    }

    /// For how long no large answer was taken to its end though there is one.
    pub(super) fn unread_for(&self) -> Option<Duration> {
        let since = Duration::from_millis(self.unread_since_ms.load(Ordering::Relaxed));
        let is_any = self.unread.load(Ordering::Relaxed) > 0;
        is_any.then(|| self.began.elapsed().saturating_sub(since))
    }

    pub(super) fn silence(&self) -> Duration {
        let last = Duration::from_millis(self.last_ms.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }
}

/// A large answer on its way out.
pub struct Sending(Arc<Progress>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.note_unread();
        self.0.unread.fetch_sub(1, Ordering::Relaxed);
    }
}
