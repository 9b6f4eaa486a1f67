//! `/livez`, `/readyz`, `/healthz`.

use std::sync::Arc;

use serde_json::json;

use super::{Code, Problem, Reply, Request, State};

/// The process answers. Touches nothing.
pub async fn livez(_: Arc<State>, _: Request) -> Result<Reply, Problem> {
    Ok(Reply::text("ok"))
}

/// One thing that is looked at, and whether it is well.
struct Check {
    name: String,
    is_well: bool,
    says: String,
}

/// Whether requests should come here: a champion of every model that has one is loaded, and the server is not draining.
/// `?verbose` lists what was looked at.
pub async fn readyz(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let checks = checks(&state);
    let is_ready = is_ready(&state);
    if request.query("verbose").is_some() {
        let list: Vec<_> = checks
            .iter()
            .map(|check| json!({"name": check.name, "ok": check.is_well, "message": check.says}))
            .collect();
        let reply = Reply::json(&json!({"ready": is_ready, "checks": list}));
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

/// Whether the server takes requests for predictions.
pub fn is_ready(state: &State) -> bool {
    !state.is_draining() && state.fleet.models().any(|model| model.champion().is_some())
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
    for model in state.fleet.models() {
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
    checks
}
