//! `unseat adopt`: the registry rebuilt from the folders. Version folders give numbers, bundles, scores and verdicts, the manifest
//! in `prod_deployment_path` gives the champion. Every bundle is verified; what is known already stays as it is.

mod asked;
mod champion;
mod datasets;
mod found;
mod record;
mod stamp;

pub use record::write_record;

use crate::model_types::{Outcome, VersionNumber};
use serde::Serialize;

use self::found::{Found, find};
use super::error::{Error, fault};
use super::model_lock::with_model_lock;
use super::{Env, production};
use crate::registry::{Lock, VersionState};
pub use asked::Adopt;

/// What was adopted, or would be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Adopted {
    /// The model.
    pub model: String,
    /// Whether it was only looked.
    pub dry_run: bool,
    /// Versions that the registry did not know, by number.
    pub versions: Vec<AdoptedVersion>,
    /// Data sets that it did not know.
    pub datasets: usize,
    /// The champion afterwards.
    pub champion: Option<VersionNumber>,
    /// Whether the champion is one by this.
    pub is_champion_adopted: bool,
    /// Folders that cannot be used, and why.
    pub left_out: Vec<String>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// One version that was adopted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdoptedVersion {
    /// Its number.
    pub version: VersionNumber,
    /// Its folder.
    pub folder: String,
    /// The verdict in its `decision.json`.
    pub verdict: Option<Outcome>,
}

/// Puts into the registry what is in the model's folders and is not known there.
///
/// # Errors
/// When a run is under way; [`Error::Lost`] when what is deployed is another model's, or damaged and nowhere else; when nothing
/// says which version was the champion.
pub async fn adopt(env: &Env, asked: &Adopt) -> Result<Adopted, Error> {
    if asked.dry_run {
        let found = find(env, asked).await?;
        return told(env, asked, &found).await;
    }
    with_model_lock(env, &env.config.name, |lock| async move {
        locked(env, &lock, asked).await
    })
    .await
}

async fn locked(env: &Env, lock: &Lock, asked: &Adopt) -> Result<Adopted, Error> {
    env.note_places().await?;
    let found = find(env, asked).await?;
    let adopted = told(env, asked, &found).await?;
    if found.is_empty() {
        return Ok(adopted);
    }
    if let Some((folder, bytes)) = &found.from_copy {
        let key = env.version_key(folder, "trainedmodel.json");
        env.models.put(&key, bytes.clone()).await?;
        fault("adopt.copied")?;
    }
    let now_ms = env.clock.now_ms();
    env.registry.adopt(lock, &found.adoption, now_ms).await?;
    fault("adopt.recorded")?;
    production::publish(env).await?;
    Ok(adopted)
}

async fn told(env: &Env, asked: &Adopt, found: &Found) -> Result<Adopted, Error> {
    let model = &env.config.name;
    let rows = found.adoption.versions.iter();
    let whole = rows.filter(|version| version.state == VersionState::Ready);
    let mut versions: Vec<AdoptedVersion> = whole
        .map(|version| AdoptedVersion {
            version: version.number,
            folder: version.folder.clone(),
            verdict: version.verdict,
        })
        .collect();
    versions.sort_by_key(|version| version.version);
    let last = found.adoption.operations.last();
    let now = env.registry.champion(model).await?;
    let now = now.map(|champion| champion.version);
    Ok(Adopted {
        model: model.clone(),
        dry_run: asked.dry_run,
        versions,
        datasets: found.adoption.datasets.len(),
        champion: last.and_then(|operation| operation.version).or(now),
        is_champion_adopted: last.is_some(),
        left_out: found.left_out.clone(),
        notes: found.notes.clone(),
    })
}
