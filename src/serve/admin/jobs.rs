//! `/jobs`: runs that were requested, how far they are, and taking one back.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use warp::http::StatusCode;

use super::common::{busy, detached, project, trouble};
use super::views::Started;
use crate::clock::rfc3339;
use crate::http::problem::not_found;
use crate::overview::without_folder;
use crate::pipeline::{fetch_log, is_run_id, log_end, run_log};
use crate::registry::{Cancel, JobRow, RunRow, RunState};
use crate::serve::audit;
use crate::serve::project::{Project, RunStart};
use crate::serve::{Code, Problem, Reply, Request, State};

/// Jobs that are listed when nothing is said.
const USUAL_LIMIT: i64 = 20;
/// Most jobs that are listed.
const MOST_LIMIT: i64 = 1000;
/// Bytes of a log in which its last lines are looked for.
const LOG_BYTES: u64 = 32 << 10;
/// Lines of the log that are shown.
const LOG_LINES: usize = 20;
/// The stages of a run, in their order.
const STAGES: [&str; 5] = ["ingest", "train", "score", "deploy", "report"];

/// A request to do a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobView {
    /// Its id; sorts by time.
    pub id: String,
    /// The model.
    pub model: String,
    /// Who asked: `schedule`, `api`, `cli` or `up`.
    pub trigger: String,
    /// Who asked, by name.
    pub by: String,
    /// The tick of the schedule that it is for.
    pub tick: Option<String>,
    /// `queued`, `running`, `done`, `failed`, `cancelled` or `set_aside`.
    pub state: String,
    /// What came of its run.
    pub outcome: Option<String>,
    /// How often it was started.
    pub attempts: i64,
    /// Its run, or the id that its next run will have.
    pub run: Option<String>,
    /// Why it failed, waits for another attempt, or was dead-lettered.
    pub error: Option<String>,
    /// Who wants it to end.
    pub cancelled_by: Option<String>,
    /// When it was requested.
    pub created: String,
    /// When it was started last.
    pub started: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
}

/// How far a run is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Stages that are done.
    pub done: usize,
    /// Stages in all.
    pub of: usize,
}

/// A job with how far its run is.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub job: JobView,
    /// The stage that its run is in or ended in.
    pub stage: Option<String>,
    /// How far its run is.
    pub progress: Progress,
    /// The last lines of its run's log.
    #[schema(value_type = Vec<Object>)]
    pub log: Vec<Value>,
}

/// What came of taking a job back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cancelled {
    /// Its id.
    pub job: String,
    /// `cancelled`, or `running` while its worker still has to end its run.
    pub state: String,
}

/// A job as it is shown: without folders of the machine.
fn view(project: &Project, row: JobRow) -> JobView {
    let env = project.envs.get(&row.model);
    let error = row.error.map(|error| match &env {
        Some(env) => without_folder(&error, &env.config.project),
        None => error,
    });
    JobView {
        id: row.id,
        model: row.model,
        trigger: row.trigger,
        by: row.actor,
        tick: row.tick_ms.map(rfc3339),
        state: row.state.to_string(),
        outcome: row.outcome.map(|it| it.to_string()),
        attempts: row.attempts,
        run: row.run.map(String::from),
        error,
        cancelled_by: row.cancelled_by,
        created: rfc3339(row.created_ms),
        started: row.started_ms.map(rfc3339),
        ended: row.ended_ms.map(rfc3339),
    }
}

/// Jobs, newest first.
#[utoipa::path(
    get, path = "/jobs", operation_id = "list_jobs", tag = "manage",
    params(
        ("model" = Option<String>, Query, description = "Jobs of this model only"),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 1000, description = "Most jobs to list; 20 if not given"),
    ),
    responses(
        (status = 200, description = "The jobs", body = Vec<JobView>),
        (status = 409, description = "The server serves one bundle and has no jobs"),
    )
)]
pub async fn list(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let limit = request.parsed::<i64>("limit", "a whole number")?;
    let limit = limit.unwrap_or(USUAL_LIMIT);
    if !(1..=MOST_LIMIT).contains(&limit) {
        let why = format!("the parameter `limit` is not from 1 to {MOST_LIMIT}");
        return Err(Problem::new(Code::BadRequest, why));
    }
    let model = request.query("model");
    if let Some(name) = &model {
        state.served_models.model(Some(name))?;
    }
    let rows = project.registry.jobs(model.as_deref(), limit).await;
    let rows = rows.map_err(trouble)?.into_iter();
    let views: Vec<JobView> = rows.map(|row| view(project, row)).collect();
    Ok(Reply::json(&views).compressible())
}

/// One job, with how far its run is and the end of its log.
#[utoipa::path(
    get, path = "/jobs/{job}", operation_id = "show_job", tag = "manage",
    params(("job" = String, Path, description = "Its id, a unique beginning of it, or `latest`")),
    responses(
        (status = 200, description = "The job", body = JobDetail),
        (status = 409, description = "The server serves one bundle and has no jobs"),
    )
)]
pub async fn show(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let project = project(&state)?;
    let row = find(project, request.param("job")).await?;
    let run = match &row.run {
        Some(run) => project.registry.run(run).await.map_err(trouble)?,
        None => None,
    };
    let log = last_lines(project, &row).await;
    let done = run.as_ref().map_or(0, done_stages);
    Ok(Reply::json(&JobDetail {
        stage: run.map(|run| run.stage),
        progress: Progress {
            done,
            of: STAGES.len(),
        },
        log,
        job: view(project, row),
    })
    .compressible())
}

fn done_stages(run: &RunRow) -> usize {
    if run.state == RunState::Done {
        return STAGES.len();
    }
    let at = STAGES.iter().position(|stage| *stage == run.stage);
    at.unwrap_or(0)
}

/// The last lines of the log of a job's run; none where it has no log.
async fn last_lines(project: &Project, row: &JobRow) -> Vec<Value> {
    let env = project.envs.get(&row.model);
    let run = row.run.as_deref().filter(|run| is_run_id(run));
    let (Some(env), Some(run)) = (env, run) else {
        return Vec::new();
    };
    fetch_log(&env.config, run).await;
    let path = run_log(&env.config.project, run);
    let read = tokio::task::spawn_blocking(move || log_end(&path, LOG_BYTES)).await;
    let text = read.ok().and_then(Result::ok).unwrap_or_default();
    let lines = text.lines().map(serde_json::from_str);
    let lines: Vec<Value> = lines.filter_map(Result::ok).collect();
    let skipped = lines.len().saturating_sub(LOG_LINES);
    lines.into_iter().skip(skipped).collect()
}

/// Cancels a job: one that waits ends; the run of one under way is ended and leaves the champion as it was.
#[utoipa::path(
    post, path = "/jobs/{job}/cancel", operation_id = "cancel_job", tag = "manage",
    params(("job" = String, Path, description = "Its id, a unique beginning of it, or `latest`")),
    responses(
        (status = 200, description = "It ends", body = Cancelled),
        (status = 409, description = "It has ended before, or the server serves one bundle"),
    )
)]
pub async fn cancel(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let mut model = None;
        let answer = cancelled(&state, &request, &mut model).await;
        let model = model.as_deref();
        audit::record(&state, &request, "cancel", model, None, &answer).await;
        answer
    })
    .await
}

async fn cancelled(
    state: &State,
    request: &Request,
    model: &mut Option<String>,
) -> Result<Reply, Problem> {
    let project = project(state)?;
    let row = find(project, request.param("job")).await?;
    *model = Some(row.model.clone());
    let (by, now_ms) = (&request.caller.name, state.clock.now_ms());
    let cancelled = project.registry.cancel_job(&row.id, by, now_ms).await;
    let state = match cancelled.map_err(trouble)? {
        Cancel::Ended => "cancelled",
        Cancel::Asked => "running",
        Cancel::Over => {
            let why = format!("job {} has ended; GET /jobs/{} shows how", row.id, row.id);
            return Err(Problem::new(Code::Conflict, why));
        }
    };
    Ok(Reply::json(&Cancelled {
        job: row.id,
        state: state.to_string(),
    }))
}

/// Tries a job again that failed, was cancelled or was dead-lettered.
#[utoipa::path(
    post, path = "/jobs/{job}/retry", operation_id = "retry_job", tag = "manage",
    params(("job" = String, Path, description = "Its id, a unique beginning of it, or `latest`")),
    responses(
        (status = 202, description = "It waits for a worker", body = Started,
            headers(("location" = String, description = "Where to ask for its run"))),
        (status = 409, description = "It has not failed, another job of the model is open, or the server serves one bundle"),
    )
)]
pub async fn retry(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let mut model = None;
        let answer = retried(&state, &request, &mut model).await;
        let model = model.as_deref();
        audit::record(&state, &request, "retry", model, None, &answer).await;
        answer
    })
    .await
}

async fn retried(
    state: &State,
    request: &Request,
    model: &mut Option<String>,
) -> Result<Reply, Problem> {
    let project = project(state)?;
    let row = find(project, request.param("job")).await?;
    *model = Some(row.model.clone());
    match project.starter.retry(&row).await {
        Some(RunStart::Started { run, job }) => {
            let path = format!("/runs/{run}");
            let model = row.model;
            let reply = Reply::json(&Started { run, model, job });
            Ok(reply.status(StatusCode::ACCEPTED).header("location", &path))
        }
        Some(RunStart::Busy(run)) => Err(busy(&run)),
        None => {
            let why = format!(
                "job {} is {}; POST /runs asks for another run",
                row.id, row.state
            );
            Err(Problem::new(Code::Conflict, why))
        }
        Some(RunStart::Failed(why)) => {
            tracing::error!(job = row.id, "a job could not be tried again: {why}");
            let what = "the job could not be tried again; the server's log says why";
            Err(Problem::new(Code::Unavailable, what).retry(5))
        }
    }
}

/// A job by its id, a beginning of it that only one has, or `latest`.
async fn find(project: &Project, id: &str) -> Result<JobRow, Problem> {
    let found = project.registry.find_jobs(id).await.map_err(trouble)?;
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(job), None) => Ok(job),
        (None, _) => Err(not_found("no such job; GET /jobs lists them")),
        (Some(_), Some(_)) => Err(not_found(
            "several jobs have ids that begin like this; give more of it",
        )),
    }
}
