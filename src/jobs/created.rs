//! A model that is created by request, and the job of its run: both are recorded, or none.

use super::Error;
use super::queue::Queue;
use crate::registry::{
    CreatedModel, JobRow, Lock, NewJob, add_job, add_model, free_name, open_jobs, settled,
};

/// What came of creating a model.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelSubmitted {
    /// It is recorded, and its job waits for a worker.
    Queued,
    /// There is one of the name, which was not to be replaced.
    Exists,
    /// A job of it is open.
    Busy(Box<JobRow>),
}

/// Records a model and queues the job of its run. Of two that create the same one at once, one does. The name of a model that
/// was removed is taken by who holds its lock; it is given back with that.
///
/// # Errors
/// When a statement fails; then nothing was recorded.
pub async fn submit_model(
    queue: &Queue,
    model: &CreatedModel,
    job: &NewJob,
    replaces: bool,
    held: Option<&Lock>,
) -> Result<ModelSubmitted, Error> {
    settled!(try_submit_model(queue, model, job, replaces, held))
}

async fn try_submit_model(
    queue: &Queue,
    model: &CreatedModel,
    job: &NewJob,
    replaces: bool,
    held: Option<&Lock>,
) -> Result<ModelSubmitted, Error> {
    // What is not committed is rolled back when it is dropped.
    let mut transaction = queue.registry.begin().await?;
    if let Some(held) = held {
        free_name(&mut transaction, held, model.at_ms).await?;
    }
    if !add_model(&mut transaction, model, replaces || held.is_some()).await? {
        return Ok(ModelSubmitted::Exists);
    }
    if let Some(open) = open_jobs(&mut transaction, &model.name).await?.pop() {
        return Ok(ModelSubmitted::Busy(Box::new(open)));
    }
    add_job(&mut transaction, job).await?;
    transaction.commit().await?;
    queue.wake.notify_one();
    Ok(ModelSubmitted::Queued)
}
