//! `/scoring`, `/summarystats`, `/diagnostics`, and the same in another system's spelling ([`borrowed`]).
//!
//! [`score`] keeps the champion's score at hand and works it out anew when the test data or the champion changed; [`cache`]
//! is where it lies. Nothing here trains, records or takes a lock.

mod answers;
pub mod borrowed;
mod score;
mod summary;
mod told;

use std::sync::Arc;

use utoipa::OpenApi;

use self::answers::{DiagnosticsAnswer, ScoringAnswer, ServedNow, SummaryAnswer};
use super::manage::without_folder;
use super::{Problem, Reply, Request, State};
use crate::diagnose;
pub use crate::serving::diagnostics_cache::Diagnostics;
use summary::{env, summary};

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(
    scoring,
    summarystats,
    diagnostics,
    borrowed::score,
    borrowed::summarise,
    borrowed::diagnose
))]
pub struct Doc;

/// Score of the champion on the present test rows
///
/// Worked out when the test data or the champion changed, not on each call. When that takes longer than two seconds, or
/// the test data cannot be read, the last known score is told with `fresh` false and a `problem`.
#[utoipa::path(
    get,
    path = "/scoring",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "The score, its interval, and all metrics", body = ScoringAnswer))
)]
pub async fn scoring(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.fleet.model(request.query("model").as_deref())?;
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
    let model = state.fleet.model(request.query("model").as_deref())?;
    let summary = summary(&state, &model).await?;
    let answer = SummaryAnswer::of(&model.name, &summary);
    Ok(Reply::json(&answer).packable())
}

/// Missing values, stage timings, freshness and dependencies
///
/// Never runs a training, and answers without a champion, too.
#[utoipa::path(
    get,
    path = "/diagnostics",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "How the model is doing", body = DiagnosticsAnswer))
)]
pub async fn diagnostics(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state.fleet.model(request.query("model").as_deref())?;
    let mut problems = Vec::new();
    if model.alarm().is_some() {
        let why = "the champion cannot be followed, so what is served may be old; /readyz?verbose and the log say why";
        problems.push(why.to_string());
    }
    let summary = match summary(&state, &model).await {
        Ok(summary) => Some(summary),
        Err(problem) => {
            problems.push(problem.message);
            None
        }
    };
    let mut answer = DiagnosticsAnswer::new(&model.name);
    answer.served = model.champion().map(|served| ServedNow {
        version: served.version,
        since: (served.since_ms > 0).then(|| crate::clock::rfc3339(served.since_ms)),
        is_current: model.alarm().is_none(),
    });
    answer.missing_values = summary.map(|summary| diagnose::missing_by_name(&summary.columns));
    if let Some(env) = env(&state, &model) {
        let test = state.diagnostics.place(&model.name).look(&env).await;
        if test.is_none() {
            problems.push("the test folder cannot be read; the log says why".to_string());
        }
        let broken = |error: crate::pipeline::Error| Problem::internal(&error);
        let trouble = diagnose::trouble(&env.registry, &env.config, state.clock.now_ms()).await;
        let trouble = trouble.map_err(|error| broken(error.into()))?;
        let failure = trouble.failure.as_ref().map(|failure| failure.says());
        let says = failure.into_iter().chain(trouble.says_quarantined());
        problems.extend(says.map(|says| without_folder(&says, &env.config.project)));
        let freshness = diagnose::freshness(&env, test.as_ref()).await;
        answer.freshness = Some(freshness.map_err(broken)?);
        answer.timings = diagnose::timings(&env).await.map_err(broken)?;
        let found = crate::pipeline::findings_of(&env).await.map_err(broken)?;
        answer.checks = found.map(|(_, findings)| findings);
        let drift = crate::pipeline::drift::newest(&env).await.map_err(broken)?;
        let drifts = drift.iter().filter(|it| it.verdict == "drift");
        problems.extend(drifts.map(|it| format!("drift in {}: {}", it.kind, it.reason)));
        answer.drift = Some(drift);
    }
    answer.problems = problems;
    Ok(Reply::json(&answer).packable())
}
