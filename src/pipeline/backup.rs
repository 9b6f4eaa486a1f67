//! `unseat backup` and `unseat restore`: a folder with all that is needed to serve and to continue, whole or not there.
//!
//! `unseat.db` (a snapshot), `config.json`, per model below `models/<model>/` its `versions/`, `datasets/` and `production/`, and
//! of one that was created by request its `source/` and `test/`; `backup.json` lists every file with its checksum.

mod files;
mod journal;
mod list;
mod restore;

pub use journal::finish as finish_restore;
pub use restore::{Replaces, Restored, restore};

use std::path::Path;

use serde::{Deserialize, Serialize};

use self::files::{
    beside, clear, copy_file, copy_folder, disk, files_below, listed, sync, sync_parent,
};
use super::Env;
use super::champion;
use super::error::{Error, fault};
use super::input_scan::refresh;
use super::json::to_json;
use super::manifest;
use super::trained::dataset_run;
use crate::artifacts;
use crate::clock::rfc3339;
use crate::config::Config;
use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::registry::{Registry, VersionRow, VersionState};
pub use list::Listed;
use list::{Cut, LIST};

/// The database.
const DATABASE: &str = "unseat.db";
/// How often it is started again when a version was removed meanwhile.
const TRIES: usize = 3;

/// `backup.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backup {
    /// Version of this record's form.
    pub format_version: u32,
    /// Program that made it.
    pub program: String,
    /// When.
    pub made_at: String,
    /// What it holds of each model.
    pub models: Vec<BackedUp>,
    /// Every other file.
    pub files: Vec<Listed>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// What a backup holds of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackedUp {
    /// The model.
    pub model: String,
    /// The champion.
    pub champion: Option<VersionNumber>,
    /// Versions whose files are in it.
    pub versions: Vec<VersionNumber>,
    /// Whether it was created by request, and its data is in it.
    pub is_created: bool,
}

/// Writes a backup into a folder that is not there yet, while runs and servers continue.
///
/// # Errors
/// When the folder is there, a champion's bundle is damaged everywhere, or something cannot be written. Then there is no backup.
pub async fn backup(
    config: &Config,
    registry: &Registry,
    envs: &[Env],
    to: &Path,
    now_ms: i64,
) -> Result<Backup, Error> {
    let is_empty = std::fs::read_dir(to).map(|mut entries| entries.next().is_none());
    if to.exists() && !is_empty.unwrap_or(false) {
        return Err(Error::Backup(format!(
            "write a backup to {}: there is something; name a folder that is not there yet",
            to.display()
        )));
    }
    let part = beside(to, ".part");
    for _ in 0..TRIES {
        clear(&part)?;
        match fill(config, registry, envs, &part, now_ms).await {
            Ok(backup) => {
                fault("backup.written")?;
                let failed = disk("write", to);
                if to.exists() {
                    std::fs::remove_dir(to).map_err(&failed)?;
                }
                std::fs::rename(&part, to).map_err(&failed)?;
                sync_parent(to).map_err(&failed)?;
                fault("backup.published")?;
                return Ok(backup);
            }
            Err(Cut::Gone) => {}
            Err(Cut::Failed(error)) => {
                let _ = std::fs::remove_dir_all(&part);
                return Err(error);
            }
        }
    }
    clear(&part)?;
    Err(Error::Backup(
        "write a backup: versions were removed while they were copied, again and again; wait for the clearing to end"
            .to_string(),
    ))
}

async fn fill(
    config: &Config,
    registry: &Registry,
    envs: &[Env],
    part: &Path,
    now_ms: i64,
) -> Result<Backup, Cut> {
    std::fs::create_dir_all(part).map_err(disk("make", part))?;
    let database = part.join(DATABASE);
    registry.snapshot(&database).await?;
    fault("backup.database_copied")?;
    let then = Registry::look(&database).await?;
    let mut backup = Backup {
        format_version: 1,
        program: env!("CARGO_PKG_VERSION").to_string(),
        made_at: rfc3339(now_ms),
        models: Vec::new(),
        files: Vec::new(),
        notes: Vec::new(),
    };
    for env in envs {
        let is_created = config.created.contains(&env.config.name);
        let one = model(env, &then, part, is_created, &mut backup.notes).await?;
        backup.models.push(one);
    }
    then.close().await;
    fault("backup.models_copied")?;
    let settings = config.project.join("config.json");
    if settings.exists() {
        copy_file(&settings, &part.join("config.json"))?;
    }
    for path in files_below(part).map_err(disk("read", part))? {
        backup
            .files
            .push(listed(part, &path).map_err(disk("read", &path))?);
    }
    let list = part.join(LIST);
    let bytes = to_json(&backup)?;
    std::fs::write(&list, bytes).map_err(disk("write", &list))?;
    sync(&list).map_err(disk("write", &list))?;
    verify(part)?;
    Ok(backup)
}

/// Copies what is one model's.
async fn model(
    env: &Env,
    then: &Registry,
    part: &Path,
    is_created: bool,
    notes: &mut Vec<String>,
) -> Result<BackedUp, Cut> {
    let name = &env.config.name;
    let own = part.join("models").join(name);
    let champion = then.champion(name).await?;
    let champion = champion.map(|champion| champion.version);
    let rows = then.versions(name).await?;
    let whole = rows.iter().filter(|it| it.state == VersionState::Ready);
    let mut copied = Vec::new();
    for version in whole {
        let to = own.join("versions").join(&version.folder);
        let key = format!("{name}/{}", version.folder);
        match env.models.folder(&key).await.map_err(Error::from)? {
            Some(folder) => copy_folder(&folder, &to)?,
            None => env
                .models
                .fetch_folder(&key, &to)
                .await
                .map_err(gone_is_cut)?,
        }
        if is_whole(env, version, &to, champion == Some(version.number)).await? {
            copied.push(version.number);
        } else {
            notes.push(format!(
                "`{name}`: version {} is damaged or gone; its bundle is not what the database says",
                version.number
            ));
        }
    }
    let before = match champion {
        Some(champion) => champion::before(env, Some(champion)).await?,
        None => None,
    };
    let needed = rows
        .iter()
        .filter(|it| [champion, before].contains(&Some(it.number)));
    let mut runs: Vec<RunId> = needed.map(dataset_run).collect();
    runs.extend(then.latest_dataset(name).await?.map(|dataset| dataset.run));
    runs.sort();
    runs.dedup();
    for run in runs {
        if let Some(dataset) = then.dataset(name, &run).await? {
            for file in [dataset.name, format!("ingestedfiles_{run}.txt")] {
                if env.datasets.exists(&file).await.map_err(Error::from)? {
                    let from = env.datasets.local_copy(&file).await.map_err(gone_is_cut)?;
                    copy_file(&from, &own.join("datasets").join(file))?;
                }
            }
        }
    }
    // The copy in a store is made again by the first process that uses what is restored.
    if let Some(copy) = env.config.deployment_folder.folder()
        && manifest::manifest(&env.config.deployment_folder)
            .await?
            .is_some()
    {
        copy_folder(copy, &own.join("production"))?;
    }
    if is_created {
        copy_folder(
            &refresh(&env.config.input_folder).await?,
            &own.join("source"),
        )?;
        copy_folder(&refresh(&env.config.test_folder).await?, &own.join("test"))?;
    }
    Ok(BackedUp {
        model: name.clone(),
        champion,
        versions: copied,
        is_created,
    })
}

/// Files that disappeared while they were copied are told apart from files that cannot be read.
fn gone_is_cut(error: artifacts::Error) -> Cut {
    match error {
        artifacts::Error::Gone { .. } => Cut::Gone,
        error => Cut::Failed(error.into()),
    }
}

/// Whether a version's copied bundle is the one that the registry knows. The champion's comes from its deployed copy if need be.
async fn is_whole(
    env: &Env,
    version: &VersionRow,
    to: &Path,
    is_champion: bool,
) -> Result<bool, Cut> {
    let path = to.join("trainedmodel.json");
    let expected = version.bundle_sha256.clone().unwrap_or_default();
    let found = std::fs::read(&path).map(Sha256::of);
    if found.is_ok_and(|found| found == expected) {
        return Ok(true);
    }
    if !is_champion {
        return Ok(false);
    }
    let Some(bytes) = manifest::copied_bundle(env, &expected).await? else {
        return Err(Cut::Failed(Error::Backup(format!(
            "back `{}` up: the bundle of version {}, the champion, is damaged or gone in its folder and in its copy",
            env.config.name, version.number
        ))));
    };
    std::fs::create_dir_all(to).map_err(disk("make", to))?;
    std::fs::write(&path, bytes).map_err(disk("write", &path))?;
    sync(&path).map_err(disk("write", &path))?;
    Ok(true)
}

/// Reads every file of a backup and checks it against the list.
///
/// # Errors
/// Names the first file that is not what the list says.
pub fn verify(folder: &Path) -> Result<Backup, Error> {
    let list = folder.join(LIST);
    let bytes = std::fs::read(&list).map_err(disk("read", &list))?;
    let backup: Backup = serde_json::from_slice(&bytes).map_err(|source| Error::Stored {
        what: list.display().to_string(),
        source,
    })?;
    let wrong =
        |what: String| Error::Backup(format!("use the backup {}: {what}", folder.display()));
    if backup.format_version > 1 {
        return Err(wrong("a newer program made it".to_string()));
    }
    for file in &backup.files {
        let is_below = Path::new(&file.path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !is_below {
            return Err(wrong(format!(
                "its list names `{}`, which is not below it",
                file.path
            )));
        }
        let found = listed(folder, &folder.join(&file.path));
        if found.is_ok_and(|found| found == *file) {
            continue;
        }
        return Err(wrong(format!(
            "{} is gone or is not what {LIST} says",
            file.path
        )));
    }
    if !backup.files.iter().any(|file| file.path == DATABASE) {
        return Err(wrong("it has no database".to_string()));
    }
    Ok(backup)
}
