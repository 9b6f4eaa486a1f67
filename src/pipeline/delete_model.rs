//! Removing a model that was created by request, with all that is its own: the registry is updated first, the files are removed after it,
//! and a crash between the two is made up for by the next start of a server, by `gc`, or by who takes the name again.

use std::path::{Path, PathBuf};

use super::error::{Error, fault};
use super::model_lock::with_model_lock;
use super::{Env, Ids, retain};
use crate::artifacts::Artifacts;
use crate::clock::Clock;
use crate::config::checked::plain_name;
use crate::config::{CREATED_FOLDER, Config, ModelConfig, created_folders};
use crate::model_types::Location;
use crate::registry::{self, Lock, Registry, Removal};

/// Removes a model that was created by request, under its lock. One with a champion stays unless it is forced.
///
/// # Errors
/// [`Error::Shared`] when another model has files among its own; when a run is under way. What cannot be removed of its files
/// after it was marked goes the next time.
pub async fn remove_model(
    env: &Env,
    others: &[&ModelConfig],
    force: bool,
) -> Result<Removal, Error> {
    let config = &env.config;
    if let Some(other) = sharer(config, others) {
        return Err(Error::Shared {
            model: config.name.clone(),
            other: other.name.clone(),
        });
    }
    with_model_lock(env, &config.name, |lock| async move {
        locked_remove(env, &lock, others, force).await
    })
    .await
}

async fn locked_remove(
    env: &Env,
    lock: &Lock,
    others: &[&ModelConfig],
    force: bool,
) -> Result<Removal, Error> {
    let (config, now_ms) = (&env.config, env.clock.now_ms());
    let runs = env.registry.run_ids(&config.name).await?;
    let removal = env.registry.remove_model(lock, force, now_ms).await?;
    if removal == Removal::Done {
        fault(crate::faults::MODEL_REMOVAL)?;
        // Logs that a crash leaves here belong to nothing, and go with the other models' old ones.
        retain::remove_logs(&config.project, runs.iter())?;
        remove_files(config, others).await?;
    }
    Ok(removal)
}

/// Takes the lock of a model that was removed, for who creates another one of its name, and removes what is left of it. Nothing
/// when there is none.
///
/// # Errors
/// When it is in use, or its files cannot be removed.
pub async fn clear_name(
    registry: &Registry,
    config: &ModelConfig,
    others: &[&ModelConfig],
    (clock, ids): (Clock, Ids),
) -> Result<Option<Lock>, Error> {
    if !is_removed(registry, &config.name).await? {
        return Ok(None);
    }
    let id = ids.run_id(&config.name, clock.now());
    let lock = registry
        .take_lock(&config.name, &id, clock.now_ms())
        .await?;
    let cleared = match is_removed(registry, &config.name).await {
        // Until the lock was taken, another process may have created it.
        Ok(false) => Ok(false),
        Ok(true) => remove_files(config, others).await.map(|()| true),
        Err(error) => Err(error),
    };
    if let Ok(true) = cleared {
        return Ok(Some(lock));
    }
    registry.release_lock(&lock).await?;
    cleared.map(|_| None)
}

async fn is_removed(registry: &Registry, model: &str) -> Result<bool, Error> {
    let removed = registry.removed_models().await?;
    Ok(removed.iter().any(|(name, _)| name == model))
}

/// Removes what is left of the files of models that were removed, and returns their names. A model in use is left alone.
///
/// # Errors
/// When the registry cannot be reached, or files cannot be removed.
pub async fn finish_model_removals(
    registry: &Registry,
    config: &Config,
    (clock, ids): (Clock, Ids),
) -> Result<Vec<String>, Error> {
    let mut finished = Vec::new();
    for (name, _) in registry.removed_models().await? {
        // Settings of its own say nothing about where its files are.
        let Ok(model) = config.created(&name, &created_folders(&name, "data")) else {
            continue;
        };
        let is_gone = match &model.model_folder {
            Location::Folder(_) => folder(&model).symlink_metadata().is_err(),
            versions => match versions.parent() {
                Some(own) => Artifacts::look(&own)?.names("").await?.is_empty(),
                None => true,
            },
        };
        if is_gone {
            continue;
        }
        let others: Vec<&ModelConfig> = config.models.values().collect();
        match clear_name(registry, &model, &others, (clock, ids)).await {
            Ok(None) | Err(Error::Registry(registry::Error::Locked { .. })) => {}
            Ok(Some(lock)) => {
                registry.release_lock(&lock).await?;
                finished.push(name);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(finished)
}

/// The folder below which all of a created model's own files are, but for logs.
fn folder(config: &ModelConfig) -> PathBuf {
    config.project.join(CREATED_FOLDER).join(&config.name)
}

/// The other model that has a folder of its own below the model's.
fn sharer<'a>(config: &ModelConfig, others: &[&'a ModelConfig]) -> Option<&'a ModelConfig> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let own = folder(config);
    let (real_own, name) = (real(&own), &config.name);
    let found = others.iter().find(|other| {
        let folders = [
            other.input_folder.here(),
            other.output_folder.here(),
            other.test_folder.here(),
            other.model_folder.here(),
            other.deployment_folder.here(),
        ];
        let is_below = |path: &Path| path.starts_with(&own) || real(path).starts_with(&real_own);
        other.name != *name && folders.iter().any(|path| is_below(path))
    });
    found.copied()
}

/// Removes a model's files. Its folder goes last: as long as that is there, the removal is not finished.
async fn remove_files(config: &ModelConfig, others: &[&ModelConfig]) -> Result<(), Error> {
    if let Some(other) = sharer(config, others) {
        return Err(Error::Shared {
            model: config.name.clone(),
            other: other.name.clone(),
        });
    }
    // `a.b` and `a-b` have their rows in files of the same names; then those stay until they are old.
    let plain = plain_name(&config.name);
    let is_alike = |it: &&ModelConfig| it.name != config.name && plain_name(&it.name) == plain;
    if !others.iter().any(is_alike) {
        retain::remove_prediction_logs(config).await?;
    }
    // Below a URL, too, if that is where they are; the folder here goes last.
    if let (None, Some(own)) = (config.model_folder.folder(), config.model_folder.parent()) {
        Artifacts::look(&own)?.remove_folder("").await?;
    }
    let path = folder(config);
    match std::fs::remove_dir_all(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Disk {
            action: "remove",
            path,
            source,
        }),
        _ => Ok(()),
    }
}
