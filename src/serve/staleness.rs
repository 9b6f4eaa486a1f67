//! What a project's registry says of models that are held back or stale.

use super::State;
use super::project::Project;
use crate::diagnose;
use crate::diagnose::Stale;
use crate::model_types::VersionNumber;

/// First versions that the gate holds, which is why nothing is served: model and version.
pub async fn held(state: &State) -> Vec<(String, VersionNumber)> {
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
