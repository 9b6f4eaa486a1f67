//! `/scoring`, `/summarystats`, `/diagnostics`, and the same in another system's spelling ([`compat`]).
//!
//! [`score`] caches the champion's score and computes it again when the test data or the champion changed; [`cache`]
//! is where it lies. Nothing here trains, records or takes a lock.

mod api_schemas;
pub mod compat;
mod reported_score;
mod score;
mod summary;

use std::sync::Arc;

use utoipa::OpenApi;

use self::api_schemas::{DiagnosticsAnswer, ScoringAnswer, ServedNow, SummaryAnswer};
use super::admin::without_folder;
use super::state::Project;
use super::{Problem, Reply, Request, State};
use crate::diagnose;
use crate::pipeline::Env;
pub use crate::serving::diagnostics_cache::Diagnostics;
use crate::serving::model_facts::ModelFacts;
use crate::serving::served_models::ModelSlot;
use summary::{env, summary};

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(
    scoring,
    summarystats,
    diagnostics,
    compat::score,
    compat::summarise,
    compat::diagnose
))]
pub struct Doc;

/// Score of the champion on the present test rows
///
/// Worked out when the test data or the champion changed, not on each call. When that takes longer than two seconds, or
/// the test data cannot be read, the last known score is returned with `fresh` false and a `problem`.
#[utoipa::path(
    get,
    path = "/scoring",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "The score, its interval, and all metrics", body = ScoringAnswer))
)]
pub async fn scoring(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let (told, served) = score::of_champion(&state, &model, request.work.deadline()).await?;
    Ok(Reply::json(&ScoringAnswer::of(told)).by(&served.model, served.version, 0))
}

/// Summary statistics of the newest data set
///
/// Frequent values of a text column are left out where they would nearly name each row.
#[utoipa::path(
    get,
    path = "/summarystats",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "Every column in numbers", body = SummaryAnswer))
)]
pub async fn summarystats(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let summary = summary(&state, &model).await?;
    let answer = SummaryAnswer::of(&model.name, &summary);
    Ok(Reply::json(&answer).compressible())
}

/// Missing values, stage timings, freshness and dependencies
///
/// Never runs a training, and answers without a champion, too. What other processes did is in the answer within a second.
#[utoipa::path(
    get,
    path = "/diagnostics",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "How the model is doing", body = DiagnosticsAnswer))
)]
pub async fn diagnostics(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let mut problems = Vec::new();
    if model.alarm().is_some() {
        let why = "the champion cannot be followed, so what is served may be old; /readyz?verbose and the log say why";
        problems.push(why.to_string());
    }
    let mut answer = DiagnosticsAnswer::new(&model.name);
    answer.served = model.champion().map(|served| ServedNow {
        version: served.version,
        since: (served.since_ms > 0).then(|| crate::clock::rfc3339(served.since_ms)),
        is_current: model.alarm().is_none(),
    });
    let facts = match (env(&state, &model), &state.project) {
        (Some(env), Some(project)) => {
            let at_hand = &state.diagnostics.place(&model.name).facts;
            let make = facts_of(&state, &model, Some(&env));
            let envs = std::slice::from_ref(&env);
            at_hand.get(&project.registry, envs, make).await?
        }
        _ => Arc::new(facts_of(&state, &model, None).await?),
    };
    problems.extend(facts.problems.iter().cloned());
    answer.missing_values = facts.missing_values.clone();
    answer.freshness = facts.freshness.clone();
    answer.timings = facts.timings.clone();
    answer.checks = facts.checks.clone();
    answer.drift = facts.drift.clone();
    answer.problems = problems;
    Ok(Reply::json(&answer).compressible())
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
