//! Stored versions: finding, loading, reading back, and moving the champion by hand.

use serde::de::DeserializeOwned;

use super::beyond::stored;
use super::error::Error;
use super::loaded_version::LoadedVersion;
use super::manifest;
use super::score::{PREDICTIONS, from_prediction_frame};
use super::scores::{ScoreRecord, Scored};
use super::version_names::version_of_name;
use super::{Env, lost};
use crate::bundle;
use crate::data;
use crate::gate::Decision;
use crate::model_types::{Sha256, VersionNumber, VersionSelector};
use crate::registry::{VersionRow, VersionState};

/// A version by `latest`, `champion`, `v3` or `3`.
///
/// # Errors
/// Says which versions there are.
pub async fn pick_version(env: &Env, id: &str) -> Result<VersionRow, Error> {
    let model = &env.config.name;
    let ready = ready_versions(env).await?;
    let selector = id.parse::<VersionSelector>().ok();
    let wanted = match selector {
        Some(VersionSelector::Latest) => ready.first().map(|version| version.number),
        Some(VersionSelector::Champion) => {
            let champion = env.registry.champion(model).await?;
            champion.map(|champion| champion.version)
        }
        Some(VersionSelector::Number(number)) => Some(number),
        None => None,
    };
    if let Some(found) = ready.iter().find(|it| Some(it.number) == wanted) {
        return Ok(found.clone());
    }
    if let Some(found) = version_of_name(env, id).await? {
        return Ok(found);
    }
    let held = match selector {
        Some(VersionSelector::Champion) => env.registry.held_version(model).await?,
        _ => None,
    };
    if let Some(held) = held.filter(|_| !ready.is_empty()) {
        return Err(Error::NoChampion(format!(
            "find the champion of `{model}`: there is none, since version {held} is held (`unseat gate explain {held}` says why); `unseat promote {held}` makes it the champion"
        )));
    }
    Err(no_version(env, id, &ready).await?)
}

/// A version by its number.
///
/// # Errors
/// Says which versions there are.
pub async fn version_of(env: &Env, number: VersionNumber) -> Result<VersionRow, Error> {
    let mut ready = ready_versions(env).await?;
    match ready.iter().position(|version| version.number == number) {
        Some(at) => Ok(ready.swap_remove(at)),
        None => Err(no_version(env, &number.to_string(), &ready).await?),
    }
}

/// The versions whose bundles are whole, the newest first.
async fn ready_versions(env: &Env) -> Result<Vec<VersionRow>, Error> {
    let mut versions = env.registry.versions(&env.config.name).await?;
    versions.retain(|version| version.state == VersionState::Ready);
    Ok(versions)
}

/// Why there is no such version, and which there are.
async fn no_version(env: &Env, id: &str, ready: &[VersionRow]) -> Result<Error, Error> {
    let model = &env.config.name;
    if ready.is_empty()
        && let Some(lost) = lost::look(&env.config, &env.registry).await?
    {
        return Ok(Error::Lost(Box::new(lost)));
    }
    let there: Vec<_> = ready
        .iter()
        .rev()
        .map(|version| version.number.to_string())
        .collect();
    Ok(Error::NoVersion(if there.is_empty() {
        format!("find version `{id}` of `{model}`: it has no version yet; run `unseat run` first")
    } else {
        let are = if there.len() == 1 { "is only" } else { "are" };
        format!(
            "find version `{id}` of `{model}`: there {are} {}; `unseat versions` lists them",
            there.join(", ")
        )
    }))
}

/// Loads a version's bundle, verified against the registry's checksum, its own, and its golden rows.
///
/// # Errors
/// When there is no such version, or its bundle is gone or damaged.
pub async fn load_bundle(env: &Env, number: VersionNumber) -> Result<LoadedVersion, Error> {
    let (sha256, bytes) = bundle_bytes(env, number).await?;
    let bundle = bundle::decode(&bytes).map_err(|source| Error::Bundle {
        version: number,
        source,
    })?;
    Ok(LoadedVersion {
        number,
        sha256,
        bundle,
    })
}

/// The champion with its bundle, if there is one.
///
/// # Errors
/// As [`load_bundle`].
pub async fn load_champion(env: &Env) -> Result<Option<LoadedVersion>, Error> {
    match env.registry.champion(&env.config.name).await? {
        Some(champion) => load_bundle(env, champion.version).await.map(Some),
        None => Ok(None),
    }
}

/// The bytes of a version's bundle, checked against the registry's checksum.
///
/// # Errors
/// When a file cannot be read.
pub async fn bundle_bytes(env: &Env, number: VersionNumber) -> Result<(Sha256, Vec<u8>), Error> {
    let version = version_of(env, number).await?;
    let expected = version.bundle_sha256.unwrap_or_default();
    let key = env.version_key(&version.folder, "trainedmodel.json");
    let bytes = match env.models.get_known(&key, &expected).await {
        Ok(bytes) => bytes,
        // The copy of the champion is as good, if it has the right checksum.
        Err(error @ crate::artifacts::Error::Gone { .. }) => {
            manifest::copied_bundle(env, &expected)
                .await?
                .ok_or(error)?
        }
        Err(error) => return Err(error.into()),
    };
    let found = Sha256::of(&bytes);
    if found != expected {
        return Err(Error::Bundle {
            version: number,
            source: bundle::Error::Checksum { expected, found },
        });
    }
    Ok((found, bytes))
}

async fn read_json<T: DeserializeOwned>(
    env: &Env,
    version: &VersionRow,
    file: &str,
    stage: &str,
) -> Result<T, Error> {
    let key = env.version_key(&version.folder, file);
    if !env.models.exists(&key).await? {
        return Err(Error::NotMade {
            file: file.to_string(),
            version: version.number,
            stage: stage.to_string(),
        });
    }
    let bytes = env.models.get(&key).await?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Stored { what: key, source })
}

/// `decision.json` of a version.
///
/// # Errors
/// When the file is missing or cannot be read.
pub async fn read_decision(env: &Env, version: &VersionRow) -> Result<Decision, Error> {
    read_json(env, version, "decision.json", "deploy").await
}

/// `score.json` of a version.
///
/// # Errors
/// When the file is missing or cannot be read.
pub async fn read_score(env: &Env, version: &VersionRow) -> Result<ScoreRecord, Error> {
    read_json(env, version, "score.json", "score").await
}

/// The whole scoring of a version, per-row predictions included.
///
/// # Errors
/// When a file cannot be read.
pub async fn read_scored(env: &Env, version: &VersionRow) -> Result<Scored, Error> {
    let record = read_score(env, version).await?;
    let key = env.version_key(&version.folder, PREDICTIONS);
    let frame = data::read_parquet(&env.models.local_copy(&key).await?)?;
    let mut scored = from_prediction_frame(record, &frame)?;
    let key = env.version_key(&version.folder, stored::FILE);
    if env.models.exists(&key).await? {
        let file = env.models.local_copy(&key).await?;
        scored.beyond = stored::from_frame(&data::read_parquet(&file)?)?;
    }
    Ok(scored)
}
