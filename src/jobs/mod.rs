//! The queue: a schedule tick, a request over HTTP and `unseat jobs submit` make a job; workers take jobs and do runs.
//!
//! apalis carries a job's id to one living worker, and to another one when that dies. What is true about a job stands in the
//! registry (`registry/jobs.rs`), in the transaction that also queues it. It must not know HTTP, and not when a tick is due.

mod attempt;
mod carriers;
mod child;
mod created;
mod outcome;
mod queue;
mod settle;
mod worker;

pub use carriers::living_workers;
pub use child::Program;
pub use created::{ModelSubmitted, submit_model};
pub use queue::{Queue, Submitted, commit, new_job, retry, submit};
pub use settle::WORKER_ENDED;
pub use worker::{Until, work};

/// Why a job cannot be queued or worked on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry cannot answer.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// The queue's tables cannot be used.
    #[error("{action} in the queue")]
    Queue {
        /// What was being done.
        action: &'static str,
        /// What the queue said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
