//! Living on a disk: what is old goes, by the bounds of `retention`. What goes and why is decided in `plan.rs` on plain facts;
//! here it is done, under the model's lock. The registry is updated before files are removed, so that a crash between the two leaves
//! files that nothing speaks of, which the next time removes.

mod facts;
mod logs;
mod plan;
#[cfg(test)]
mod tests;

pub use logs::run_log;
pub use plan::{Fate, Kind, Why};

use std::path::Path;

use serde::Serialize;

use self::plan::Plan;
use super::error::{Error, fault};
use super::model_lock::with_model_lock;
use super::{Env, Event, recover};
use crate::artifacts::Artifacts;
use crate::config::ModelConfig;
use crate::model_types::VersionNumber;
use crate::registry::{Lock, OldRows, VersionState};
use crate::text::causes;

/// What was or would be done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retained {
    /// The model.
    pub model: String,
    /// Whether it was only looked.
    pub dry_run: bool,
    /// What goes, and what stays although it could; by kind, newest first.
    pub fates: Vec<Fate>,
    /// Bytes of files that go.
    pub bytes_freed: u64,
    /// Logs that are compressed.
    pub logs_packed: usize,
}

/// Removes what is old, under the model's lock.
///
/// # Errors
/// When a run is under way, or something cannot be removed; what was not removed goes the next time.
pub async fn collect(env: &Env) -> Result<Retained, Error> {
    with_model_lock(env, &env.config.name, |lock| async move {
        sweep(env, &lock).await
    })
    .await
}

/// What would go now; nothing is touched.
///
/// # Errors
/// When the registry cannot be reached or a folder cannot be listed.
pub async fn look(env: &Env) -> Result<Retained, Error> {
    let plan = plan_now(env).await?;
    let mut retained = told(env, &plan, true);
    let versions = folders(env).await?;
    for number in plan.going(Kind::Version) {
        retained.bytes_freed += env.models.size(&folder_of(env, &versions, number)).await?;
    }
    for run in plan.going(Kind::Dataset) {
        for key in facts::files_of(env, run).await? {
            retained.bytes_freed += env.datasets.size(&key).await?;
        }
    }
    for run in plan.going(Kind::Log) {
        let both = logs::both(&env.config.project, run);
        retained.bytes_freed += both.iter().map(|path| bytes_below(path)).sum::<u64>();
    }
    let requests = Artifacts::look(&env.config.prediction_log)?;
    for name in plan.going(Kind::PredictionLog) {
        retained.bytes_freed += requests.size(name).await?;
    }
    Ok(retained)
}

/// What a run does at its end. Its outcome stands whatever comes of this.
pub async fn after_run(env: &Env, lock: &Lock) {
    match sweep(env, lock).await {
        Ok(retained) if retained.bytes_freed > 0 => {
            tracing::info!(bytes = retained.bytes_freed, "old files were removed");
        }
        Ok(_) => {}
        Err(error) => {
            let parts = [vec![error.to_string()], causes(&error)].concat();
            env.tell(Event::Warning(format!(
                "what is old could not all be removed: failed to {}",
                parts.join(": ")
            )));
        }
    }
}

async fn sweep(env: &Env, lock: &Lock) -> Result<Retained, Error> {
    let holder = env.registry.holder(&lock.model).await?;
    if holder.is_none_or(|holder| holder.run != lock.run) {
        // What stands about half written may be that of the run which has the lock now.
        return Err(crate::registry::Error::LockLost {
            model: lock.model.clone(),
            run: lock.run.clone(),
        }
        .into());
    }
    recover::clear(env).await?;
    logs::clear(&env.config.project);
    let plan = plan_now(env).await?;
    let mut retained = told(env, &plan, false);
    retained.bytes_freed += remove_versions(env, lock, &plan).await?;
    retained.bytes_freed += remove_datasets(env, lock, &plan).await?;
    let rows = take_out_rows(env, lock, &plan).await?;
    for run in plan.going(Kind::Log) {
        for path in logs::both(&env.config.project, run) {
            retained.bytes_freed += remove(&path)?;
        }
        fault("retain.log_removed")?;
    }
    let requests = Artifacts::look(&env.config.prediction_log)?;
    for name in plan.going(Kind::PredictionLog) {
        retained.bytes_freed += requests.size(name).await?;
        requests.remove(name).await?;
    }
    for run in &plan.compress {
        logs::compress(&env.config.project, run)?;
    }
    if rows > 0 {
        env.registry.give_back().await?;
    }
    Ok(retained)
}

/// Removes the logs of unknown runs.
pub(super) fn remove_logs<'a>(
    project: &Path,
    runs: impl Iterator<Item = &'a String>,
) -> Result<(), Error> {
    for path in runs.flat_map(|run| logs::both(project, run)) {
        remove(&path)?;
    }
    Ok(())
}

/// Names of the closed files of a model's prediction log.
pub(super) async fn prediction_log_files(config: &ModelConfig) -> Result<Vec<String>, Error> {
    let files = facts::prediction_logs(config).await?.into_iter();
    Ok(files.map(|file| file.id).collect())
}

/// Removes the closed files of a model's prediction log.
pub(super) async fn remove_prediction_logs(config: &ModelConfig) -> Result<(), Error> {
    let requests = Artifacts::look(&config.prediction_log)?;
    for name in prediction_log_files(config).await? {
        requests.remove(&name).await?;
    }
    Ok(())
}

async fn plan_now(env: &Env) -> Result<Plan, Error> {
    let facts = facts::gather(env).await?;
    Ok(plan::plan(&facts, &env.config.retention))
}

fn told(env: &Env, plan: &Plan, dry_run: bool) -> Retained {
    Retained {
        model: env.config.name.clone(),
        dry_run,
        fates: plan.fates.clone(),
        bytes_freed: 0,
        logs_packed: plan.compress.len(),
    }
}

/// Number and folder of the versions whose files are whole.
async fn folders(env: &Env) -> Result<Vec<(VersionNumber, String)>, Error> {
    let versions = env.registry.versions(&env.config.name).await?;
    let whole = versions
        .into_iter()
        .filter(|version| version.state == VersionState::Ready);
    Ok(whole
        .map(|version| (version.number, version.folder))
        .collect())
}

fn folder_of(env: &Env, versions: &[(VersionNumber, String)], number: &str) -> String {
    let found = versions.iter().find(|(one, _)| one.to_string() == number);
    let folder = found.map_or("", |(_, folder)| folder.as_str());
    format!("{}/{folder}", env.config.name)
}

async fn remove_versions(env: &Env, lock: &Lock, plan: &Plan) -> Result<u64, Error> {
    let mut bytes = 0;
    let versions = folders(env).await?;
    for (number, folder) in &versions {
        let id = number.to_string();
        if !plan.going(Kind::Version).contains(&id.as_str()) {
            continue;
        }
        bytes += env.models.size(&folder_of(env, &versions, &id)).await?;
        env.registry.remove_version(lock, *number).await?;
        fault("retain.version_marked")?;
        env.models
            .remove_folder(&format!("{}/{folder}", env.config.name))
            .await?;
        fault("retain.version_removed")?;
    }
    Ok(bytes)
}

async fn remove_datasets(env: &Env, lock: &Lock, plan: &Plan) -> Result<u64, Error> {
    let mut bytes = 0;
    for run in plan.going(Kind::Dataset) {
        let files = facts::files_of(env, run).await?;
        env.registry
            .take_out(lock, OldRows::Datasets, &[run])
            .await?;
        fault("retain.dataset_forgotten")?;
        for key in files {
            bytes += env.datasets.size(&key).await?;
            recover::remove_data(env, &key).await?;
            fault("retain.dataset_removed")?;
        }
    }
    Ok(bytes)
}

/// Runs go after their data sets: by its run a file is known for one that nothing speaks of.
async fn take_out_rows(env: &Env, lock: &Lock, plan: &Plan) -> Result<usize, Error> {
    let mut rows = 0;
    let tables = [
        (Kind::Run, OldRows::Runs),
        (Kind::Tick, OldRows::Ticks),
        (Kind::Job, OldRows::Jobs),
    ];
    for (kind, table) in tables {
        let ids = plan.going(kind);
        if ids.is_empty() {
            continue;
        }
        env.registry.take_out(lock, table, &ids).await?;
        rows += ids.len();
        fault("retain.rows_taken_out")?;
    }
    Ok(rows)
}

/// Removes a file and returns its size; 0 if it is gone already.
fn remove(path: &Path) -> Result<u64, Error> {
    let bytes = bytes_below(path);
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Disk {
            action: "remove",
            path: path.to_path_buf(),
            source,
        }),
        _ => Ok(bytes),
    }
}

/// Bytes of a file, or of all files below a folder; none of what is not there.
fn bytes_below(path: &Path) -> u64 {
    let entries = walkdir::WalkDir::new(path).into_iter().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|found| found.len())
        .sum()
}
