//! `GET /status`, `GET /current-model`: what a service says whose operator switches versions by hand.

use std::sync::Arc;

use super::set_model;
use super::switched::Switched;
use crate::clock::rfc3339;
use crate::serve::{Problem, Reply, Request, State};

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
    if let Some(past) = set_model::past(&state, &request).await? {
        return Ok(Reply::json(&past));
    }
    // A bundle alone has no past; what is served is all there is to tell.
    let model = state
        .served_models
        .model(request.query("model").as_deref())?;
    let switched = model.champion().map(|served| Switched {
        current_version: served.version.get(),
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
