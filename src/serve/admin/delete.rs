//! `DELETE /models/{model}`: a model that was created by request goes with all that is its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::common::{busy, detached, env_of, heavy, optional_body, project, trouble};
use super::create::truth;
use crate::config::CREATED_KEYS;
use crate::pipeline;
use crate::registry::{JobRow, Removal};
use crate::serve::audit;
use crate::serve::project::Project;
use crate::serve::{Code, Problem, Reply, Request, State, sync_created};

/// How long it is waited for the end of a run that is cancelled; one that hears nothing is killed after 10 s.
const PATIENCE: Duration = Duration::from_secs(25);
/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What may be said in the body instead of the query.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// Whether it goes although it is being served.
    #[schema(value_type = Option<bool>)]
    force: Option<Value>,
}

/// A model that is gone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Deletion {
    /// `model`.
    pub key: &'static str,
    /// Its name.
    pub sort: String,
    /// The settings that it was created with.
    #[schema(value_type = Object)]
    pub data: Map<String, Value>,
    /// `deleted`.
    pub status: &'static str,
}

/// Removes a model that was created by request, with its rows, versions and history; one that is served only with `force`.
#[utoipa::path(
    delete, path = "/models/{model}", operation_id = "delete_model", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("force" = Option<bool>, Query, description = "Whether to remove it although it is being served"),
    ),
    request_body(content = Option<Force>, description = "The same, if the parameter does not say it"),
    responses(
        (status = 200, description = "It is gone", body = Deletion),
        (status = 400, description = "There is no model of the name"),
        (status = 409, description = "It is being served and `force` is not set, is defined in config.json, or a run is using it"),
    )
)]
pub async fn delete(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let answer = deleted(&state, &request, &model).await;
        audit::record(&state, &request, "delete", Some(&model), None, &answer).await;
        answer
    })
    .await
}

async fn deleted(state: &State, request: &Request, model: &str) -> Result<Reply, Problem> {
    let force = is_forced(request)? || state.settings.compatibility.delete_served;
    let project = project(state)?;
    if project.created.opener().is_none() {
        let why = "this server serves one model alone; start it without `--model` to delete models";
        return Err(Problem::new(Code::Conflict, why));
    }
    // Another server may have created or removed it just now.
    sync_created(state).await.map_err(trouble)?;
    if state.served_models.model(Some(model)).is_err() {
        return Err(unknown());
    }
    let rows = project.registry.created_models().await.map_err(trouble)?;
    let row = rows.into_iter().find(|row| row.name == model);
    let Some(row) = row.filter(|_| state.served_models.is_created(model)) else {
        let why = "the model is defined in config.json; remove it there and restart the server";
        return Err(Problem::new(Code::Conflict, why));
    };
    let champion = project.registry.champion(model).await.map_err(trouble)?;
    if champion.is_some() && !force {
        return Err(served());
    }
    end_jobs(project, state, model, &request.caller.name).await?;
    let removal = removed(state, project, model, force).await;
    // Whatever became of its files: once it is marked, it is not served.
    sync_created(state).await.map_err(trouble)?;
    match removal? {
        Removal::Done => {}
        Removal::Served => return Err(served()),
        Removal::Busy(open) => return Err(at_work(&open)),
        Removal::Unknown => return Err(unknown()),
    }
    let settings = row.settings.into_iter();
    Ok(Reply::json(&Deletion {
        key: "model",
        sort: row.name,
        data: settings
            .filter(|(key, _)| CREATED_KEYS.contains(&key.as_str()))
            .collect(),
        status: "deleted",
    }))
}

fn is_forced(request: &Request) -> Result<bool, Problem> {
    let Force { force } = optional_body(request)?;
    let in_body = truth("force", force)?;
    let in_query = truth("force", request.query("force").map(Value::String))?;
    Ok(in_body || in_query)
}

fn unknown() -> Problem {
    Problem::new(Code::BadRequest, "Requested Model ID does not exist")
}

fn served() -> Problem {
    let why = "the model is being served; add ?force=true to delete it all the same";
    Problem::new(Code::Conflict, why)
}

fn at_work(open: &JobRow) -> Problem {
    busy(open.run.as_deref().unwrap_or(&open.id))
}

/// Cancels the jobs of a model that are open, and waits for their end.
async fn end_jobs(project: &Project, state: &State, model: &str, by: &str) -> Result<(), Problem> {
    let began = Instant::now();
    loop {
        let jobs = project.registry.open_jobs_of(model).await;
        let jobs = jobs.map_err(trouble)?;
        let Some(last) = jobs.last() else {
            return Ok(());
        };
        if began.elapsed() > PATIENCE {
            return Err(at_work(last));
        }
        for job in jobs.iter().filter(|job| job.cancelled_by.is_none()) {
            let now_ms = state.clock.now_ms();
            let cancelled = project.registry.cancel_job(&job.id, by, now_ms).await;
            cancelled.map_err(trouble)?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn removed(
    state: &State,
    project: &Project,
    model: &str,
    force: bool,
) -> Result<Removal, Problem> {
    let env = env_of(state, model)?;
    let all = project.envs.all();
    heavy(async move {
        let others: Vec<_> = all.values().map(|env| &env.config).collect();
        pipeline::remove_model(&env, &others, force).await
    })
    .await
}
