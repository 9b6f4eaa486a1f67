//! Putting a job into the queue: its record and its tick, in one transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::Error;
use crate::config::Overlap;
use crate::model_types::RunId;
use crate::pipeline::Ids;
use crate::registry::{
    JobRow, JobState, NewJob, PutBack, Registry, TickOutcome, TickRow, Tx, add_job, add_tick,
    end_tick, open_jobs, put_job_back, reopen_job, settled,
};

/// What came of a request for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// It waits for a worker.
    Queued(String),
    /// An open job of the model is in the way.
    Busy(Box<JobRow>),
    /// The tick is left out, for this reason.
    LeftOut(String),
    /// Another scheduler has recorded the tick before.
    Known,
}

/// The queue of a registry.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Where jobs are.
    pub registry: Registry,
    /// Told when this process has queued a job, so that its worker does not wait for its next poll.
    pub wake: Arc<Notify>,
}

impl Queue {
    /// The queue of a registry, for all of this process that put jobs into it and take them out.
    pub fn of(registry: &Registry) -> Self {
        Queue {
            registry: registry.clone(),
            wake: Arc::new(Notify::new()),
        }
    }
}

/// A job of a model that is submitted now, with fresh ids for itself and its run.
pub fn new_job(ids: Ids, model: &str, trigger: &str, actor: &str, now: DateTime<Utc>) -> NewJob {
    NewJob {
        // Apart from that of its run, also where chance is fixed.
        id: ids.run_id(&format!("job of {model}"), now).into(),
        model: model.to_string(),
        trigger: trigger.to_string(),
        tick_ms: None,
        force: false,
        actor: actor.to_string(),
        run: ids.run_id(model, now),
        at_ms: now.timestamp_millis(),
    }
}

/// Queues a job, unless one of its model is open. A tick goes by its overlap rule, and is recorded whatever comes of it.
///
/// # Errors
/// When a statement fails; then nothing was queued or recorded.
pub async fn submit(queue: &Queue, job: &NewJob, overlap: Overlap) -> Result<Submitted, Error> {
    settled!(try_submit(queue, job, overlap))
}

async fn try_submit(queue: &Queue, job: &NewJob, overlap: Overlap) -> Result<Submitted, Error> {
    let held = held_by(&queue.registry, job, overlap).await?;
    let mut transaction = queue.registry.begin().await?;
    let open = open_jobs(&mut transaction, &job.model).await?;
    let running = open.iter().find(|open| open.state == JobState::Running);
    let waiting = open.iter().find(|open| open.state == JobState::Queued);
    let in_the_way = match (job.tick_ms, overlap) {
        // A tick gives way to nothing but its own kind.
        (Some(_), Overlap::QueueLatest) => waiting.filter(|waiting| waiting.tick_ms.is_none()),
        _ => running.or(waiting),
    };
    if let Some(tick_ms) = job.tick_ms {
        let still = |open: &JobRow| format!("job {} was still {}", open.id, open.state);
        let left_out = in_the_way.map(still).or(held);
        if !add_tick(
            &mut transaction,
            &tick_of(job, tick_ms, left_out.as_deref()),
        )
        .await?
        {
            return Ok(Submitted::Known);
        }
        if let Some(reason) = left_out {
            transaction.commit().await?;
            return Ok(Submitted::LeftOut(reason));
        }
    } else if let Some(open) = in_the_way {
        return Ok(Submitted::Busy(Box::new(open.clone())));
    }
    if let (Some(_), Some(earlier)) = (job.tick_ms, waiting) {
        give_way(&mut transaction, earlier, job).await?;
    }
    add_job(&mut transaction, job).await?;
    transaction.commit().await?;
    queue.wake.notify_one();
    Ok(Submitted::Queued(job.id.clone()))
}

/// Why a tick is left out although no job is open: a run without a job is under way.
async fn held_by(
    registry: &Registry,
    job: &NewJob,
    overlap: Overlap,
) -> Result<Option<String>, Error> {
    if job.tick_ms.is_none() || overlap != Overlap::Skip {
        return Ok(None);
    }
    let holder = registry.holder(&job.model).await?;
    let alive = holder.filter(|holder| holder.is_alive(job.at_ms));
    Ok(alive.map(|holder| format!("run {} was still under way", holder.run)))
}

/// The row of a job's tick, or of one that is left out and has no job.
fn tick_of(job: &NewJob, tick_ms: i64, left_out: Option<&str>) -> TickRow {
    let outcome = match left_out {
        Some(_) => TickOutcome::Skipped,
        None => TickOutcome::Pending,
    };
    TickRow {
        model: job.model.clone(),
        tick_ms,
        outcome,
        reason: left_out.unwrap_or("its job waits for a worker").to_string(),
        job: left_out.is_none().then(|| job.id.clone()),
        run: None,
        at_ms: job.at_ms,
    }
}

/// Puts a running job back into the queue. The answer is whether it was still the worker's own and had not been cancelled.
///
/// # Errors
/// When a statement fails; then nothing was changed.
pub async fn put_back(
    queue: &Queue,
    job: &str,
    worker: &str,
    back: &PutBack,
) -> Result<bool, Error> {
    settled!(try_put_back(queue, job, worker, back))
}

async fn try_put_back(
    queue: &Queue,
    job: &str,
    worker: &str,
    back: &PutBack,
) -> Result<bool, Error> {
    let mut transaction = queue.registry.begin().await?;
    if !put_job_back(&mut transaction, job, worker, back).await? {
        return Ok(false);
    }
    transaction.commit().await?;
    queue.wake.notify_one();
    Ok(true)
}

/// Queues a job again that has ended without an outcome, unless one of its model is open.
///
/// # Errors
/// When a statement fails; then nothing was changed.
pub async fn retry(queue: &Queue, job: &JobRow, run: &RunId) -> Result<Option<Submitted>, Error> {
    settled!(try_retry(queue, job, run))
}

async fn try_retry(queue: &Queue, job: &JobRow, run: &RunId) -> Result<Option<Submitted>, Error> {
    let mut transaction = queue.registry.begin().await?;
    let mut open = open_jobs(&mut transaction, &job.model).await?;
    if let Some(open) = open.pop() {
        return Ok(Some(Submitted::Busy(Box::new(open))));
    }
    if !reopen_job(&mut transaction, &job.id, run).await? {
        return Ok(None);
    }
    transaction.commit().await?;
    queue.wake.notify_one();
    Ok(Some(Submitted::Queued(job.id.clone())))
}

/// The job of an earlier tick that still waits ends: a later tick takes its place.
async fn give_way(connection: &mut Tx, earlier: &JobRow, later: &NewJob) -> Result<(), Error> {
    let reason = "a later tick came before it was begun";
    crate::registry::cancel_waiting(connection, &earlier.id, "schedule", reason, later.at_ms)
        .await?;
    end_tick(
        connection,
        &earlier.id,
        TickOutcome::Skipped,
        reason,
        None,
        later.at_ms,
    )
    .await?;
    Ok(())
}
