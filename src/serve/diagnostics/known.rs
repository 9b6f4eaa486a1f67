//! What is known of a model: of a project's from its registry and its files, of a bundle alone what came with it.

use std::sync::Arc;

pub use super::score::of_champion;
use super::summary::env;
pub use super::summary::summary;
pub use crate::checks::Finding;
use crate::diagnose::{self, StageSeconds};
pub use crate::diagnose::{Freshness, Timings};
use crate::pipeline::Env;
pub use crate::pipeline::drift::HistoryEntry;
use crate::serve::admin::without_folder;
use crate::serve::project::Project;
use crate::serve::{Problem, State};
use crate::serving::model_facts::ModelFacts;
use crate::serving::model_slot::ModelSlot;

/// What the registry says of a model, as it is at hand; without a project, what its bundle knows.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn facts(state: &State, model: &ModelSlot) -> Result<Arc<ModelFacts>, Problem> {
    match (env(state, model), &state.project) {
        (Some(env), Some(project)) => {
            let at_hand = &state.diagnostics.place(&model.name).facts;
            let make = facts_of(state, model, Some(&env));
            let envs = std::slice::from_ref(&env);
            at_hand.get(&project.registry, envs, make).await
        }
        _ => Ok(Arc::new(facts_of(state, model, None).await?)),
    }
}

/// Seconds that the stages of training and of ingest took last.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn seconds(state: &State, model: &ModelSlot) -> Result<[Option<f64>; 2], Problem> {
    let seconds = match env(state, model) {
        Some(env) => diagnose::stage_seconds(&env).await,
        None => Ok(StageSeconds::default()),
    };
    let seconds = seconds.map_err(|error| Problem::internal(&error))?;
    Ok([seconds.train, seconds.ingest])
}

/// Refreshes what is requested, off the path of requests.
pub async fn refresh(state: &State, project: &Project) {
    for model in state.served_models.models() {
        let Some(env) = env(state, &model) else {
            continue;
        };
        let at_hand = &state.diagnostics.place(&model.name).facts;
        let make = facts_of(state, &model, Some(&env));
        let envs = std::slice::from_ref(&env);
        // The next caller gets the error.
        let _ = at_hand.refresh(&project.registry, envs, make).await;
    }
}

/// What the registry says of a model; without a project, what its bundle knows.
async fn facts_of(
    state: &State,
    model: &ModelSlot,
    env: Option<&Arc<Env>>,
) -> Result<ModelFacts, Problem> {
    let mut facts = ModelFacts::default();
    match summary(state, model).await {
        Ok(summary) => facts.missing_values = Some(diagnose::missing_by_name(&summary.columns)),
        Err(problem) => facts.problems.push(problem.message),
    }
    let Some(env) = env else {
        return Ok(facts);
    };
    let test = state.diagnostics.place(&model.name).look(env).await;
    if test.is_none() {
        let why = "the test folder cannot be read; the log says why";
        facts.problems.push(why.to_string());
    }
    let broken = |error: crate::pipeline::Error| Problem::internal(&error);
    let trouble = diagnose::trouble(&env.registry, &env.config, state.clock.now_ms()).await;
    let trouble = trouble.map_err(|error| broken(error.into()))?;
    let failure = trouble.failure.as_ref().map(|failure| failure.says());
    let says = failure.into_iter().chain(trouble.says_quarantined());
    facts
        .problems
        .extend(says.map(|says| without_folder(&says, &env.config.project)));
    let untaken = diagnose::untaken(&env.registry, &env.config.name).await;
    facts
        .problems
        .extend(untaken.map_err(|error| broken(error.into()))?);
    let freshness = diagnose::freshness(env, test.as_ref()).await;
    facts.freshness = Some(freshness.map_err(broken)?);
    facts.timings = diagnose::timings(env).await.map_err(broken)?;
    let found = crate::pipeline::findings_of(env).await.map_err(broken)?;
    facts.checks = found.map(|(_, findings)| findings);
    let drift = crate::pipeline::drift::newest(env).await.map_err(broken)?;
    let drifts = drift.iter().filter(|it| it.verdict == "drift");
    facts
        .problems
        .extend(drifts.map(|it| format!("drift in {}: {}", it.kind, it.reason)));
    facts.drift = Some(drift);
    Ok(facts)
}
