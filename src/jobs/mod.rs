//! The queue: a schedule tick, a request over HTTP and `unseat jobs submit` make a job; workers take jobs and do runs.
//!
//! A job is a row of the registry (`registry/jobs.rs`), claimed by one living worker (`registry/workers.rs`) and by another one
//! when that dies. It must not know HTTP, and not when a tick is due.

mod attempt;
mod child;
mod created;
mod launch;
mod outcome;
mod queue;
mod record_outcome;
mod worker;
mod worker_context;

pub use child::Program;
pub use created::{ModelSubmitted, submit_model};
pub use launch::Launcher;
pub use queue::{Queue, Submitted, new_job, retry, submit};
pub use record_outcome::WORKER_ENDED;
pub use worker::{Bounds, Until, work};

/// Why a job cannot be queued or worked on: the registry cannot answer.
pub use crate::registry::Error;
