//! Whether requests should come here.

use super::{Project, State};
use crate::diagnose;
use crate::diagnose::Stale;

/// First versions that the gate holds, which is why nothing is served: model and version.
pub async fn held(state: &State) -> Vec<(String, i64)> {
    let Some(project) = state.project.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, _) in project.envs.all().iter() {
        // A database that does not answer is reported by the check `stale`.
        if let Ok(Some(held)) = project.registry.held_version(name).await {
            found.push((name.clone(), held));
        }
    }
    found
}

/// Each model of a project with the reasons for which it is stale.
pub async fn staleness(
    project: &Project,
    now_ms: i64,
) -> Vec<(String, Result<Vec<Stale>, crate::registry::Error>)> {
    let mut found = Vec::new();
    for (name, env) in project.envs.all().iter() {
        let now = diagnose::staleness(&project.registry, &env.config, now_ms).await;
        found.push((name.clone(), now));
    }
    found
}

/// Whether the server takes requests for predictions.
pub fn is_ready(state: &State) -> bool {
    let is_served = state
        .served_models
        .models()
        .any(|model| model.champion().is_some());
    let is_lost = state.served_models.models().any(|model| model.is_lost());
    !state.is_draining() && is_served && !is_lost && state.served_models.database().is_none()
}
