//! `unseat restore`: a backup put in the place of what is there, all of it or nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::files::{beside, clear, copy_file, copy_folder, disk, files_below};
use super::journal::{self, Move};
use super::list::Cut;
use super::{BackedUp, DATABASE, verify};
use crate::artifacts::Artifacts;
use crate::clock::stamp;
use crate::config::{Config, ModelConfig};
use crate::model_types::Location;
use crate::pipeline::error::{Error, fault};
use crate::pipeline::manifest;
use crate::registry::{Error as RegistryError, Registry};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restored {
    /// When the backup was made.
    pub made_at: String,
    /// What it held of each model.
    pub models: Vec<BackedUp>,
    /// Where what was there before is now.
    pub aside: Vec<String>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// What a restore may replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replaces {
    /// What is there: it is moved aside.
    pub what_is_there: bool,
    /// The database under servers, which continue with the restored one.
    pub under_servers: bool,
}

/// Puts a backup in the place of what the settings name. What is there is only moved aside, and only when it is forced.
///
/// # Errors
/// When the backup is not whole; when something is there and it is not forced; when a run is under way, or a process of the project
/// runs that would go on with what is replaced. Nothing was changed then.
pub async fn restore(
    config: &Config,
    from: &Path,
    replaces: Replaces,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Restored, Error> {
    let Some(database) = config.database_file() else {
        return Err(Error::Registry(RegistryError::NotOnServer {
            action: "put a backup in the place of the project",
        }));
    };
    let backup = verify(from)?;
    let known = Registry::look(&from.join(DATABASE)).await?;
    let created = known.created_models().await?;
    known.close().await;
    let mut all = config.clone();
    for model in created {
        // One whose settings cannot be used is reported when it is to be used.
        let _ = all.add_created(&model.name, &model.settings);
    }
    check_free(&all, &database, replaces, now.timestamp_millis()).await?;
    let mut notes = Vec::new();
    let mut moves = Vec::new();
    let ending = format!("before-restore-{}", stamp(now));
    for model in &backup.models {
        match all.models.get(&model.model) {
            Some(settings) => stage(from, settings, model, &ending, &mut moves).await?,
            None => notes.push(format!(
                "`{}` is in the backup and no setting names it; its folders are not restored",
                model.model
            )),
        }
    }
    let place = database;
    let ready = beside(&place, ".restore");
    whole(copy_file(&from.join(DATABASE), &ready))?;
    moves.push(Move {
        aside: aside(&place, &ending),
        ready,
        place,
        with: vec!["-wal".to_string(), "-shm".to_string()],
    });
    fault("restore.staged")?;
    let there = moves.iter().filter(|one| one.place.exists());
    let there: Vec<String> = there.map(|one| one.aside.display().to_string()).collect();
    journal::decide(&config.project, &moves)?;
    Ok(Restored {
        made_at: backup.made_at,
        models: backup.models,
        aside: there,
        notes,
    })
}

/// Fails where something that lives would be replaced.
async fn check_free(
    config: &Config,
    database: &Path,
    replaces: Replaces,
    now_ms: i64,
) -> Result<(), Error> {
    if database.exists()
        && let Ok(registry) = Registry::look(database).await
    {
        let mut found = registry.at_work(now_ms).await?;
        registry.close().await;
        found.retain(|it| !(replaces.under_servers && it.is_server_alone()));
        if !found.is_empty() {
            return Err(Error::Registry(RegistryError::AtWork {
                action: "put a backup in the place of the project",
                found,
            }));
        }
    }
    if replaces.what_is_there {
        return Ok(());
    }
    let mut there: Vec<PathBuf> = Vec::new();
    if database.exists() {
        there.push(database.to_path_buf());
    }
    for model in config.models.values() {
        if manifest::manifest(&model.deployment_folder)
            .await?
            .is_some()
        {
            there.push(model.deployment_folder.shown());
        }
        let versions = Artifacts::look(&model.model_folder)?;
        if !versions.names(&model.name).await?.is_empty() {
            there.push(versions.shown(&model.name));
        }
    }
    let Some(first) = there.first() else {
        return Ok(());
    };
    Err(Error::Backup(format!(
        "restore: {} is there, and would be replaced; `--force` moves it aside, and everything else that is in the way",
        first
            .strip_prefix(&config.project)
            .unwrap_or(first)
            .display()
    )))
}

/// Copies a model's folders beside their places, and what belongs into a store there: nothing speaks of it before the database does.
async fn stage(
    from: &Path,
    settings: &ModelConfig,
    model: &BackedUp,
    ending: &str,
    moves: &mut Vec<Move>,
) -> Result<(), Error> {
    let own = from.join("models").join(&model.model);
    let mut folders = vec![
        ("versions", settings.model_folder.join(&settings.name)),
        ("production", settings.deployment_folder.clone()),
    ];
    if model.is_created {
        folders.push(("source", settings.input_folder.clone()));
        folders.push(("test", settings.test_folder.clone()));
    }
    for (part, place) in folders {
        let source = own.join(part);
        if !source.exists() {
            continue;
        }
        let Location::Folder(place) = place else {
            // The champion's copy is made again by the next run.
            if part != "production" {
                upload(&source, &place).await?;
            }
            continue;
        };
        let ready = beside(&place, ".restore");
        clear(&ready)?;
        std::fs::create_dir_all(&ready).map_err(disk("make", &ready))?;
        whole(copy_folder(&source, &ready))?;
        moves.push(Move {
            aside: aside(&place, ending),
            ready,
            place,
            with: Vec::new(),
        });
    }
    // Data sets that are there stay: the names of two never meet, and what is not known is left alone.
    let datasets = own.join("datasets");
    let Location::Folder(output) = &settings.output_folder else {
        return upload(&datasets, &settings.output_folder).await;
    };
    for entry in std::fs::read_dir(&datasets).into_iter().flatten().flatten() {
        let place = output.join(entry.file_name());
        let ready = beside(&place, ".restore");
        whole(copy_file(&entry.path(), &ready))?;
        moves.push(Move {
            aside: aside(&place, ending),
            ready,
            place,
            with: Vec::new(),
        });
    }
    Ok(())
}

/// Writes every file below a folder to a place.
async fn upload(from: &Path, to: &Location) -> Result<(), Error> {
    let to = Artifacts::look(to)?;
    for path in files_below(from).map_err(disk("read", from))? {
        let below = path.strip_prefix(from).unwrap_or(&path);
        to.put_from_file(&below.to_string_lossy(), &path).await?;
    }
    Ok(())
}

fn whole(done: Result<(), Cut>) -> Result<(), Error> {
    done.map_err(|cut| match cut {
        Cut::Failed(error) => error,
        Cut::Gone => Error::Backup(
            "restore: a file of the backup went while it was copied; nothing was changed"
                .to_string(),
        ),
    })
}

fn aside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{ending}"));
    place.with_file_name(name)
}
