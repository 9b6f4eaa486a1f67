//! Models that come while the server runs: what the registry says was created becomes a place in the fleet.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use crate::pipeline::Env;
use crate::registry::{self, CreatedModel};

/// Makes what the stages of a created model may touch; else says what is wrong with its settings.
pub type OpenModel = dyn Fn(&CreatedModel) -> Result<Env, String> + Send + Sync;

/// Models that were created by request, as this server knows them.
pub struct Created {
    open: Option<Box<OpenModel>>,
    /// Serial of each model's settings that were looked at.
    seen: tokio::sync::Mutex<BTreeMap<String, i64>>,
}

impl Created {
    /// With what opens them; `None` for a server of one model alone, which takes no others.
    pub fn new(open: Option<Box<OpenModel>>) -> Self {
        Created {
            open,
            seen: tokio::sync::Mutex::default(),
        }
    }

    /// What opens them.
    pub fn opener(&self) -> Option<&OpenModel> {
        self.open.as_deref()
    }
}

/// Gives models that were created since a place in the fleet, and those that were changed their new settings.
///
/// # Errors
/// When the registry cannot be asked. A model whose settings cannot be used is told in the log and left out.
pub async fn sync(state: &State) -> Result<(), registry::Error> {
    let Some(project) = &state.project else {
        return Ok(());
    };
    let Some(open) = project.created.opener() else {
        return Ok(());
    };
    let mut seen = project.created.seen.lock().await;
    let rows = project.registry.created_models().await?;
    let mut envs = BTreeMap::clone(&project.envs.all());
    let mut fresh = Vec::new();
    for row in rows {
        let is_old = seen.insert(row.name.clone(), row.serial) == Some(row.serial);
        let is_configured = envs.contains_key(&row.name) && !state.fleet.is_created(&row.name);
        if is_old || is_configured {
            continue;
        }
        match open(&row) {
            Ok(env) => {
                envs.insert(row.name.clone(), Arc::new(env));
                fresh.push(row.name);
            }
            Err(why) => {
                tracing::error!(model = row.name, "a created model cannot be used: {why}");
            }
        }
    }
    if !fresh.is_empty() {
        project.envs.put(envs);
        state.fleet.grow(fresh);
    }
    Ok(())
}
