//! What buttons do: the same as the requests of the API, with the same checks, audit log and problems.

use std::sync::Arc;

use serde_json::{Value, json};
use warp::http::HeaderValue;
use warp::http::header::CONTENT_TYPE;

use super::form::Form;
use super::kit::View;
use super::login::redirect;
use crate::http::problem::not_found;
use crate::serve::admin;
use crate::serve::{Problem, Reply, Request, State};

/// Does what a button says, and sends the browser to the page that shows it.
pub async fn act(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let form = Form::read(&state, &request)?;
    let view = View::of(&state, &request);
    let model = form.get("model").to_string();
    let page_of_model = format!("ui/models/{model}");
    let reason = match form.get("reason").trim() {
        "" => json!({}),
        reason => json!({"reason": reason}),
    };
    let action = request.param("action").to_string();
    let of_model = [("model", model.as_str())];
    let to = match action.as_str() {
        "run" => {
            let body = json!({"model": model, "force": form.get("force") == "true"});
            let reply = admin::start_run(state, asked(request, &[], &body)).await?;
            format!("ui/runs/{}", of_reply(&reply, "run"))
        }
        "cancel" => {
            let job = [("job", form.get("job"))];
            admin::cancel_job(state, asked(request, &job, &json!({}))).await?;
            match form.get("run") {
                "" => "ui/queue".to_string(),
                run => format!("ui/runs/{run}"),
            }
        }
        "retry" => {
            let job = [("job", form.get("job"))];
            admin::retry_job(state, asked(request, &job, &json!({}))).await?;
            "ui/queue".to_string()
        }
        "pause" => {
            admin::pause_schedule(state, asked(request, &of_model, &json!({}))).await?;
            page_of_model
        }
        "resume" => {
            admin::resume_schedule(state, asked(request, &of_model, &json!({}))).await?;
            page_of_model
        }
        "promote" => {
            let which = [("model", model.as_str()), ("version", form.get("version"))];
            admin::promote(state, asked(request, &which, &reason)).await?;
            page_of_model
        }
        "approve" | "reject" => {
            let which = [("model", model.as_str()), ("version", form.get("version"))];
            let request = asked(request, &which, &reason);
            match action.as_str() {
                "approve" => admin::approve(state, request).await?,
                _ => admin::reject(state, request).await?,
            };
            page_of_model
        }
        "rollback" => {
            admin::rollback(state, asked(request, &of_model, &reason)).await?;
            page_of_model
        }
        _ => return Err(not_found("there is no such action")),
    };
    Ok(redirect(&view.link(&to)))
}

/// The request of the API that a form stands for.
fn asked(mut request: Request, params: &[(&'static str, &str)], body: &Value) -> Request {
    request.params = params
        .iter()
        .map(|(name, value)| (*name, value.to_string()))
        .collect();
    request.body = body.to_string().into();
    let mut headers = (*request.headers).clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers = Arc::new(headers);
    request
}

/// A text of a reply in JSON.
fn of_reply(reply: &Reply, key: &str) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body[key].as_str().unwrap_or("latest").to_string()
}
