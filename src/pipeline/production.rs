//! The champion's copy in `production_deployment/`: rebuilt whole and swapped; the registry is the truth.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::score::to_json;
use super::{Env, Error, Event, lost, versions};
use crate::artifacts::swap;
use crate::clock::rfc3339;
use crate::text::hex;

/// `manifest.json`: which champion the copy is of, and a checksum of each of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this record's form.
    pub format_version: u32,
    /// The model.
    pub model: String,
    /// The champion.
    pub version: i64,
    /// Since when it is the champion.
    pub promoted_at: String,
    /// The run that trained it.
    pub run: String,
    /// File → SHA-256.
    pub files: Vec<(String, String)>,
}

impl Manifest {
    /// Checksum of the bundle in the copy.
    pub fn bundle_sha256(&self) -> Option<&str> {
        let mut files = self.files.iter();
        let found = files.find(|(name, _)| name == BUNDLE);
        found.map(|(_, sha256)| sha256.as_str())
    }
}

const BUNDLE: &str = "trainedmodel.json";

/// The manifest of a copy, if there is one that reads.
pub fn manifest(folder: &std::path::Path) -> Option<Manifest> {
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The bundle in the copy, if it has this checksum.
pub fn copied_bundle(env: &Env, sha256: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(env.config.deployment_folder.join(BUNDLE)).ok()?;
    (hex(&Sha256::digest(&bytes)) == sha256).then_some(bytes)
}

/// Brings the champion's bundle back into its folder from the copy, where it is gone.
pub async fn mend_champion(env: &Env) -> Result<(), Error> {
    let model = &env.config.name;
    let Some(champion) = env.registry.champion(model).await? else {
        return Ok(());
    };
    let Some(version) = env.registry.version(model, champion.version).await? else {
        return Ok(());
    };
    let key = env.version_key(&version.folder, BUNDLE);
    let expected = version.bundle_sha256.as_deref().unwrap_or_default();
    if env.models.path(&key).exists() {
        return Ok(());
    }
    let Some(bytes) = copied_bundle(env, expected) else {
        // Whoever needs it says so.
        return Ok(());
    };
    env.models.put(&key, bytes).await?;
    env.tell(Event::Warning(format!(
        "the bundle of version {}, the champion, was gone and is brought back from {}",
        version.number,
        env.named(&env.config.deployment_folder)
    )));
    Ok(())
}

/// Makes the copy that of the present champion, if it is not already.
///
/// # Errors
/// [`Error::Lost`] where the copy is another model's.
pub async fn publish(env: &Env) -> Result<(), Error> {
    publish_renamed(env, &env.config.name).await
}

/// The same where the copy may be that of the same model under an old name.
pub async fn publish_renamed(env: &Env, old: &str) -> Result<(), Error> {
    let model = &env.config.name;
    let Some(champion) = env.registry.champion(model).await? else {
        return Ok(());
    };
    if let Some(there) =
        manifest(&env.config.deployment_folder).filter(|it| it.model != *model && it.model != old)
    {
        return Err(Error::Lost(Box::new(
            lost::foreign(&env.config, &env.registry, &there).await?,
        )));
    }
    let version = versions::pick_version(env, &champion.version.to_string()).await?;
    let (_, bundle) = versions::bundle_bytes(env, champion.version).await?;
    // A version that was promoted by hand may never have been scored.
    let score = env
        .models
        .get(&env.version_key(&version.folder, "latestscore.txt"))
        .await
        .unwrap_or_else(|_| {
            b"undefined
"
            .to_vec()
        });
    let list = ingested_list(env, &version).await?;
    let files = [
        (BUNDLE, bundle),
        ("latestscore.txt", score),
        ("ingestedfiles.txt", list.into_bytes()),
    ];
    let manifest = Manifest {
        format_version: 1,
        model: model.clone(),
        version: champion.version,
        promoted_at: rfc3339(champion.since_ms),
        run: version.run.clone(),
        files: files
            .iter()
            .map(|(name, bytes)| (name.to_string(), hex(&Sha256::digest(bytes))))
            .collect(),
    };
    let folder = &env.config.deployment_folder;
    let failed = |source| Error::Production {
        folder: folder.clone(),
        source,
    };
    if is_current(env, &manifest) {
        return swap::clear_leftovers(folder).map_err(failed);
    }
    let manifest_bytes = to_json(&manifest)?;
    let mut all: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, bytes)| (*name, bytes.as_slice()))
        .collect();
    all.push(("manifest.json", &manifest_bytes));
    swap::replace_folder(folder, &all, || crate::faults::point("deploy.copy_written"))
        .map_err(failed)?;
    super::fault("deploy.copy_swapped")
}

/// Whether the folder holds exactly what the manifest says.
fn is_current(env: &Env, wanted: &Manifest) -> bool {
    let folder = &env.config.deployment_folder;
    let is_named = manifest(folder).is_some_and(|found| found == *wanted);
    is_named
        && wanted.files.iter().all(|(name, sha256)| {
            std::fs::read(folder.join(name))
                .is_ok_and(|bytes| hex(&Sha256::digest(&bytes)) == *sha256)
        })
}

async fn ingested_list(env: &Env, version: &crate::registry::VersionRow) -> Result<String, Error> {
    let run = versions::dataset_run(version);
    let Some(dataset) = env.registry.dataset(&env.config.name, run).await? else {
        return Ok(String::new());
    };
    let record: super::DatasetRecord =
        serde_json::from_value(dataset.record).map_err(|source| Error::Stored {
            what: format!("the record of {}", dataset.name),
            source,
        })?;
    Ok(record
        .files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.path))
        .collect())
}
