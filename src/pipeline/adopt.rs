//! `unseat adopt`: the registry rebuilt from the folders. Version folders give numbers, bundles, scores and verdicts, the manifest
//! in `prod_deployment_path` gives the champion. Every bundle is verified; what is known already stays as it is.

mod datasets;
mod found;
mod record;

pub use record::write_record;

use serde::Serialize;

use self::found::{Found, find};
use super::{Env, Error, fault, lost, production, versions};
use crate::registry::{Adoption, Lock, Operation, VersionState};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Adopt {
    /// Say what would be done, and change nothing.
    pub dry_run: bool,
    /// The version in production, where no manifest tells.
    pub champion: Option<i64>,
    /// Who asks.
    pub actor: String,
}

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
    pub champion: Option<i64>,
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
    pub version: i64,
    /// Its folder.
    pub folder: String,
    /// The verdict in its `decision.json`.
    pub verdict: Option<String>,
}

/// Puts into the registry what stands in the model's folders and is not known there.
///
/// # Errors
/// When a run is under way; [`Error::Lost`] when what is deployed is another model's, or damaged and nowhere else; when nothing
/// tells which version was the champion.
pub async fn adopt(env: &Env, asked: &Adopt) -> Result<Adopted, Error> {
    if asked.dry_run {
        let found = find(env, asked).await?;
        return told(env, asked, &found).await;
    }
    let id = env.new_run_id();
    let now_ms = env.clock.now_ms();
    let lock = env
        .registry
        .take_lock(&env.config.name, &id, now_ms)
        .await?;
    let done = locked(env, &lock, asked).await;
    let released = env.registry.release_lock(&lock).await;
    // What went wrong first is what the user has to know.
    let adopted = done?;
    released?;
    Ok(adopted)
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
            verdict: version.verdict.clone(),
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

/// The operations that make versions champions: those that the gate promoted, in order, and last the one in production. Where
/// operations are known already, only the last.
async fn operations(
    env: &Env,
    asked: &Adopt,
    adoption: &Adoption,
    champion: Option<(i64, i64)>,
) -> Result<Vec<Operation>, Error> {
    let Some((champion, since_ms)) = champion else {
        return Ok(Vec::new());
    };
    let known = env.registry.operations(&env.config.name).await?;
    let before = known.iter().find_map(|operation| operation.version);
    if before == Some(champion) {
        return Ok(Vec::new());
    }
    let mut promoted: Vec<(i64, i64)> = Vec::new();
    if known.is_empty() {
        let by_gate = adoption.versions.iter();
        let by_gate = by_gate.filter(|it| it.verdict.as_deref() == Some("promote"));
        promoted.extend(by_gate.map(|it| (it.number, it.created_ms)));
        promoted.retain(|(number, _)| *number != champion);
        promoted.sort_by_key(|(number, at_ms)| (*at_ms, *number));
        promoted.retain(|(_, at_ms)| *at_ms <= since_ms);
    }
    promoted.push((champion, since_ms));
    let mut previous = before;
    let mut operations = Vec::new();
    for (version, at_ms) in promoted {
        operations.push(Operation {
            action: "promote".to_string(),
            version: Some(version),
            previous,
            reason: "adopted from the folders".to_string(),
            actor: asked.actor.clone(),
            run: None,
            at_ms,
        });
        previous = Some(version);
    }
    Ok(operations)
}

/// Nothing tells which version was the champion, and a guess could put a worse one into service.
async fn champion_unknown(env: &Env, adoption: &Adoption) -> Result<Error, Error> {
    let rows = adoption.versions.iter();
    let promoted = rows.filter(|version| version.verdict.as_deref() == Some("promote"));
    let newest = promoted.map(|version| version.number).max();
    let newest = newest.map_or(String::new(), |number| {
        format!("; the newest that the gate promoted is {number}")
    });
    let whole = adoption.versions.iter();
    let whole = whole.filter(|version| version.state == VersionState::Ready);
    let numbers: Vec<_> = whole.map(|version| version.number.to_string()).collect();
    Ok(Error::Lost(Box::new(lost::Lost {
        what: format!(
            "{} has no manifest.json, so nothing tells which version of `{}` was the champion; there is {}{newest}",
            env.named(&env.config.deployment_folder),
            env.config.name,
            numbers.join(", ")
        ),
        next: "add `--champion VERSION`".to_string(),
    })))
}

/// The run whose data set a version was trained on, as [`versions::dataset_run`] reads it.
fn dataset_run(version: &crate::registry::VersionRow) -> String {
    versions::dataset_run(version).to_string()
}
