//! Approving and rejecting a version that waits (`gate.approval: manual`).

use std::sync::Arc;

use super::changes::Reason;
use super::common::{detached, env_of, heavy};
use super::versions::number;
use super::views::{Moved, Rejected};
use crate::model_types::VersionNumber;
use crate::pipeline;
use crate::serve::audit;
use crate::serve::follow::follow_now;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Approves the version that waits for approval.
#[utoipa::path(
    post, path = "/models/{model}/versions/{version}/approve", operation_id = "approve_version", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3` or `v3`"),
    ),
    request_body(content = Option<Reason>, description = "The reason, for the record"),
    responses(
        (status = 200, description = "It is the champion", body = Moved),
        (status = 409, description = "It does not wait, or champion or test data have changed since"),
    )
)]
pub async fn approve(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let version = number(request.param("version"));
        let answer = approved(&state, &request, &model, version).await;
        audit::record(&state, &request, "approve", Some(&model), version, &answer).await;
        answer
    })
    .await
}

async fn approved(
    state: &State,
    request: &Request,
    model: &str,
    version: Option<VersionNumber>,
) -> Result<Reply, Problem> {
    let (env, reason) = (env_of(state, model)?, Reason::of(request)?);
    let (version, actor) = (named(version)?, request.caller.name.clone());
    let operation =
        heavy(async move { pipeline::approve(&env, Some(version), &reason, &actor).await }).await?;
    follow_now(state, model).await;
    let served = state
        .served_models
        .model(Some(model))
        .ok()
        .and_then(|it| it.champion());
    Ok(Reply::json(&Moved::of(
        model,
        operation,
        served.map(|it| it.version),
    )))
}

/// Rejects the version that waits for approval.
#[utoipa::path(
    post, path = "/models/{model}/versions/{version}/reject", operation_id = "reject_version", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3` or `v3`"),
    ),
    request_body(content = Option<Reason>, description = "The reason, for the record"),
    responses(
        (status = 200, description = "It does not become the champion", body = Rejected),
        (status = 409, description = "It does not wait"),
    )
)]
pub async fn reject(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let version = number(request.param("version"));
        let answer = rejected(&state, &request, &model, version).await;
        audit::record(&state, &request, "reject", Some(&model), version, &answer).await;
        answer
    })
    .await
}

async fn rejected(
    state: &State,
    request: &Request,
    model: &str,
    version: Option<VersionNumber>,
) -> Result<Reply, Problem> {
    let (env, reason) = (env_of(state, model)?, Reason::of(request)?);
    let (version, actor) = (named(version)?, request.caller.name.clone());
    let version =
        heavy(async move { pipeline::reject(&env, Some(version), &reason, &actor).await }).await?;
    Ok(Reply::json(&Rejected {
        model: model.to_string(),
        version,
        verdict: "reject",
    }))
}

/// By then, another version may be the one that waits.
fn named(version: Option<VersionNumber>) -> Result<VersionNumber, Problem> {
    version.ok_or_else(|| {
        let why = "name the version by its number; GET /models/<model>/versions lists them";
        Problem::new(Code::NotFound, why)
    })
}
