//! `export`: a version in a form that other programs read.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::global::Global;
use super::{Failure, Kind, context, failure, output};
use crate::bundle::Bundle;
use crate::export::{self, About};
use crate::model_types::VersionNumber;
use crate::pipeline;
use crate::serve::Source;

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Form of the file
    #[arg(long, value_enum, value_name = "FORM")]
    format: Format,
    /// File to write; without it, or with `-`, stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
}

/// Which version a command is about.
#[derive(Debug, Args)]
pub struct Which {
    /// Version: a number, `latest` or `champion`
    #[arg(
        long = "version",
        value_name = "VERSION",
        default_value = "champion",
        conflicts_with = "bundle"
    )]
    version: String,
    /// The same
    #[arg(value_name = "VERSION", conflicts_with_all = ["version", "bundle"])]
    place: Option<String>,
    /// Take the bundle in this folder, or this file, without a project and without a database
    #[arg(long, value_name = "DIR")]
    bundle: Option<PathBuf>,
}

impl Which {
    /// The version, however it was given.
    pub fn version(&self) -> &str {
        self.place.as_deref().unwrap_or(&self.version)
    }
}

/// Forms of an exported model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A model for onnxruntime and whatever else reads ONNX
    Onnx,
    /// One JSON object of plain numbers and names
    Json,
}

/// A version that was picked and verified.
pub struct Picked {
    /// Name of the model.
    pub model: String,
    /// Its number; `None` where it is unknown.
    pub version: Option<VersionNumber>,
    /// Its bundle.
    pub bundle: Bundle,
    /// What the project can tell of it.
    pub env: Option<pipeline::Env>,
}

impl Which {
    /// Finds, loads and verifies the version.
    pub async fn pick(&self, global: &Global) -> Result<Picked, Failure> {
        if let Some(folder) = &self.bundle {
            return of_folder(global, folder).await;
        }
        let env = context::open(global, &[]).await?;
        let row = pipeline::pick_version(&env, self.version()).await?;
        let pipeline::LoadedVersion { number, bundle, .. } =
            pipeline::load_bundle(&env, row.number).await?;
        Ok(Picked {
            model: env.config.name.clone(),
            version: Some(number),
            bundle,
            env: Some(env),
        })
    }
}

async fn of_folder(global: &Global, folder: &Path) -> Result<Picked, Failure> {
    let source = Source::bundle(&context::bundle_place(global, folder)?).await?;
    let model = source.names().concat();
    let pointer = source.pointer(&model).await?;
    let pointer = pointer.ok_or_else(|| Failure::usage("find a bundle in the folder"))?;
    let served = source.load(&model, &pointer).await?;
    let has_manifest = folder.join("manifest.json").exists() || matches!(source, Source::Store(_));
    Ok(Picked {
        model,
        version: has_manifest.then_some(served.version),
        bundle: served.bundle,
        env: None,
    })
}

pub async fn export(global: &Global, args: &ExportArgs) -> Result<u8, Failure> {
    let picked = args.which.pick(global).await?;
    let about = About {
        model: &picked.model,
        version: picked.version,
        program: env!("CARGO_PKG_VERSION"),
    };
    let bytes = match args.format {
        Format::Onnx => export::onnx(&picked.bundle, &about),
        Format::Json => export::json(&picked.bundle, &about),
    };
    let bytes = bytes.map_err(|error| Failure::new(Kind::Data, error.into()))?;
    let path = args
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    let Some(path) = path else {
        let mut stdout = std::io::stdout().lock();
        // A reader that has seen enough closes the pipe; that is not a failure.
        let _ = stdout.write_all(&bytes).and_then(|()| stdout.flush());
        return Ok(failure::DONE);
    };
    write(path, &bytes)?;
    let version = picked.version.map(|version| format!(" version {version}"));
    let size = output::thousands(bytes.len() as u64);
    if global.json {
        output::line(&serde_json::json!({
            "model": picked.model, "version": picked.version, "file": path, "bytes": bytes.len(),
        }));
    } else if !global.quiet {
        output::talk(&format!(
            "{}{}: {size} bytes written to {}",
            output::plain(&picked.model),
            version.unwrap_or_default(),
            path.display()
        ));
    }
    Ok(failure::DONE)
}

/// Writes a file whole: beside its place first, then moved there.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        let error = anyhow::Error::from(error).context(format!("write {}", path.display()));
        Failure::new(Kind::Store, error)
            .hint("name a file in a folder that is there and that you may write")
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    // It is there to be given away; what may be read by whom is the umask's to say.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
