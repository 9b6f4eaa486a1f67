//! What the handlers of models, versions, runs and jobs share.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::pipeline::Env;
use crate::serve::project::Project;
use crate::serve::rejections::no_registry;
use crate::serve::{Code, Problem, Request, State};
use crate::{pipeline, registry};

/// Rows that are listed when nothing is said.
pub(super) const USUAL_LIMIT: i64 = 20;

/// Most rows that are listed.
pub(super) const MOST_LIMIT: i64 = 1000;

/// How many rows a list may have, as it was requested.
///
/// # Errors
/// 400 for what is no such number.
pub fn limit(request: &Request) -> Result<i64, Problem> {
    let limit = request.parsed::<i64>("limit", "a whole number")?;
    let limit = limit.unwrap_or(USUAL_LIMIT);
    if !(1..=MOST_LIMIT).contains(&limit) {
        let why = format!("the parameter `limit` is not from 1 to {MOST_LIMIT}");
        return Err(Problem::new(Code::BadRequest, why));
    }
    Ok(limit)
}

/// The project behind the server.
///
/// # Errors
/// 409 for a server of one bundle.
pub fn project(state: &State) -> Result<&Project, Problem> {
    state.project.as_ref().ok_or_else(no_registry)
}

/// What the stages of a model may touch.
pub fn env_of(state: &State, model: &str) -> Result<Arc<Env>, Problem> {
    let model = state.served_models.model(Some(model))?;
    let env = project(state)?.envs.get(&model.name);
    env.ok_or_else(|| Problem::new(Code::NotFound, "no such model; GET /models lists them"))
}

/// What kept a command from being done, as an answer. Messages that could hold a path stay in the log.
pub fn trouble(error: impl Into<pipeline::Error>) -> Problem {
    let error = error.into();
    match &error {
        pipeline::Error::Registry(registry::Error::Locked { holder, .. }) => busy(&holder.run),
        pipeline::Error::Registry(registry::Error::LockLost { .. }) => Problem::new(
            Code::Conflict,
            "another run took the model over, so nothing was changed; try again",
        ),
        pipeline::Error::Registry(registry::Error::ReadOnly { .. }) => Problem::new(
            Code::Conflict,
            "the project is read-only here, so nothing can be changed; change it where its folder can be written",
        ),
        pipeline::Error::Registry(
            registry::Error::Gone { .. } | registry::Error::Foreign { .. },
        ) => Problem::new(
            Code::Unavailable,
            "the database was taken away under this server, so nothing can be changed until it is back",
        ),
        pipeline::Error::Lost(_) => Problem::new(
            Code::Conflict,
            "what is deployed is not what the database knows, so nothing was changed; /readyz?verbose says what to do",
        ),
        pipeline::Error::Kept { version, why, .. } => {
            Problem::new(Code::Conflict, format!("version {version} stays: {why}"))
        }
        pipeline::Error::Shared { other, .. } => Problem::new(
            Code::Conflict,
            format!("the model stays: a folder of the model {other} is below its own"),
        ),
        pipeline::Error::Bundle { version, .. } => Problem {
            code: Code::Conflict,
            message: format!(
                "version {version} cannot be used, its bundle is damaged or too new; the server's log says more"
            ),
            ..Problem::internal(&error)
        },
        pipeline::Error::Artifacts(_)
        | pipeline::Error::Production { .. }
        | pipeline::Error::Registry(_) => {
            let told = Problem {
                code: Code::Unavailable,
                message:
                    "the project's files or its database cannot be used now; the server's log says why"
                        .to_string(),
                ..Problem::internal(&error)
            };
            told.retry(5)
        }
        pipeline::Error::NotWaiting { why, .. } => Problem::new(Code::Conflict, why.clone()),
        _ => Problem::internal(&error),
    }
}

/// Another process uses the model.
pub(super) fn busy(run: &str) -> Problem {
    Problem::new(
        Code::Conflict,
        format!("run {run} is using the model; wait until it ends, GET /runs/{run} shows it"),
    )
    .with(serde_json::json!({"run": run}))
}

/// A body that may be left out: nothing, `null`, or a JSON object.
pub(super) fn optional_body<T: DeserializeOwned + Default>(
    request: &Request,
) -> Result<T, Problem> {
    let text = request.body.trim_ascii();
    if text.is_empty() {
        return Ok(T::default());
    }
    if !matches!(
        request.content_type().as_deref(),
        None | Some("application/json")
    ) {
        let why = "the body may be application/json, or left out";
        return Err(Problem::new(Code::UnsupportedMediaType, why));
    }
    if text == b"null" {
        return Ok(T::default());
    }
    request.json()
}

/// Does work to its end, also when the caller went away meanwhile: a lock that was taken has to be given back.
pub async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// Does work that reads and verifies files, off the threads that answer.
pub async fn heavy<T: Send + 'static>(
    work: impl Future<Output = Result<T, pipeline::Error>> + Send + 'static,
) -> Result<T, Problem> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(work)).await;
    match done {
        Ok(done) => done.map_err(trouble),
        Err(error) => Err(Problem::internal(&error)),
    }
}
