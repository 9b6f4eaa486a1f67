//! `/scoring`, `/summarystats`, `/diagnostics`, and the same in another system's spelling ([`compat`]).
//!
//! [`score`] caches the champion's score and computes it again when the test data or the champion changed; [`cache`]
//! is where it lies. Nothing here trains, records or takes a lock.

mod api_schemas;
mod bundle_score;
pub mod compat;
#[cfg_attr(not(feature = "train"), path = "../alone/known.rs")]
mod known;
mod reported_score;
#[cfg(feature = "train")]
mod score;
#[cfg(feature = "train")]
mod summary;

use std::sync::Arc;

use utoipa::OpenApi;

use self::api_schemas::{DiagnosticsAnswer, ScoringAnswer, ServedNow, SummaryAnswer};
use super::{Problem, Reply, Request, State};
#[cfg(feature = "train")]
pub use crate::serving::diagnostics_cache::Diagnostics;
#[cfg(feature = "train")]
pub use known::refresh;

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
    let (told, served) = known::of_champion(&state, &model, request.work.deadline()).await?;
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
    let summary = known::summary(&state, &model).await?;
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
        version: served.version.get(),
        since: (served.since_ms > 0).then(|| crate::clock::rfc3339(served.since_ms)),
        is_current: model.alarm().is_none(),
    });
    let facts = known::facts(&state, &model).await?;
    problems.extend(facts.problems.iter().cloned());
    answer.missing_values = facts.missing_values.clone();
    answer.freshness = facts.freshness.clone();
    answer.timings = facts.timings.clone();
    answer.checks = facts.checks.clone();
    answer.drift = facts.drift.clone();
    answer.problems = problems;
    Ok(Reply::json(&answer).compressible())
}
