//! What is asked of the server as a whole: does it live, is it ready, what can it do.

use std::sync::Arc;

use super::api_schemas::{ServerHealth, ServerMetadata};
use crate::serve::readiness::is_ready;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Extensions of the protocol that are spoken. Of the model repository's there is the index; the champion pointer does
/// the rest.
const EXTENSIONS: [&str; 3] = ["binary_tensor_data", "classification", "model_repository"];

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/v2/health/live",
    tag = "v2",
    operation_id = "v2_live",
    responses((status = 200, description = "It does.", body = ServerHealth)),
)]
pub async fn live(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(Reply::json(&ServerHealth {
        live: true,
        ready: None,
    }))
}

/// Whether requests for predictions should be sent here: a champion is loaded, and the server is not shutting down.
#[utoipa::path(
    get,
    path = "/v2/health/ready",
    tag = "v2",
    operation_id = "v2_ready",
    responses((status = 200, description = "They should.", body = ServerHealth)),
)]
pub async fn ready(state: Arc<State>, _: Request) -> Result<Reply, Problem> {
    if is_ready(&state) {
        return Ok(Reply::json(&ServerHealth {
            live: true,
            ready: Some(true),
        }));
    }
    let why = "the server is not ready; GET /readyz?verbose says why";
    Err(Problem::new(Code::Unavailable, why).retry(1))
}

/// What this server is, and what it can.
#[utoipa::path(
    get,
    path = "/v2",
    tag = "v2",
    operation_id = "v2_server",
    responses((status = 200, description = "Name, version and extensions.", body = ServerMetadata)),
)]
pub async fn server(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(Reply::json(&ServerMetadata {
        name: "unseat",
        version: env!("CARGO_PKG_VERSION"),
        extensions: EXTENSIONS.to_vec(),
    }))
}
