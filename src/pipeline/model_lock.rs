//! Work under a model's lock.

use super::Env;
use super::error::Error;
use crate::registry::Lock;

/// Holds a model's lock around some work: it is given back whatever comes of the work.
///
/// # Errors
/// When a run is under way; what the work met; when the lock cannot be given back.
pub async fn with_model_lock<T, F: Future<Output = Result<T, Error>>>(
    env: &Env,
    model: &str,
    work: impl FnOnce(Lock) -> F,
) -> Result<T, Error> {
    let (id, now_ms) = (env.new_run_id(), env.clock.now_ms());
    let lock = env.registry.take_lock(model, &id, now_ms).await?;
    let done = work(lock.clone()).await;
    let released = env.registry.release_lock(&lock).await;
    // What went wrong first is what the user has to know.
    let done = done?;
    released?;
    Ok(done)
}
