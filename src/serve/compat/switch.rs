//! `GET /set-model`, `GET /status`, `GET /current-model`: a service whose operator switches versions by hand.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::Method;

use crate::clock::rfc3339;
use crate::pipeline::{self, Env, move_champion};
use crate::registry::{self, Action, Operation};
use crate::serve::admin::audit;
use crate::serve::follow::follow_now;
use crate::serve::rows::version_of;
use crate::serve::{Code, Problem, Reply, Request, State};

/// A version that came into production.
#[derive(Debug, Serialize, ToSchema)]
pub struct Switched {
    /// The version.
    current_version: i64,
    /// When, in UTC; nothing where that is not known.
    timestamp: Option<String>,
}

/// Makes a version the champion, and lists which were.
///
/// A GET that changes something, as the clients of this call send it; `POST /models/{model}/versions/{version}/promote` is
/// the native one. A HEAD is rejected, so that nothing that only looks changes anything.
#[utoipa::path(
    get,
    path = "/set-model",
    tag = "borrowed",
    params(
        ("version" = String, Query, description = "The version: 3, v3"),
        ("model" = Option<String>, Query, description = "The model, where there are several"),
    ),
    responses(
        (status = 200, description = "Versions in the order in which they came into production", body = [Switched]),
        (status = 404, description = "No such version", body = Object),
        (status = 409, description = "A run is under way, or there is no project behind the server"),
    )
)]
pub async fn set_model(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    // Once begun, it is carried through: a caller who hangs up leaves no lock behind.
    let done = tokio::spawn(async move {
        let answer = set(&state, &request).await;
        let model = state
            .served_models
            .model(request.query("model").as_deref())
            .ok();
        let model = model.as_ref().map(|model| model.name.as_str());
        let version = request
            .query("version")
            .and_then(|text| version_of(&text).ok()?);
        audit::record(&state, &request, "promote", model, version, &answer).await;
        answer
    });
    done.await
        .unwrap_or_else(|error| Err(Problem::internal(&error)))
}

async fn set(state: &State, request: &Request) -> Result<Reply, Problem> {
    if request.method == Method::HEAD {
        let why = "this path answers to GET alone: it changes the version in production";
        let mut problem = Problem::new(Code::MethodNotAllowed, why);
        problem.allow = Some("GET".to_string());
        return Err(problem);
    }
    let bad = |why: &str| Err(Problem::new(Code::BadRequest, why));
    let version = match request.query("version").as_deref().map(version_of) {
        Some(Ok(Some(version))) if version > 0 => version.to_string(),
        Some(_) => return bad("the `version` is not a number like 3"),
        None => return bad("the parameter `version` is missing; send ?version=3"),
    };
    let Some(env) = env(state, request)? else {
        let why = "the server has a bundle and no project, so there is no other version; start it with `unseat serve` in a project";
        return Err(Problem::new(Code::Conflict, why));
    };
    let (reason, actor) = ("set-model request", &request.caller.name);
    let moved = move_champion(&env, Action::Promote, Some(&version), reason, actor).await;
    moved.map_err(told)?;
    follow_now(state, &env.config.name).await;
    Ok(Reply::json(&history(&env).await?))
}

/// Versions in the order in which they went into production; the last one is there now.
#[utoipa::path(
    get,
    path = "/status",
    operation_id = "switch_status",
    tag = "borrowed",
    params(("model" = Option<String>, Query, description = "The model, where there are several")),
    responses((status = 200, description = "The history, oldest first", body = [Switched]))
)]
pub async fn status(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    if let Some(env) = env(&state, &request)? {
        return Ok(Reply::json(&history(&env).await?));
    }
    // A bundle alone has no past; what is served is all there is to tell.
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let switched = model.champion().map(|served| Switched {
        current_version: served.version,
        timestamp: (served.since_ms > 0).then(|| rfc3339(served.since_ms)),
    });
    Ok(Reply::json(&Vec::from_iter(switched)))
}

/// The name of what is served: `<model>_<version>`.
#[utoipa::path(
    get,
    path = "/current-model",
    tag = "borrowed",
    params(("model" = Option<String>, Query, description = "The model, where there are several")),
    responses((status = 200, description = "The name", body = String, content_type = "application/json", example = json!("attrition_5")))
)]
pub async fn current_model(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = request.query("model");
    let served = state.served_models.pick(model.as_deref(), None).await?;
    Ok(Reply::json(&format!("{}_{}", served.model, served.version)))
}

/// What the model's stages may touch; `None` without a project.
fn env(state: &State, request: &Request) -> Result<Option<Arc<Env>>, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let project = state.project.as_ref();
    Ok(project.and_then(|project| project.envs.get(&model.name)))
}

async fn history(env: &Env) -> Result<Vec<Switched>, Problem> {
    let operations = env.registry.operations(&env.config.name).await;
    let operations = operations.map_err(|error| told(error.into()))?;
    Ok(operations.iter().rev().filter_map(switched).collect())
}

/// Pinning and unpinning leave the version that is there where it is.
fn switched(operation: &Operation) -> Option<Switched> {
    let stays = operation.action == Action::Pin || operation.action == Action::Unpin;
    let version = operation.version?;
    (!stays || operation.previous != Some(version)).then(|| Switched {
        current_version: version,
        timestamp: Some(rfc3339(operation.at_ms)),
    })
}

/// What kept it from being done. Messages that could hold a path stay in the log.
fn told(error: pipeline::Error) -> Problem {
    use pipeline::Error;
    use registry::Error::{LockLost, Locked};
    let logged = |code, message: &str| Problem {
        code,
        message: message.to_string(),
        ..Problem::internal(&error)
    };
    match &error {
        Error::NoVersion(_) | Error::NoChampion(_) | Error::NoPreviousChampion { .. } => {
            let why = "no such version of the model; GET /models lists what there is";
            Problem::new(Code::NotFound, why)
        }
        Error::Registry(Locked { .. } | LockLost { .. }) => {
            let why = "a run of the model is under way; try again when it has ended";
            Problem::new(Code::Conflict, why)
        }
        Error::Bundle { .. } => logged(
            Code::Conflict,
            "the version cannot be used, its bundle is damaged or too new; the server's log says more",
        ),
        Error::Registry(_) | Error::Artifacts(_) | Error::Production { .. } => logged(
            Code::Unavailable,
            "the project's files or its database cannot be used now; the server's log says why",
        )
        .retry(5),
        other => Problem::internal(other),
    }
}
