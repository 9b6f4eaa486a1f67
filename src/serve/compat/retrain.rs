//! `GET /retrain/{file}`, `GET /retrain-log` and a form of `GET /models`: a service that trains again when it is asked to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::{Method, StatusCode};

use crate::clock::rfc3339;
use crate::config::ModelsForm;
use crate::http::problem::not_found;
use crate::pipeline::{self, log_end};
use crate::registry::VersionState;
use crate::serve::admin::{self, begin_run, detached, log_of_run, project, trouble};
use crate::serve::audit;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Bytes of a log that are shown; of a longer one the end.
const MOST_BYTES: u64 = 1 << 20;
/// What is said where nothing runs, in the words of the call's own service.
const NOTHING: &str = "No model currently running";

/// A version in the list of models.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed {
    /// `<model>_<version>`.
    key: String,
    /// When it was made, in UTC.
    last_modified: String,
}

/// Starts a run on the input folder, in which the named file must be, and redirects to its log.
///
/// A GET that changes something, as the clients of this call send it; `POST /runs` is the native one. The gate decides on
/// what comes of it: where this call comes from, every model that was trained went live.
#[utoipa::path(
    get,
    path = "/retrain/{file}",
    operation_id = "retrain",
    tag = "borrowed",
    params(
        ("file" = String, Path, description = "A file of the input folder"),
        ("model" = Option<String>, Query, description = "The model, where there are several"),
    ),
    responses(
        (status = 302, description = "It is on its way; the header `Location` names its log"),
        (status = 404, description = "The input folder has no such file"),
        (status = 409, description = "A run is under way, or there is no project behind the server"),
    )
)]
pub async fn retrain(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let name = request.query("model");
        let answer = started(&state, &request, name.as_deref()).await;
        audit::record(&state, &request, "run", name.as_deref(), None, &answer).await;
        answer
    })
    .await
}

async fn started(state: &State, request: &Request, name: Option<&str>) -> Result<Reply, Problem> {
    if request.method == Method::HEAD {
        let why = "this path answers to GET alone: it begins a run";
        let mut problem = Problem::new(Code::MethodNotAllowed, why);
        problem.allow = Some("GET".to_string());
        return Err(problem);
    }
    let model = state.served_models.model(name)?.name.clone();
    let env = project(state)?.envs.get(&model);
    let folder = match env {
        Some(env) => {
            let folder = pipeline::refresh(&env.config.input_folder).await;
            Some(folder.map_err(trouble)?)
        }
        None => None,
    };
    let file = request.param("file");
    if !folder.is_some_and(|folder| is_in(&folder, file)) {
        return Err(not_found("the input folder has no file of this name"));
    }
    begin_run(state, &model, false, &request.caller.name).await?;
    let reply = Reply::text("").status(StatusCode::FOUND);
    let query = name.map(|name| format!("?model={name}"));
    Ok(reply.header(
        "location",
        &format!("/retrain-log{}", query.unwrap_or_default()),
    ))
}

/// Whether a folder has a file of a name that leads nowhere else.
fn is_in(folder: &Path, name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let is_name = matches!(parts.next(), Some(std::path::Component::Normal(_)));
    is_name && parts.next().is_none() && folder.join(name).is_file()
}

/// The log of the run that is under way, else of the newest one, as text.
#[utoipa::path(
    get,
    path = "/retrain-log",
    operation_id = "retrain_log",
    tag = "borrowed",
    params(("model" = Option<String>, Query, description = "The model, where there are several")),
    responses((status = 200, description = "Lines of the log, or that there is none", body = String, content_type = "text/plain"))
)]
pub async fn retrain_log(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?
        .name
        .clone();
    let project = project(&state)?;
    let now_ms = state.clock.now_ms();
    let newest = project.registry.shown_runs(Some(&model), 1, now_ms).await;
    let newest = newest.map_err(trouble)?.pop();
    let path = match newest {
        Some(run) => log_of_run(project, &run).await,
        None => None,
    };
    let read = tokio::task::spawn_blocking(move || log_end(&path?, MOST_BYTES).ok()).await;
    let text = match read.map_err(|error| Problem::internal(&error))? {
        None => NOTHING.to_string(),
        Some(log) => log.lines().map(line).collect(),
    };
    Ok(Reply::text(text).header("cache-control", "no-store"))
}

/// A line of the log for people; one that is not JSON as it is.
fn line(json: &str) -> String {
    let Ok(entry) = serde_json::from_str::<serde_json::Value>(json) else {
        return format!("{json}\n");
    };
    let of = |key: &str| entry[key].as_str().unwrap_or_default();
    let message = entry["fields"]["message"].as_str();
    let message = message.or_else(|| entry["message"].as_str());
    match message {
        Some(message) => format!("{} {} {message}\n", of("timestamp"), of("level")),
        None => format!("{json}\n"),
    }
}

/// `GET /models`, in the form that the settings say.
///
/// # Errors
/// Which of several models is not said, or the registry cannot be read.
pub async fn models(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    match state.settings.compatibility.models {
        ModelsForm::Own => admin::models(state, request).await,
        ModelsForm::RetrainingService => versions(&state, &request).await,
    }
}

/// The versions of a model that can be served, by number.
async fn versions(state: &State, request: &Request) -> Result<Reply, Problem> {
    let model = state
        .served_models
        .model(request.query("model").as_deref())?
        .name
        .clone();
    let rows = project(state)?.registry.versions(&model).await;
    let ready = rows.map_err(trouble)?.into_iter();
    let ready = ready.filter(|version| version.state == VersionState::Ready);
    let listed: BTreeMap<String, Listed> = ready
        .map(|version| {
            let listed = Listed {
                key: format!("{model}_{}", version.number),
                last_modified: rfc3339(version.created_ms),
            };
            (version.number.to_string(), listed)
        })
        .collect();
    Ok(Reply::json(&listed).compressible())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_the_folder_itself_is_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("input");
        std::fs::create_dir(&inner).expect("made");
        std::fs::write(inner.join("a.csv"), "x").expect("written");
        std::fs::write(folder.path().join("secret.csv"), "x").expect("written");
        assert!(is_in(&inner, "a.csv"));
        for wrong in [
            "b.csv",
            "",
            ".",
            "..",
            "../secret.csv",
            "/etc/passwd",
            "./../secret.csv",
        ] {
            assert!(!is_in(&inner, wrong), "{wrong}");
        }
    }

    #[test]
    fn a_line_is_told_as_text() {
        let json = r#"{"timestamp":"T","level":"INFO","fields":{"message":"train"}}"#;
        assert_eq!(line(json), "T INFO train\n");
        assert_eq!(line("no json"), "no json\n");
    }
}
