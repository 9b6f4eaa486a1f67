//! What is put right before a run begins: whatever a dead process left half done. The caller holds the lock.

use super::{Env, Error, Event, production};

/// Settles dead runs, gives up unfinished versions, removes their folders, and makes the champion's copy true.
pub async fn recover(env: &Env, run: &str) -> Result<(), Error> {
    let model = &env.config.name;
    let settled = env
        .registry
        .settle_dead_runs(model, run, env.clock.now_ms())
        .await?;
    if settled > 0 {
        env.tell(Event::Warning(format!(
            "{settled} earlier run did not come to its end; what it left was cleared away"
        )));
    }
    for version in env.registry.abandon_unfinished(model, run).await? {
        env.models
            .remove_folder(&format!("{model}/{}", version.folder))?;
    }
    remove_parts(&env.config.output_folder);
    remove_parts(&env.config.model_folder);
    production::publish(env).await
}

/// Files that were being written when their process died.
fn remove_parts(folder: &std::path::Path) {
    let parts = walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy();
            name.starts_with(".part-") || name.contains("#")
        });
    for part in parts {
        // Left over files cost room and nothing else, so one that cannot be removed is no reason to stop.
        let _ = std::fs::remove_file(part.path());
    }
}
