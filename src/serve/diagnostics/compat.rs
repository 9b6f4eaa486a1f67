//! `/score`, `/summarise`, `/diagnose`: what callers of another system's API read, of the deployed version and without the
//! side effects that those calls have there.

use std::sync::Arc;

use super::super::{Problem, Reply, Request, State};
use super::api_schemas::{DiagnoseAnswer, ScoreAnswer, SummariseAnswer};
use super::known;
use crate::diagnose;

/// The champion's score
///
/// The score of `/scoring`, alone.
#[utoipa::path(
    get,
    path = "/score",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "The score", body = ScoreAnswer, example = json!({"score": 0.75})))
)]
pub async fn score(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let (told, served) = known::of_champion(&state, &model, request.work.deadline()).await?;
    let answer = ScoreAnswer {
        score: told.score.score,
    };
    Ok(Reply::json(&answer).by(&served.model, served.version, 0))
}

/// Means, medians and standard deviations
///
/// Of the numeric columns of the newest data set, in the order of the files. Constant columns are left out.
#[utoipa::path(
    get,
    path = "/summarise",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "Three rows of numbers", body = SummariseAnswer))
)]
pub async fn summarise(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let summary = known::summary(&state, &model).await?;
    Ok(Reply::json(&SummariseAnswer {
        summary: diagnose::statistics(&summary.columns),
    }))
}

/// Missing values, durations and dependencies
///
/// Tells what the last runs took; nothing is run for it, and no registry of packages is queried.
#[utoipa::path(
    get,
    path = "/diagnose",
    tag = "diagnostics",
    params(("model" = Option<String>, Query, description = "The model; may be left out where there is only one")),
    responses((status = 200, description = "How the model is doing", body = DiagnoseAnswer))
)]
pub async fn diagnose(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let summary = known::summary(&state, &model).await?;
    Ok(Reply::json(&DiagnoseAnswer {
        missing_values: diagnose::missing_in_order(&summary.columns),
        execution_time: known::seconds(&state, &model).await?,
        outdated_dependencies: diagnose::dependency_table(),
    }))
}
