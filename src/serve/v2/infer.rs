//! `POST /v2/models/{model}/infer`: tensors in, tensors out.

use std::sync::Arc;

use super::api_schemas::{InferRequest, InferResponse};
use super::infer_response::Written;
use super::models::pick;
use super::outputs::{score, wanted};
use super::tensors::read_rows;
use super::wire::{InferBody, JSON_LENGTH, bad};
use crate::http::reply::JSON;
use crate::serve::work::{bounds, heavy};
use crate::serve::{Code, Problem, Reply, Request, State};
use crate::serving::served::Served;

/// Predictions of the champion for tensors.
///
/// Either one tensor per input column, of the shape `[n]` or `[n, 1]`, or one matrix of the shape `[n, inputs]` with any
/// name and its columns in the order of the model's metadata. `data` is flat or nested; `null`, and NaN among bytes, is a
/// missing value. Bytes of tensors follow the JSON object when `binary_data_size` and the header
/// `Inference-Header-Content-Length` say so. All outputs are returned unless `outputs` names some. Row k of the answer
/// has the prediction id `<prediction_id>-<k>`.
#[utoipa::path(
    post,
    path = "/v2/models/{model}/infer",
    tag = "v2",
    operation_id = "v2_infer",
    params(
        ("model" = String, Path, description = "The model's name."),
    ),
    request_body(content((InferRequest = "application/json"), ("application/octet-stream"))),
    responses((
        status = 200,
        description = "The outputs; bytes of those that were requested as bytes follow the JSON object.",
        content((InferResponse = "application/json"), ("application/octet-stream")),
        headers(
            ("Inference-Header-Content-Length" = u64,
                description = "Bytes of the body that are its JSON object, when bytes of outputs follow it."),
        ),
    )),
)]
pub async fn infer(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let served = pick(&state, &request).await?;
    let (_, reply) = heavy(request, move |request: &Request| {
        answer(&state, request, &served)
    })
    .await?;
    Ok(reply)
}

/// Predictions of a version for tensors.
///
/// As for the champion.
#[utoipa::path(
    post,
    path = "/v2/models/{model}/versions/{version}/infer",
    tag = "v2",
    operation_id = "v2_infer_version",
    params(
        ("model" = String, Path, description = "The model's name."),
        ("version" = String, Path, description = "A version's number, or `champion`."),
    ),
    request_body(content((InferRequest = "application/json"), ("application/octet-stream"))),
    responses((
        status = 200,
        description = "The outputs; bytes of those that were requested as bytes follow the JSON object.",
        content((InferResponse = "application/json"), ("application/octet-stream")),
        headers(
            ("Inference-Header-Content-Length" = u64,
                description = "Bytes of the body that are its JSON object, when bytes of outputs follow it."),
        ),
    )),
)]
pub async fn infer_version(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    infer(state, request).await
}

fn answer(state: &State, request: &Request, served: &Arc<Served>) -> Result<Reply, Problem> {
    let bounds = bounds(state, request);
    let (asked, bytes) = InferBody::read(request)?;
    let (wanted, rows) = match (
        wanted(&asked, served),
        read_rows(&asked, bytes, served, bounds),
    ) {
        (Ok(wanted), Ok(rows)) => (wanted, rows),
        (Err(outputs), Err(inputs)) if inputs.code == Code::BadRequest => {
            return Err(bad(format!("{}; {}", outputs.message, inputs.message)));
        }
        (_, Err(problem)) | (Err(problem), _) => return Err(problem),
    };
    let scored = score(state, request, served, rows)?;
    let written = Written::of(
        served,
        &scored,
        &wanted,
        asked.id.as_deref(),
        &request.unique,
    );
    let reply = match written.bytes {
        None => Reply::new(JSON, written.json),
        Some(bytes) => {
            let length = written.json.len().to_string();
            let mut body = written.json;
            body.extend_from_slice(&bytes);
            Reply::new("application/octet-stream", body).header(JSON_LENGTH, &length)
        }
    };
    Ok(reply
        .by(&served.model, served.version, scored.n_rows)
        .compressible())
}
