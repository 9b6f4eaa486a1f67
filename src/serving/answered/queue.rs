//! The bounded way to the thread that counts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::kept::{Kept, Passed};
use super::writer::Writer;
use crate::logs::queue::Queue;
use crate::serving::error::Error;

/// Requests that may wait.
const MOST_REQUESTS: usize = 4096;
/// Bytes of rows that may wait, however few requests they came in.
const MOST_WAITING: usize = 64 << 20;
/// How long the last ones may take to be written at the end.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Takes answered requests.
pub struct AnsweredRows {
    queue: Queue<Box<Kept>>,
    passed: Arc<Passed>,
}

impl AnsweredRows {
    /// Starts the thread that counts; to be called on the runtime that the registry is queried on.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> Result<AnsweredRows, Error> {
        let passed = Arc::new(Passed::default());
        let writer = Writer::new(tokio::runtime::Handle::current(), passed.clone());
        let queue = Queue::start("answered-rows", MOST_REQUESTS, move |inbox| {
            writer.work(&inbox);
        });
        let queue = queue.map_err(Error::Count)?;
        Ok(AnsweredRows { queue, passed })
    }

    /// How it goes.
    pub fn passed(&self) -> &Passed {
        &self.passed
    }

    /// Writes what was counted; to be called off the threads that answer, once no more requests come.
    pub fn close(&self) {
        if !self.queue.close(LAST_WORDS) {
            tracing::error!("not all that was counted of requests could be written before the end");
        }
    }

    /// Hands one over, or drops it and counts that.
    pub fn offer(&self, kept: Kept) {
        let (n_rows, bytes) = (kept.rows.n_rows as u64, kept.bytes());
        let before = self.passed.waiting.fetch_add(bytes, Ordering::Relaxed);
        // One request alone may be larger than what may wait together.
        let has_room = before == 0 || before + bytes <= MOST_WAITING;
        if !(has_room && self.queue.offer(Box::new(kept))) {
            self.passed.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.passed.dropped.fetch_add(n_rows, Ordering::Relaxed);
        }
    }
}
