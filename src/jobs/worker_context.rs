//! What a worker works with, and the jobs that are under way.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{Notify, watch};

use super::child::Program;
use super::outcome::End;
use super::queue::Queue;
use crate::config::Jobs;
use crate::registry::JobRow;

/// What a worker works with.
pub struct WorkerContext {
    /// Where jobs come from.
    pub queue: Queue,
    /// What is started for a run.
    pub program: Program,
    /// The settings, which may be exchanged while it works.
    pub settings: Arc<ArcSwap<Jobs>>,
    /// Tags that this worker has.
    pub tags: Vec<String>,
    /// Whether the worker is to end.
    pub stop: watch::Receiver<bool>,
    /// Jobs that this process works on.
    pub hands: Arc<JobsUnderWay>,
}

/// Jobs that a process works on.
#[derive(Debug, Default)]
pub struct JobsUnderWay {
    jobs: Mutex<BTreeSet<String>>,
    /// Told when there is one less.
    pub freed: Notify,
}

impl JobsUnderWay {
    /// How many jobs there are.
    pub fn count(&self) -> usize {
        self.jobs().len()
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job that this process works on, as long as this lives.
pub struct JobUnderWay {
    hands: Arc<JobsUnderWay>,
    job: String,
}

impl JobUnderWay {
    /// Nothing when it is already.
    pub fn take(hands: &Arc<JobsUnderWay>, job: &str) -> Option<Self> {
        let is_new = hands.jobs().insert(job.to_string());
        // Not made where it is not given out: dropping one takes the job out of those under way.
        is_new.then(|| JobUnderWay {
            hands: hands.clone(),
            job: job.to_string(),
        })
    }
}

impl Drop for JobUnderWay {
    fn drop(&mut self) {
        self.hands.jobs().remove(&self.job);
        self.hands.freed.notify_one();
    }
}

/// How watching a run ended.
pub enum Over {
    /// The run ended.
    Ended(End),
    /// The worker ended it, because the job was cancelled.
    Cancelled(String),
    /// The worker ended it, because the worker itself is to end.
    Stopped,
    /// The worker ended it, because it took too long.
    TooLong(String),
    /// Another worker has the job.
    NotMine,
}

/// A job's run, or the id that its run will have.
pub fn run_of(job: &JobRow) -> &str {
    job.run.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_comes_twice_is_at_hand_once() {
        let hands = Arc::default();
        let first = JobUnderWay::take(&hands, "one");
        assert!(first.is_some());
        assert!(JobUnderWay::take(&hands, "one").is_none());
        assert!(
            JobUnderWay::take(&hands, "one").is_none(),
            "it stays under way"
        );
        assert!(JobUnderWay::take(&hands, "two").is_some());
        drop(first);
        assert_eq!(hands.count(), 0);
        assert!(JobUnderWay::take(&hands, "one").is_some());
    }
}
