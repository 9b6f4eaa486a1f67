//! Where versions come from: a project with its registry, or one folder with a bundle in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::{DATABASE, Error};
use super::pick_error::PickError;
use super::pointer::Pointer;
use super::project_source::{ProjectSource, left_out};
use super::served::Served;
use super::stored_bundle::StoredBundle;
use crate::bundle;
use crate::data::ReadOptions;
use crate::model_types::{BUNDLE, Location, Manifest, Sha256, VersionNumber};

/// Where versions come from.
pub enum Source {
    /// A project: the registry says who is the champion, the artifacts hold the bytes.
    Project(ProjectSource),
    /// A folder with a bundle, and `manifest.json` when it is a `production_deployment`.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Name of the bundle's file.
        file: String,
        /// The model's name, as the manifest or the folder says it.
        name: String,
    },
    /// The same below a URL of a store.
    Store(StoredBundle),
}

impl Source {
    /// A bundle: its file, or a folder that has it as `trainedmodel.json`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn bundle(place: &Location) -> Result<Self, Error> {
        let Location::Folder(path) = place else {
            return Ok(Source::Store(StoredBundle::open(place).await?));
        };
        let (folder, file) = match (path.is_file(), path.file_name().and_then(OsStr::to_str)) {
            (true, Some(name)) => (path.parent().unwrap_or(path), name),
            _ => (path.as_path(), BUNDLE),
        };
        let bundle = folder.join(file);
        std::fs::metadata(&bundle).map_err(|source| Error::File {
            path: bundle,
            source,
        })?;
        let name = manifest(folder, file).map(|manifest| manifest.model);
        Ok(Source::Folder {
            folder: folder.to_path_buf(),
            file: file.to_string(),
            name: name.unwrap_or_else(|| "model".to_string()),
        })
    }

    /// Names of the models.
    pub fn names(&self) -> Vec<String> {
        match self {
            Source::Project(project) => project.names(),
            Source::Folder { name, .. } => vec![name.clone()],
            Source::Store(stored) => vec![stored.name.clone()],
        }
    }

    /// What says which version is the champion, in a word.
    pub fn origin(&self) -> &'static str {
        match self {
            Source::Project(_) => DATABASE,
            Source::Folder { .. } => "folder",
            Source::Store(_) => "store",
        }
    }

    /// What changes whenever a champion or a created model may have: two cheap questions per poll, however many models there are.
    ///
    /// # Errors
    /// When the registry, the folder or the store cannot be read.
    pub async fn change_token(&self) -> Result<String, Error> {
        match self {
            Source::Project(project) => project.change_token().await,
            Source::Folder { folder, file, .. } => Ok(mark_of(&folder.join(file))),
            Source::Store(stored) => stored.mark().await,
        }
    }

    /// Who is the champion.
    ///
    /// # Errors
    /// When the registry, the folder or the store cannot be read, or what it says is no pointer.
    pub async fn pointer(&self, model: &str) -> Result<Option<Pointer>, Error> {
        match self {
            Source::Project(project) => project.pointer(model).await,
            Source::Folder { folder, file, .. } => {
                let manifest = manifest(folder, file);
                let since = manifest.as_ref().and_then(|manifest| {
                    chrono::DateTime::parse_from_rfc3339(&manifest.promoted_at).ok()
                });
                Ok(Some(Pointer {
                    version: manifest.map_or(VersionNumber::new(1), |manifest| manifest.version),
                    since_ms: since.map_or(0, |at| at.timestamp_millis()),
                    mark: mark_of(&folder.join(file)),
                }))
            }
            Source::Store(stored) => Ok(Some(stored.pointer().await?)),
        }
    }

    /// What is in a model's folders and the registry does not know, in a sentence with the next step.
    pub async fn lost(&self, model: &str) -> Option<String> {
        match self {
            Source::Project(project) => project.lost(model).await,
            Source::Folder { .. } | Source::Store(_) => None,
        }
    }

    /// Loads a version: checksum, parts and golden rows are verified before it is returned.
    ///
    /// # Errors
    /// When the bundle is missing, damaged, or does not answer its golden rows.
    pub async fn load(&self, model: &str, pointer: &Pointer) -> Result<Served, Error> {
        let (sha256, null_values, bundle) = match self {
            Source::Project(project) => project.load(model, pointer.version).await?,
            Source::Folder { folder, file, .. } => {
                let (sha256, bundle) = from_folder(folder, file)?;
                (sha256, ReadOptions::default().null_values, bundle)
            }
            Source::Store(stored) => {
                let (sha256, bundle) = stored.bundle().await?;
                (sha256, ReadOptions::default().null_values, bundle)
            }
        };
        if let Some(why) = left_out(&bundle) {
            let folder = self.place();
            return Err(Error::LeftOut { folder, why });
        }
        let Pointer {
            version, since_ms, ..
        } = *pointer;
        Ok(Served::new(
            model,
            version,
            since_ms,
            sha256,
            null_values,
            bundle,
        ))
    }

    /// Where bundles are, for messages.
    fn place(&self) -> PathBuf {
        match self {
            Source::Project(_) => PathBuf::new(),
            Source::Folder { folder, file, .. } => folder.join(file),
            Source::Store(stored) => stored.url.clone().into(),
        }
    }

    /// Metric and value of a version's newest score that is recorded, or that came with the bundle; empty where it is unknown.
    pub async fn scores(&self, served: &Served) -> Vec<(String, f64)> {
        let score = match self {
            Source::Project(project) => return project.scores(served).await,
            Source::Folder { folder, .. } => latest_score(folder).await,
            Source::Store(stored) => stored.score().await,
        };
        let metric = served.bundle.metric.name().to_string();
        Vec::from_iter(score.map(|score| (metric, score)))
    }

    /// Loads a version that a request asks for.
    ///
    /// # Errors
    /// When there is none, or it cannot be used.
    pub async fn version(&self, model: &str, version: VersionNumber) -> Result<Served, PickError> {
        match self {
            Source::Project(project) => project.version(model, version).await,
            Source::Folder { .. } | Source::Store(_) => Err(PickError::NoVersion),
        }
    }
}

/// The score that came with the copy of a champion.
pub async fn latest_score(folder: &Path) -> Option<f64> {
    let text = tokio::fs::read_to_string(folder.join("latestscore.txt")).await;
    let score: f64 = text.ok()?.trim().parse().ok()?;
    score.is_finite().then_some(score)
}

/// What is beside a champion's copy; a bundle under another name has none.
fn manifest(folder: &Path, file: &str) -> Option<Manifest> {
    if file != BUNDLE {
        return None;
    }
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Inode, length and time of the bundle's file; a copy that is swapped in has another inode.
fn mark_of(bundle: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let stat = std::fs::metadata(bundle);
    stat.map_or(String::new(), |stat| {
        format!(
            "{} {} {}.{}",
            stat.ino(),
            stat.len(),
            stat.mtime(),
            stat.mtime_nsec()
        )
    })
}

fn from_folder(folder: &Path, file: &str) -> Result<(Sha256, bundle::Bundle), Error> {
    let path = folder.join(file);
    let bytes = std::fs::read(&path).map_err(|source| Error::File { path, source })?;
    let found = Sha256::of(&bytes);
    let failed = |source| Error::Bundle {
        folder: folder.to_path_buf(),
        source,
    };
    let listed = manifest(folder, file).and_then(|manifest| {
        let mut files = manifest.files.into_iter();
        files.find(|(name, _)| name == BUNDLE)
    });
    if let Some((_, expected)) = listed
        && expected != found
    {
        return Err(failed(bundle::Error::Checksum { expected, found }));
    }
    let bundle = bundle::decode(&bytes).map_err(failed)?;
    Ok((found, bundle))
}
