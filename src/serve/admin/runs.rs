//! `/runs`: what ran, what runs, and starting one.

use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;
use warp::http::StatusCode;

use super::common::{busy, detached, limit, optional_body, project, trouble};
use super::found_run::{find, path_of};
use super::views::{RunDetail, RunView, Started};
use crate::overview::without_folder;
use crate::pipeline;
use crate::registry::RunRow;
use crate::serve::audit;
use crate::serve::project::{Project, RunStart};
use crate::serve::{Code, Problem, Reply, Request, State};

/// Runs, newest first.
#[utoipa::path(
    get, path = "/runs", operation_id = "list_runs", tag = "manage",
    params(
        ("model" = Option<String>, Query, description = "Runs of this model only"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Most runs to list; 20 if not given"),
    ),
    responses(
        (status = 200, description = "The runs", body = Vec<RunView>),
        (status = 409, description = "The server serves one bundle and has no runs"),
    )
)]
pub async fn list(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let limit = limit(&request)?;
    let model = request.query("model");
    if let Some(name) = &model {
        state.served_models.model(Some(name))?;
    }
    let now_ms = state.clock.now_ms();
    let rows = project.registry.shown_runs(model.as_deref(), limit, now_ms);
    let rows = rows.await.map_err(trouble)?;
    let views: Vec<RunView> = rows.into_iter().map(|row| told(project, row).0).collect();
    Ok(Reply::json(&views).compressible())
}

/// One run, with its whole record.
#[utoipa::path(
    get, path = "/runs/{run}", operation_id = "show_run", tag = "manage",
    params(("run" = String, Path, description = "Its id, a unique beginning of it, or `latest`")),
    responses(
        (status = 200, description = "The run", body = RunDetail),
        (status = 409, description = "The server serves one bundle and has no runs"),
    )
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let row = find(project, request.param("run")).await?;
    let log = path_of(project, &row)
        .await
        .filter(|path| pipeline::log_is_there(path));
    let log = log.map(|_| format!("/runs/{}/log", row.id));
    let shown = project
        .registry
        .with_the_dead(vec![row.clone()], state.clock.now_ms());
    let row = shown.await.map_err(trouble)?.pop().unwrap_or(row);
    let (run, record) = told(project, row);
    Ok(Reply::json(&RunDetail { run, record, log }).compressible())
}

/// A run as it is shown: without folders of the machine.
fn told(project: &Project, mut row: RunRow) -> (RunView, Option<serde_json::Value>) {
    let env = project.envs.get(&row.model);
    if let (Some(env), Some(error)) = (env, &mut row.error) {
        *error = without_folder(error, &env.config.project);
    }
    RunView::of(row)
}

/// What is required of a run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The model; may be left out where there is only one.
    model: Option<String>,
    /// Train even when the same data and settings reached a verdict before.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
}

/// Submits a run: a job that a worker does in a process of its own, which continues when the server ends.
#[utoipa::path(
    post, path = "/runs", operation_id = "start_run", tag = "manage",
    request_body(content = Option<RunRequest>, description = "Which model, and whether to train in any case"),
    responses(
        (status = 202, description = "It is queued", body = Started,
            headers(("location" = String, description = "Where to ask for it"))),
        (status = 409, description = "Another run is using the model or a job of it is open, or the server serves one bundle"),
    )
)]
pub async fn start(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let mut model = None;
        let answer = started(&state, &request, &mut model).await;
        audit::record(&state, &request, "run", model.as_deref(), None, &answer).await;
        answer
    })
    .await
}

async fn started(
    state: &State,
    request: &Request,
    model: &mut Option<String>,
) -> Result<Reply, Problem> {
    let asked: RunRequest = optional_body(request)?;
    *model = asked.model.clone();
    project(state)?;
    let name = state
        .served_models
        .model(asked.model.as_deref())?
        .name
        .clone();
    *model = Some(name.clone());
    let started = begin(state, &name, asked.force, &request.caller.name).await?;
    let path = format!("/runs/{}", started.run);
    let reply = Reply::json(&started);
    Ok(reply.status(StatusCode::ACCEPTED).header("location", &path))
}

/// Submits a run of a model, in a caller's name.
///
/// # Errors
/// 409 when another one is under way or the server has no project, 503 when it could not be started.
pub async fn begin(state: &State, model: &str, force: bool, by: &str) -> Result<Started, Problem> {
    match project(state)?.starter.start(model, force, by).await {
        RunStart::Started { run, job } => Ok(Started {
            run,
            model: model.to_string(),
            job,
        }),
        RunStart::Busy(run) => Err(busy(&run)),
        RunStart::Failed(why) => {
            tracing::error!(model, "a run could not be started: {why}");
            let what = "the run could not be started; the server's log says why";
            Err(Problem::new(Code::Unavailable, what).retry(5))
        }
    }
}
