//! `train FILE --output OUT`: a model from one file to one file, with no version, no gate and no database.
//!
//! It is trained as a version would be: same settings, same reading, same checks. What is made meanwhile is in a
//! temporary folder.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use tempfile::{Builder, TempDir};

use super::global::Global;
use super::{Failure, Kind, context, failure, output, progress};
use crate::config::ModelConfig;
use crate::model_types::Location;
use crate::pipeline::{self, Env, Ids};
use crate::registry::Registry;

/// What a project says that is none.
const NO_PROJECT: &str = r#"{
  "name": "model",
  "input_folder_path": "input",
  "output_folder_path": "ingested",
  "test_data_path": "test",
  "output_model_path": "models",
  "prod_deployment_path": "production"
}
"#;

/// Trains on a file, or on a folder of files, and writes the bundle.
///
/// # Errors
/// As those of `train`; and when the file is not there or the bundle cannot be written.
pub async fn train(global: &Global, file: &Path, out: &Path) -> Result<u8, Failure> {
    let folder = tempfile::tempdir().map_err(|error| store("make a temporary folder", error))?;
    let config = settings(global, &folder, file)?;
    let registry = Registry::open(&folder.path().join("unseat.db")).await?;
    let mut env = Env::open(
        config,
        registry,
        context::clock()?,
        Ids::Seeded(0),
        progress::listener(global),
    )?;
    let trained = run(&mut env).await;
    env.registry.close().await;
    let (bytes, summary) = trained?;
    write(out, &bytes)?;
    if global.json {
        output::line(&json!({"output": out, "bytes": bytes.len(), "trained": summary}));
    } else {
        output::say(&format!(
            "trained on {}; the model is in {}; `unseat serve --bundle` serves it",
            output::plain(&file.display().to_string()),
            output::plain(&out.display().to_string())
        ));
    }
    Ok(failure::DONE)
}

/// Settings of the project, or the defaults where there is none, with every folder that is written to a temporary one.
fn settings(global: &Global, folder: &TempDir, file: &Path) -> Result<ModelConfig, Failure> {
    let place = |name: &str| folder.path().join(name);
    let kept = |name: &str| Location::Folder(place(name));
    let config = if context::file(global).exists() {
        context::load(global, &[])?
    } else {
        let alone = place("config.json");
        std::fs::write(&alone, NO_PROJECT)
            .map_err(|error| store("write settings to a temporary folder", error))?;
        let global = Global {
            project: folder.path().to_path_buf(),
            ..global.clone()
        };
        context::load(&global, &[])?
    };
    Ok(ModelConfig {
        input_folder: Location::Folder(input(folder, file)?),
        output_folder: kept("ingested"),
        model_folder: kept("models"),
        deployment_folder: kept("production"),
        ..context::model(global, &config)?
    })
}

/// A folder that holds the file alone; a folder is taken as it is.
fn input(folder: &TempDir, file: &Path) -> Result<PathBuf, Failure> {
    let whole = std::fs::canonicalize(file).map_err(|error| {
        let error = anyhow::Error::from(error).context(format!("read {}", file.display()));
        Failure::new(Kind::Data, error).hint("name a file of rows, or a folder of such files")
    })?;
    if whole.is_dir() {
        return Ok(whole);
    }
    let input = folder.path().join("input");
    // Its own name, for messages and for the format.
    let name = file.file_name().unwrap_or_default();
    std::fs::create_dir_all(&input)
        .and_then(|()| std::os::unix::fs::symlink(&whole, input.join(name)))
        .map_err(|error| store("make a temporary folder", error))?;
    Ok(input)
}

/// The bundle, and what was done.
async fn run(env: &mut Env) -> Result<(Vec<u8>, pipeline::RunReport), Failure> {
    pipeline::ingest_stage(env).await?;
    // Another run, though a fixed clock may not have gone on.
    env.ids = Ids::Seeded(1);
    let report = pipeline::train_stage(env, None, None).await?;
    let version = pipeline::pick_version(env, "latest").await?;
    let key = env.version_key(&version.folder, "trainedmodel.json");
    let bytes = env.models.get(&key).await.map_err(pipeline::Error::from)?;
    Ok((bytes, report))
}

/// Beside it first, so that a reader finds the old file or the new one; with the rights that the process gives new files.
fn write(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let beside = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(beside.unwrap_or(Path::new(".")))
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.as_file().sync_all()?;
            Ok(file)
        })
        .and_then(|file| file.persist(out).map_err(|error| error.error));
    match written {
        Ok(_) => Ok(()),
        Err(error) => Err(store(&format!("write {}", out.display()), error)),
    }
}

fn store(what: &str, error: std::io::Error) -> Failure {
    let error = anyhow::Error::from(error).context(what.to_string());
    Failure::new(Kind::Store, error)
}
