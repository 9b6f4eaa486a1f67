//! The newest data set in numbers, as it is cached.

use std::sync::Arc;

use super::bundle_score::no_champion;
use crate::diagnose;
use crate::diagnose::DataSummary;
use crate::pipeline::Env;
use crate::serve::{Code, Problem, State};
use crate::serving::served_models::ModelSlot;

/// What the stages of a model may touch; `None` when a bundle is served without its project.
pub(super) fn env(state: &State, model: &ModelSlot) -> Option<Arc<Env>> {
    state.project.as_ref()?.envs.get(&model.name)
}

/// The newest data set in numbers: read once per data set. Without a project, what the bundle knows of its own.
///
/// # Errors
/// 503 when there is none yet, or it cannot be read.
pub async fn summary(state: &State, model: &ModelSlot) -> Result<Arc<DataSummary>, Problem> {
    let Some(env) = env(state, model) else {
        let served = model.champion().ok_or_else(no_champion)?;
        return Ok(Arc::new(DataSummary::of_profile(&served.bundle.profile)));
    };
    let row = env.registry.latest_dataset(&model.name).await;
    let row = row.map_err(|error| unavailable("the registry cannot be reached", &error))?;
    let Some(row) = row else {
        let why = "the model has no data set yet; `unseat run` makes one";
        return Err(Problem::new(Code::Unavailable, why).retry(5));
    };
    let place = state.diagnostics.place(&model.name);
    place
        .summary(&row.run, {
            let (env, row) = (env.clone(), row.clone());
            let here = tokio::runtime::Handle::current();
            move || {
                let file = here.block_on(env.datasets.local_copy(&row.name))?;
                diagnose::summarise_newest(&env, &row, &file)
            }
        })
        .await
        .map_err(|error| unavailable("the newest data set cannot be read", error.as_ref()))
}

/// 503 in words; what lies behind it goes to the log.
pub(super) fn unavailable(what: &str, error: &(dyn std::error::Error + 'static)) -> Problem {
    let causes = crate::text::causes(error).join(": ");
    tracing::warn!(error = %error, causes, "{what}");
    Problem::new(
        Code::Unavailable,
        format!("{what}; the server's log says why"),
    )
    .retry(5)
}
