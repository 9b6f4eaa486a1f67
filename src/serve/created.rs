//! Models that come and go while the server runs: what the registry says was created becomes a slot among the served models, and what it
//! says was removed loses it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use crate::pipeline::Env;
use crate::registry;
use crate::serving::created_models::Seen;

/// Gives models that were created since a slot among the served models, those that were changed their new settings, and takes the places
/// of those that were removed. Requests under way keep the version that they began with.
///
/// # Errors
/// When the registry cannot be reached. A model whose settings cannot be used is logged and left out.
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
    let is_there = |name: &str, known: &Seen| {
        let row = rows.iter().find(|row| row.name == name);
        row.is_some_and(|row| row.created_ms == known.created_ms)
    };
    // One of the name that was created since is another model.
    let gone = seen.iter().filter(|(name, known)| !is_there(name, known));
    let mut gone: Vec<String> = gone.map(|(name, _)| name.clone()).collect();
    seen.retain(|name, _| !gone.contains(name));
    gone.retain(|name| state.served_models.is_created(name));
    envs.retain(|name, _| !gone.contains(name));
    let mut fresh = Vec::new();
    for row in rows {
        let now = Seen {
            serial: row.serial,
            created_ms: row.created_ms,
        };
        let is_old = seen.insert(row.name.clone(), now) == Some(now);
        let is_configured =
            envs.contains_key(&row.name) && !state.served_models.is_created(&row.name);
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
    if !fresh.is_empty() || !gone.is_empty() {
        project.envs.put(envs);
        state.served_models.change(&gone, fresh);
        gone.iter().for_each(|name| state.diagnostics.remove(name));
    }
    Ok(())
}

/// Gives models of `config.json` their new settings: requests, diagnostics and probations look at them from here on. A model
/// that was created by request keeps its own.
pub async fn follow_settings(state: &State, fresh: BTreeMap<String, Arc<Env>>) {
    let Some(project) = &state.project else {
        return;
    };
    // `sync` puts all of them back, too.
    let _alone = project.created.seen.lock().await;
    let mut envs = BTreeMap::clone(&project.envs.all());
    for (name, env) in fresh {
        if envs.contains_key(&name) && !state.served_models.is_created(&name) {
            envs.insert(name, env);
        }
    }
    project.envs.put(envs);
}
