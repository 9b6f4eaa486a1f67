//! The champion's copy in `production_deployment/`: rebuilt whole and swapped; the registry is the truth.

use std::path::Path;

use super::error::Error;
use super::json::to_json;
use super::manifest::{BUNDLE, MANIFEST, copied_bundle, manifest};
use super::trained::dataset_run;
use super::{Env, Event, lost, versions};
use crate::artifacts::{self, Artifacts, swap};
use crate::clock::rfc3339;
use crate::model_types::Manifest;
use crate::model_types::{Location, Sha256};

/// Brings the champion's bundle back into its folder from the copy, where it is gone.
///
/// # Errors
/// When the registry cannot be reached or a file cannot be written.
pub async fn mend_champion(env: &Env) -> Result<(), Error> {
    let model = &env.config.name;
    let Some(champion) = env.registry.champion(model).await? else {
        return Ok(());
    };
    let Some(version) = env.registry.version(model, champion.version).await? else {
        return Ok(());
    };
    let key = env.version_key(&version.folder, BUNDLE);
    let expected = version.bundle_sha256.clone().unwrap_or_default();
    if env.models.exists(&key).await? {
        return Ok(());
    }
    let Some(bytes) = copied_bundle(env, &expected).await? else {
        // What needs it reports it.
        return Ok(());
    };
    env.models.put(&key, bytes).await?;
    env.tell(Event::Warning(format!(
        "the bundle of version {}, the champion, was gone and is brought back from {}",
        version.number,
        env.place(&env.config.deployment_folder)
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
///
/// # Errors
/// When the registry cannot be reached or a file cannot be written.
pub async fn publish_renamed(env: &Env, old: &str) -> Result<(), Error> {
    let model = &env.config.name;
    let Some(champion) = env.registry.champion(model).await? else {
        return Ok(());
    };
    if let Some(there) = manifest(&env.config.deployment_folder)
        .await?
        .filter(|it| it.model != *model && it.model != old)
    {
        return Err(Error::Lost(Box::new(
            lost::foreign(&env.config, &env.registry, &there).await?,
        )));
    }
    let version = versions::version_of(env, champion.version).await?;
    let (_, bundle) = versions::bundle_bytes(env, champion.version).await?;
    // A version that was promoted by hand may never have been scored.
    let key = env.version_key(&version.folder, "latestscore.txt");
    let score = match env.models.get(&key).await {
        Err(artifacts::Error::Gone { .. }) => b"undefined\n".to_vec(),
        score => score?,
    };
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
            .map(|(name, bytes)| (name.to_string(), Sha256::of(bytes)))
            .collect(),
        folder: None,
    };
    let Location::Folder(folder) = &env.config.deployment_folder else {
        return upload(env, manifest, &files).await;
    };
    let failed = |source| Error::Production {
        folder: folder.clone(),
        source,
    };
    if is_current(env, folder, &manifest).await? {
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
    super::error::fault("deploy.copy_swapped")
}

/// Whether the folder holds exactly what the manifest says.
async fn is_current(env: &Env, folder: &Path, wanted: &Manifest) -> Result<bool, Error> {
    let found = manifest(&env.config.deployment_folder).await?;
    Ok(found.is_some_and(|found| found == *wanted)
        && wanted.files.iter().all(|(name, sha256)| {
            std::fs::read(folder.join(name)).is_ok_and(|bytes| Sha256::of(&bytes) == *sha256)
        }))
}

/// The copy in a store. Its files go below a name of their own, by what is in them; one object, the manifest, then says which they
/// are, so that a reader finds the old ones or the new ones. Those before the last ones are removed.
async fn upload(env: &Env, mut manifest: Manifest, files: &[(&str, Vec<u8>)]) -> Result<(), Error> {
    let place = &env.config.deployment_folder;
    let whole = Sha256::of(to_json(&manifest.files)?);
    manifest.folder = Some(format!("v{}_{}", manifest.version, &whole[..12]));
    let before = super::manifest::manifest(place).await?;
    if before.as_ref() == Some(&manifest) {
        return Ok(());
    }
    let copy = Artifacts::look(place)?;
    for (name, bytes) in files {
        copy.put_new(&manifest.key(name), bytes.clone()).await?;
    }
    crate::faults::point("deploy.copy_written").map_err(|source| Error::Production {
        folder: place.shown(),
        source,
    })?;
    copy.put(MANIFEST, to_json(&manifest)?).await?;
    super::error::fault("deploy.copy_swapped")?;
    let kept = [before.and_then(|it| it.folder), manifest.folder];
    for name in copy.names("").await? {
        if name != MANIFEST && !kept.iter().flatten().any(|folder| *folder == name) {
            copy.remove_folder(&name).await?;
        }
    }
    Ok(())
}

async fn ingested_list(env: &Env, version: &crate::registry::VersionRow) -> Result<String, Error> {
    let run = dataset_run(version);
    let Some(dataset) = env.registry.dataset(&env.config.name, &run).await? else {
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
