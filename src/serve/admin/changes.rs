//! What changes a model: promote, roll back, remove a version. The server's own copy follows at once.

use std::sync::Arc;

use serde::Deserialize;
use utoipa::ToSchema;

use super::common::{detached, env_of, heavy, optional_body};
use super::versions;
use super::views::{Moved, Removed};
use crate::model_types::VersionNumber;
use crate::pipeline;
use crate::registry::{Action, VersionState};
use crate::serve::audit;
use crate::serve::follow::follow_now;
use crate::serve::{Code, Problem, Reply, Request, State};

/// Most characters of a reason.
const MOST_REASON: usize = 1000;

/// Why it is done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why; kept with the operation.
    #[schema(max_length = 1000)]
    reason: Option<String>,
}

impl Reason {
    /// The reason that a request gives.
    ///
    /// # Errors
    /// 400 for one that is too long.
    pub fn of(request: &Request) -> Result<String, Problem> {
        let Reason { reason } = optional_body(request)?;
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        let reason = reason.unwrap_or_else(|| "by request".to_string());
        if reason.chars().count() > MOST_REASON {
            let why = format!("the `reason` has more than {MOST_REASON} characters; shorten it");
            return Err(Problem::new(Code::BadRequest, why));
        }
        Ok(reason)
    }
}

/// Makes a version the champion.
///
/// Its bundle is verified before the pointer moves. The answer comes when this server answers with it.
#[utoipa::path(
    post, path = "/models/{model}/versions/{version}/promote", operation_id = "promote_version", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3`, `v3` or `latest`"),
    ),
    request_body(content = Option<Reason>, description = "The reason, for the record"),
    responses(
        (status = 200, description = "It is the champion", body = Moved),
        (status = 409, description = "The version has no files, or another run is using the model"),
    )
)]
pub async fn promote(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let mut version = None;
        let answer = promoted(&state, &request, &model, &mut version).await;
        audit::record(&state, &request, "promote", Some(&model), version, &answer).await;
        answer
    })
    .await
}

async fn promoted(
    state: &State,
    request: &Request,
    model: &str,
    version: &mut Option<VersionNumber>,
) -> Result<Reply, Problem> {
    let env = env_of(state, model)?;
    let reason = Reason::of(request)?;
    let row = versions::find(&env, request.param("version")).await?;
    *version = Some(row.number);
    if row.state != VersionState::Ready {
        let number = row.number;
        let why = match row.state {
            VersionState::Building => "it is being made",
            _ => "its files are gone",
        };
        let why = format!("version {number} cannot be promoted: {why}");
        return Err(Problem::new(Code::Conflict, why));
    }
    move_champion(state, request, model, Action::Promote, *version, reason).await
}

/// Makes the champion before the present one the champion again.
#[utoipa::path(
    post, path = "/models/{model}/rollback", operation_id = "rollback_model", tag = "manage",
    params(("model" = String, Path, description = "The model's name")),
    request_body(content = Option<Reason>, description = "The reason, for the record"),
    responses(
        (status = 200, description = "The champion before is the champion", body = Moved),
        (status = 409, description = "There is none to go back to, or another run is using the model"),
    )
)]
pub async fn rollback(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let answer = rolled_back(&state, &request, &model).await;
        let version = answer.as_ref().ok().and_then(|_| served(&state, &model));
        audit::record(&state, &request, "rollback", Some(&model), version, &answer).await;
        answer
    })
    .await
}

async fn rolled_back(state: &State, request: &Request, model: &str) -> Result<Reply, Problem> {
    env_of(state, model)?;
    let reason = Reason::of(request)?;
    move_champion(state, request, model, Action::Rollback, None, reason).await
}

async fn move_champion(
    state: &State,
    request: &Request,
    model: &str,
    action: Action,
    version: Option<VersionNumber>,
    reason: String,
) -> Result<Reply, Problem> {
    let env = env_of(state, model)?;
    let actor = request.caller.name.clone();
    let operation = heavy(async move {
        let version = version.map(|version| version.to_string());
        let moved =
            pipeline::move_champion(&env, action, version.as_deref(), &reason, &actor).await;
        use pipeline::Error::{NoChampion, NoPreviousChampion, NoVersion};
        match moved {
            // There is none to go back to, or it has no files any more.
            Err(NoPreviousChampion { .. } | NoChampion(_) | NoVersion(_)) => Ok(None),
            moved => moved.map(Some),
        }
    })
    .await?;
    let Some(operation) = operation else {
        let why = match action {
            Action::Rollback => {
                "there is no champion before the present one whose files are there; promote a version instead"
            }
            Action::Promote | Action::Pin | Action::Unpin => {
                "the version has no files any more; promote another one"
            }
        };
        return Err(Problem::new(Code::Conflict, why));
    };
    follow_now(state, model).await;
    Ok(Reply::json(&Moved::of(
        model,
        operation,
        served(state, model),
    )))
}

fn served(state: &State, model: &str) -> Option<VersionNumber> {
    let champion = state.served_models.model(Some(model)).ok()?.champion()?;
    Some(champion.version)
}

/// Removes a version's files; its number is not used again.
#[utoipa::path(
    delete, path = "/models/{model}/versions/{version}", operation_id = "remove_version", tag = "manage",
    params(
        ("model" = String, Path, description = "The model's name"),
        ("version" = String, Path, description = "`3` or `v3`"),
    ),
    responses(
        (status = 200, description = "Its files are gone", body = Removed),
        (status = 409, description = "It has to stay, or another run is using the model"),
    )
)]
pub async fn remove(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    detached(async move {
        let model = request.param("model").to_string();
        let version = versions::number(request.param("version"));
        let answer = removed(&state, &model, version).await;
        audit::record(&state, &request, "remove", Some(&model), version, &answer).await;
        answer
    })
    .await
}

async fn removed(
    state: &State,
    model: &str,
    version: Option<VersionNumber>,
) -> Result<Reply, Problem> {
    let env = env_of(state, model)?;
    // By then, another one may be the latest.
    let number = version.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "name the version to remove by its number; GET /models/<model>/versions lists them",
        )
    })?;
    versions::find(&env, &number.to_string()).await?;
    let row = heavy(async move { pipeline::remove_version(&env, number).await }).await?;
    if let Ok(place) = state.served_models.model(Some(model)) {
        place.forget(number);
    }
    Ok(Reply::json(&Removed {
        model: row.model,
        version: row.number,
        state: row.state,
    }))
}
