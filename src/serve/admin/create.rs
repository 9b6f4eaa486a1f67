//! `POST /models`: a model out of rows that came with the request, or the training of one that is there.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use warp::http::StatusCode;

use super::common::{busy, detached, optional_body, project, trouble};
use super::given_rows::{self, GivenRows};
use super::training_set::{self, Named};
use crate::config::checked::is_name;
use crate::config::{ASKED, CREATED_KEYS, ModelConfig, created_folders};
use crate::pipeline;
use crate::registry::{CreatedModel, Lock};
use crate::serve::audit;
use crate::serve::project::{ModelStart, Project, RunStart};
use crate::serve::{Code, Problem, Reply, Request, State, sync_created};

/// A training that was started.
#[derive(Debug, Serialize, ToSchema)]
pub struct Training {
    /// `model training started`.
    pub status: &'static str,
    /// Id of its job: `GET /jobs/{task_id}` says how far it is.
    pub task_id: String,
    /// The model.
    pub model: String,
}

/// Creates a model from the rows of the request, or retrains an existing one (`force_update`).
#[utoipa::path(
    post, path = "/models", operation_id = "create_model", tag = "manage",
    request_body(
        content = Object,
        description = "`id` is the model's name and `data` its rows, or `s3bucket` and `training_object` the place of a training set, of which a fifth is held back to judge by unless there is `test_data`. `target`, `positive_class`, `drop`, `keys`, `time_column`, `schema`, `features`, `learner`, `split`, `metric`, `score` and `gate` are settings as in config.json. With `force_update` a model that is there is trained again, on `data` if there is some.",
    ),
    responses(
        (status = 202, description = "Its training is queued", body = Training,
            headers(("location" = String, description = "Where to ask for it"))),
        (status = 400, description = "Something is missing or wrong, or the model is there and `force_update` is not set"),
        (status = 409, description = "A job of the model is open, or the server takes no other models"),
    )
)]
pub async fn create(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let mut model = None;
        let answer = created(&state, &request, &mut model).await;
        audit::record(&state, &request, "create", model.as_deref(), None, &answer).await;
        answer
    })
    .await
}

/// What is requested.
struct NewModel {
    id: String,
    data: Option<Value>,
    /// A training set in a bucket, in place of `data`.
    named: Option<Named>,
    test_data: Option<Value>,
    settings: Map<String, Value>,
    force: bool,
}

async fn created(
    state: &State,
    request: &Request,
    model: &mut Option<String>,
) -> Result<Reply, Problem> {
    let mut asked = read(optional_body(request)?)?;
    *model = Some(asked.id.clone());
    let project = project(state)?;
    // Another server may have removed it just now.
    sync_created(state).await.map_err(trouble)?;
    let by = request.caller.name.as_str();
    let known = state.served_models.model(Some(&asked.id)).ok();
    match known {
        Some(_) if !asked.force => return Err(exists()),
        None if asked.data.is_none() && asked.named.is_none() => return Err(missing()),
        Some(known) if (asked.data.is_none() && asked.named.is_none()) || !known.is_created => {
            return again(project, &asked, known.is_created, by).await;
        }
        _ => {}
    }
    if let Some(named) = &asked.named {
        asked.data = Some(training_set::read(state, project, named).await?);
    }
    let job = record(state, project, &asked, by).await?;
    Ok(begun(asked.id, job))
}

fn begun(model: String, job: String) -> Reply {
    let path = format!("/jobs/{job}");
    let training = Training {
        status: "model training started",
        task_id: job,
        model,
    };
    let reply = Reply::json(&training).status(StatusCode::ACCEPTED);
    reply.header("location", &path)
}

fn bad(why: impl Into<String>) -> Problem {
    Problem::new(Code::BadRequest, why)
}

fn missing() -> Problem {
    bad("Required parameters not supplied")
}

fn exists() -> Problem {
    bad("Cannot update existing model. Use force_update:True")
}

/// A truth value as it is or as its word, as the other service took it; false where there is none.
pub fn truth(key: &str, value: Option<Value>) -> Result<bool, Problem> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(is_so)) => Ok(is_so),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(bad(format!("`{key}` is neither true nor false"))),
    }
}

/// Takes the body apart.
fn read(mut body: Map<String, Value>) -> Result<NewModel, Problem> {
    let mut take = |key: &str| body.shift_remove(key).filter(|value| !value.is_null());
    let id = match take("id") {
        None => return Err(missing()),
        Some(Value::String(id)) if id.is_empty() => return Err(missing()),
        Some(Value::String(id)) if is_name(&id) => id,
        Some(_) => {
            return Err(bad(
                "the `id` is not a name: use up to 64 letters, digits, `_`, `-` and `.`, beginning with a letter or digit",
            ));
        }
    };
    let force = truth("force_update", take("force_update"))?;
    let (data, test_data) = (take("data"), take("test_data"));
    let named = training_set::named(&id, &mut body)?;
    if data.is_some() && named.is_some() {
        return Err(bad("give `data`, or `s3bucket` and `training_object`"));
    }
    if data.is_none() && named.is_none() && !force {
        return Err(missing());
    }
    if body.keys().any(|key| !CREATED_KEYS.contains(&key.as_str())) {
        let keys = CREATED_KEYS.join(", ");
        return Err(bad(format!(
            "the body has a key that is not known; besides id, data, test_data and force_update there are {keys}"
        )));
    }
    Ok(NewModel {
        id,
        data,
        named,
        test_data,
        settings: body,
        force,
    })
}

/// Trains a model that is there on the data that it has.
async fn again(
    project: &Project,
    asked: &NewModel,
    is_created: bool,
    by: &str,
) -> Result<Reply, Problem> {
    let has_data = asked.data.is_some() || asked.named.is_some();
    let has_more = has_data || asked.test_data.is_some() || !asked.settings.is_empty();
    if has_more {
        return Err(bad(if is_created {
            "new settings and `test_data` come with `data`"
        } else {
            "config.json says what this model learns from and how; leave out all but `id` and `force_update`"
        }));
    }
    match project.starter.start(&asked.id, true, by).await {
        RunStart::Started { job, .. } => Ok(begun(asked.id.clone(), job)),
        RunStart::Busy(run) => Err(busy(&run)),
        RunStart::Failed(why) => Err(failed(&asked.id, &why)),
    }
}

fn failed(model: &str, why: &str) -> Problem {
    tracing::error!(model, "a training could not be started: {why}");
    let what = "the training could not be started; the server's log says why";
    Problem::new(Code::Internal, what)
}

/// Writes the rows, then records the model and its job at once. What was written for a model that was not recorded goes.
async fn record(
    state: &State,
    project: &Project,
    asked: &NewModel,
    by: &str,
) -> Result<String, Problem> {
    let Some(open) = project.created.opener() else {
        let why = "this server serves one model alone; start it without `--model` to create others";
        return Err(Problem::new(Code::Conflict, why));
    };
    let target = asked.settings.get("target").and_then(Value::as_str);
    let data = asked.data.as_ref().unwrap_or(&Value::Null);
    let most = state.settings.limits.rows;
    let rows = GivenRows::of(data, asked.test_data.as_ref(), target, most)?;
    let place = given_rows::new_place(&state.new_id());
    let mut settings = asked.settings.clone();
    settings.extend(created_folders(&asked.id, &place));
    if let Some(named) = &asked.named {
        settings.insert(ASKED.to_string(), Value::Object(named.said.clone()));
    }
    let model = CreatedModel {
        name: asked.id.clone(),
        settings,
        actor: by.to_string(),
        at_ms: state.clock.now_ms(),
        created_ms: 0,
        serial: 0,
    };
    let env = open(&model).map_err(bad)?;
    let all = project.envs.all();
    let others: Vec<_> = all.values().map(|env| &env.config).collect();
    let origin = (env.clock, env.ids);
    let held = pipeline::clear_name(&project.registry, &env.config, &others, origin).await;
    let held = held.map_err(trouble)?;
    let done = record_held(state, project, model, &env.config, rows, asked.force, &held).await;
    if let (Err(_), Some(held)) = (&done, &held) {
        // One that went with the model's record is not there any more, and this changes nothing.
        let released = project.registry.release_lock(held).await;
        released.map_err(trouble)?;
    }
    done
}

/// The same, for who holds the lock of the name if it was that of a model that was removed.
async fn record_held(
    state: &State,
    project: &Project,
    model: CreatedModel,
    config: &ModelConfig,
    rows: GivenRows,
    force: bool,
    held: &Option<Lock>,
) -> Result<String, Problem> {
    let name = model.name.clone();
    let before = project.envs.get(&name);
    let before = before.map(|env| env.config.input_folder.clone());
    rows.write(config)
        .await
        .map_err(|error| Problem::internal(&error))?;
    match project.starter.create(model, force, held.clone()).await {
        ModelStart::Queued { job } => {
            sync_created(state).await.map_err(trouble)?;
            if let Some(before) = before {
                given_rows::remove_earlier(&before).await;
            }
            Ok(job)
        }
        ModelStart::Exists => {
            given_rows::remove(config).await;
            Err(if force {
                Problem::new(
                    Code::Conflict,
                    "the model was removed meanwhile; ask again to create another one of its name",
                )
            } else {
                exists()
            })
        }
        ModelStart::Busy(run) => {
            given_rows::remove(config).await;
            Err(busy(&run))
        }
        // It may be in the registry all the same, so its rows stay.
        ModelStart::Failed(why) => Err(failed(&name, &why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: Value) -> Result<NewModel, String> {
        let body = body.as_object().cloned().unwrap_or_default();
        read(body).map_err(|problem| problem.message)
    }

    #[test]
    fn a_body_is_read_as_the_other_service_reads_it() {
        let required = Some("Required parameters not supplied".to_string());
        for body in [
            serde_json::json!({}),
            serde_json::json!({"id": "a"}),
            serde_json::json!({"id": null, "data": []}),
            serde_json::json!({"id": "a", "data": null}),
            serde_json::json!({"data": []}),
        ] {
            assert_eq!(asked(body.clone()).err(), required, "{body}");
        }
        for (force, expected) in [
            (serde_json::json!("True"), true),
            (serde_json::json!("False"), false),
            (serde_json::json!(true), true),
            (serde_json::json!(null), false),
        ] {
            let body =
                serde_json::json!({"id": "a", "data": [], "force_update": force, "n_iter": 20});
            assert_eq!(asked(body).map(|asked| asked.force), Ok(expected));
        }
        for id in ["..", "a/b", "a b", ".a", "ä", "-"] {
            let said = asked(serde_json::json!({"id": id, "data": []})).err();
            assert!(
                said.is_some_and(|said| said.contains("is not a name")),
                "{id}"
            );
        }
        let other = asked(serde_json::json!({"id": "a", "data": [], "input_folder_path": "/etc"}));
        assert!(other.is_err_and(|said| said.contains("not known")));
    }
}
