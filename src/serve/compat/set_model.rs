//! `GET /set-model`, and the past of a project's model: which versions came into production.

use std::sync::Arc;

use super::switched::{Switched, asked_version, no_other_version};
use crate::clock::rfc3339;
use crate::pipeline::{self, Env, move_champion};
use crate::registry::{self, Action, Operation};
use crate::serve::audit;
use crate::serve::follow::follow_now;
use crate::serve::rows::version_of;
use crate::serve::{Code, Problem, Reply, Request, State};

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
    let version = asked_version(request)?;
    let Some(env) = env(state, request)? else {
        return Err(no_other_version());
    };
    let (reason, actor) = ("set-model request", &request.caller.name);
    let moved = move_champion(&env, Action::Promote, Some(&version), reason, actor).await;
    moved.map_err(told)?;
    follow_now(state, &env.config.name).await;
    Ok(Reply::json(&history(&env).await?))
}

/// Versions in the order in which they went into production; `None` without a project.
///
/// # Errors
/// Which of several models is not said, or the registry cannot be reached.
pub async fn past(state: &State, request: &Request) -> Result<Option<Vec<Switched>>, Problem> {
    match env(state, request)? {
        Some(env) => Ok(Some(history(&env).await?)),
        None => Ok(None),
    }
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
        current_version: version.get(),
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
