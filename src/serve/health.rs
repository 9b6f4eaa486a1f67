//! `/livez`, `/readyz`, `/healthz`.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use super::project_checks::{asked_checks, probation_checks};
use super::readiness::{Check, is_ready};
use super::{Code, Problem, Reply, Request, State};
use crate::clock::rfc3339;
use crate::serving::served_models::silence_of;

/// How long the database is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What this file adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(livez, readyz, healthz))]
pub struct Doc;

/// Does the process live?
///
/// Answers as long as the process does; looks at nothing.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    responses((status = 200, description = "It lives", body = String, example = "ok")),
)]
pub async fn livez(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(Reply::text("ok"))
}

/// What was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether requests should come here.
    ready: bool,
    /// Everything that was looked at. One that is not well need not make the server unready: an old version that is still
    /// served, say.
    checks: Vec<Check>,
}

/// Should requests come here?
///
/// Yes once a champion is loaded, until the server ends; no while the database is gone or knows no champion. `?verbose` lists
/// what was looked at.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<String>, Query, description = "Lists the checks")),
    responses(
        (status = 200, description = "Yes", content((String = "text/plain", example = "ok"), (Readiness = "application/json"))),
        (status = 503, description = "No: no champion is loaded yet, the database is gone or knows no champion, or the server is ending", body = Readiness),
    ),
)]
pub async fn readyz(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let mut checks = checks(&state);
    let is_ready = is_ready(&state);
    if request.query("verbose").is_some() {
        // A database that does not answer is not waited for.
        if state.served_models.silence().is_none() {
            let asked = tokio::time::timeout(PATIENCE, asked_checks(&state)).await;
            checks.extend(asked.unwrap_or_else(|_| vec![silent(&state)]));
        }
        checks.extend(settings_check(&state));
        let reply = Reply::json(&Readiness {
            ready: is_ready,
            checks,
        });
        return Ok(if is_ready {
            reply
        } else {
            reply.status(Code::Unavailable.status())
        });
    }
    if is_ready {
        return Ok(Reply::text("ok"));
    }
    let failed = checks.iter().find(|check| !check.is_well);
    let why = failed.map_or("no model is loaded", |check| check.says.as_str());
    Err(Problem::new(Code::Unavailable, format!("not ready: {why}")).retry(1))
}

/// Should requests come here?
///
/// The same as `/readyz`, by the name that some look for.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "health",
    params(("verbose" = Option<String>, Query, description = "Lists the checks")),
    responses(
        (status = 200, description = "Yes", content((String = "text/plain", example = "ok"), (Readiness = "application/json"))),
        (status = 503, description = "No: no champion is loaded yet, the database is gone or knows no champion, or the server is ending", body = Readiness),
    ),
)]
pub async fn healthz(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    readyz(state, request).await
}

fn silent(state: &State) -> Check {
    let origin = state.served_models.source.origin();
    Check {
        name: origin.to_string(),
        is_well: false,
        says: silence_of(origin),
    }
}

/// What is to be said of an edited `config.json`; nothing before it was edited.
fn settings_check(state: &State) -> Option<Check> {
    let news = state.settings_news()?;
    let says = news.says();
    Some(Check {
        name: "config".to_string(),
        is_well: says.is_none(),
        says: says.unwrap_or_else(|| format!("followed since {}", rfc3339(news.at_ms))),
    })
}

fn checks(state: &State) -> Vec<Check> {
    let mut checks = vec![Check {
        name: "draining".to_string(),
        is_well: !state.is_draining(),
        says: if state.is_draining() {
            "the server is ending".to_string()
        } else {
            "no".to_string()
        },
    }];
    if let Some(trouble) = state
        .served_models
        .database()
        .or_else(|| state.served_models.silence())
    {
        checks.push(Check {
            name: state.served_models.source.origin().to_string(),
            is_well: false,
            says: trouble.to_string(),
        });
    }
    for model in state.served_models.models() {
        let (is_well, says) = match (model.champion(), model.alarm()) {
            (Some(served), None) => (true, format!("version {}", served.version)),
            (Some(served), Some(alarm)) => {
                (false, format!("still version {}: {alarm}", served.version))
            }
            (None, Some(alarm)) => (false, alarm.to_string()),
            (None, None) => (false, "it has no champion yet".to_string()),
        };
        checks.push(Check {
            name: format!("model {}", model.name),
            is_well,
            says,
        });
    }
    checks.extend(probation_checks(state));
    checks
}
