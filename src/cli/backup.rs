//! `backup` and `restore`: all that is needed to serve and to continue, in one folder.

use std::path::PathBuf;

use clap::Args;

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::pipeline::{self, BackedUp};

#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Folder to write, which is not there yet
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Folder that `unseat backup` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Move aside what is there
    #[arg(long)]
    force: bool,
    /// Leave servers (`unseat serve`) as they run: they continue with the restored database within a second
    #[arg(long)]
    keep_servers: bool,
}

pub async fn backup(global: &Global, args: &BackupArgs) -> Result<u8, Failure> {
    let (config, registry) = context::project(global, &[]).await?;
    let mut envs = Vec::new();
    for model in config.models.values() {
        envs.push(context::env(global, &registry, model.clone()).await?);
    }
    context::warn_of_unnamed(global, &config, &registry).await?;
    let now_ms = context::clock()?.now_ms();
    let done = pipeline::backup(&config, &registry, &envs, &args.folder, now_ms).await;
    registry.close().await;
    let backup = done?;
    if global.json {
        output::line(&backup);
        return Ok(failure::DONE);
    }
    say_models(&backup.models);
    for note in &backup.notes {
        output::say(&format!("note: {}", output::plain(note)));
    }
    let bytes: u64 = backup.files.iter().map(|file| file.bytes).sum();
    output::say(&format!(
        "{} files, {} bytes, written to {} and read back",
        output::thousands(backup.files.len() as u64),
        output::thousands(bytes),
        args.folder.display()
    ));
    Ok(failure::DONE)
}

pub async fn restore(global: &Global, args: &RestoreArgs) -> Result<u8, Failure> {
    let project = context::folder(global);
    let settings = project.join("config.json");
    let theirs = args.folder.join("config.json");
    let store = |action: String| {
        move |error: std::io::Error| {
            Failure::new(Kind::Store, anyhow::Error::from(error).context(action))
        }
    };
    pipeline::verify_backup(&args.folder)?;
    let is_new = !settings.exists();
    if is_new {
        let failed = || store(format!("write {}", settings.display()));
        std::fs::create_dir_all(&project).map_err(failed())?;
        std::fs::copy(&theirs, &settings).map_err(failed())?;
    }
    let config = context::load(global, &[])?;
    pipeline::finish_restore(&config.project)?;
    let now = context::clock()?.now();
    let replaces = pipeline::Replaces {
        what_is_there: args.force,
        under_servers: args.keep_servers,
    };
    let restored = pipeline::restore(&config, &args.folder, replaces, now).await?;
    if global.json {
        output::line(&restored);
        return Ok(failure::DONE);
    }
    say_models(&restored.models);
    let differs = std::fs::read(&theirs).ok() != std::fs::read(&settings).ok();
    if !is_new && differs {
        output::say(&format!(
            "note: config.json is not the one of the backup, and stays; {} has that",
            theirs.display()
        ));
    }
    for note in &restored.notes {
        output::say(&format!("note: {}", output::plain(note)));
    }
    for path in &restored.aside {
        output::say(&format!("put aside: {path}"));
    }
    output::say(&format!(
        "restored what was backed up at {}",
        restored.made_at
    ));
    Ok(failure::DONE)
}

fn say_models(models: &[BackedUp]) {
    for model in models {
        let champion = match model.champion {
            Some(version) => format!("version {version} is the champion"),
            None => "there is no champion".to_string(),
        };
        let n = model.versions.len();
        let versions = if n == 1 { "version" } else { "versions" };
        output::say(&format!(
            "{}  {n} {versions}; {champion}",
            output::bold(&model.model)
        ));
    }
}
