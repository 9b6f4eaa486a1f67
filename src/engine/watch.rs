//! What this process has under way in engines: the sessions that are open, so that a signal can end what they run, and who hears how far
//! it is. A process runs one command, so both are one value for all of it.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use spark_connect::SparkSession;

use super::error::Error;

/// Hears one line on what the engine does, again whenever it changes.
pub type Listener = Arc<dyn Fn(&str) + Send + Sync>;

/// What becomes of calls to the engine once its queries were interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// They fail, so that the caller can remove what it began.
    Fail,
    /// They do not return: the process is about to end, and has settled what it was doing.
    Hold,
}

static OPEN: Mutex<Vec<(u64, SparkSession)>> = Mutex::new(Vec::new());
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);
static NEXT: AtomicU64 = AtomicU64::new(0);
/// 0 as long as nothing ends, else 1 for [`Then::Fail`] and 2 for [`Then::Hold`].
static ENDING: AtomicU8 = AtomicU8::new(0);

fn open() -> MutexGuard<'static, Vec<(u64, SparkSession)>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has someone hear how far the engine is, in place of who did before.
pub fn listen(listener: Listener) {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
}

/// Says what the engine does.
pub(super) fn tell(text: &str) {
    let listener = LISTENER.lock().unwrap_or_else(PoisonError::into_inner);
    let listener = listener.clone();
    if let Some(listener) = listener {
        listener(text);
    }
}

/// Notes a session that is open.
pub(super) fn opened(spark: &SparkSession) -> u64 {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    open().push((id, spark.clone()));
    id
}

/// Forgets a session.
pub(super) fn closed(id: u64) {
    open().retain(|(other, _)| *other != id);
}

/// Interrupts every query of this process's sessions, waiting this long at most for the servers to say so. The answer is how many
/// they ended. Calls from now on, and those under way, do what `then` says.
pub fn interrupt(patience: Duration, then: Then) -> usize {
    let ending = match then {
        Then::Fail => 1,
        Then::Hold => 2,
    };
    ENDING.store(ending, Ordering::SeqCst);
    let sessions = open().clone();
    let (told, answers) = sync_channel(sessions.len());
    let mut asked = 0;
    for (_, spark) in sessions {
        let told = told.clone();
        let spawned = thread::Builder::new()
            .name("interrupt".to_string())
            .spawn(move || told.send(spark.interrupt_all().map_or(0, |ids| ids.len())));
        asked += usize::from(spawned.is_ok());
    }
    let until = Instant::now() + patience;
    let mut ended = 0;
    for _ in 0..asked {
        let left = until.saturating_duration_since(Instant::now());
        ended += answers.recv_timeout(left).unwrap_or(0);
    }
    ended
}

/// Whether queries were interrupted: an error then, or no return at all.
pub(super) fn is_ending(doing: &str) -> Result<(), Error> {
    match ENDING.load(Ordering::SeqCst) {
        0 => Ok(()),
        1 => Err(Error::Interrupted(doing.to_string())),
        _ => loop {
            thread::park();
        },
    }
}
