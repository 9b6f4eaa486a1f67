//! Stored versions: finding, loading, reading back, and moving the champion by hand.

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::score::{PREDICTIONS, ScoreRecord, Scored, from_prediction_frame};
use super::{Env, Error, beyond, lost, production};
use crate::bundle::{self, Bundle};
use crate::data;
use crate::gate::Decision;
use crate::registry::{Action, Lock, Operation, VersionRow, VersionState};
use crate::text::hex;

/// A version by `latest`, `champion`, `v3` or `3`.
///
/// # Errors
/// Says which versions there are.
pub async fn pick_version(env: &Env, id: &str) -> Result<VersionRow, Error> {
    let model = &env.config.name;
    let ready: Vec<VersionRow> = env
        .registry
        .versions(model)
        .await?
        .into_iter()
        .filter(|version| version.state == VersionState::Ready)
        .collect();
    let wanted = match id {
        "latest" => ready.first().map(|version| version.number),
        "champion" => env
            .registry
            .champion(model)
            .await?
            .map(|champion| champion.version),
        number => number.trim_start_matches('v').parse().ok(),
    };
    let found = ready
        .iter()
        .find(|version| Some(version.number) == wanted)
        .cloned();
    let held = match id {
        "champion" => env.registry.held_version(model).await?,
        _ => None,
    };
    if ready.is_empty()
        && let Some(lost) = lost::look(&env.config, &env.registry).await?
    {
        return Err(Error::Lost(Box::new(lost)));
    }
    found.ok_or_else(|| {
        if let Some(held) = held {
            return Error::NothingThere(format!(
                "find the champion of `{model}`: there is none, since version {held} is held (`unseat gate explain {held}` says why); `unseat promote {held}` makes it the champion"
            ));
        }
        let there: Vec<_> = ready
            .iter()
            .rev()
            .map(|version| version.number.to_string())
            .collect();
        Error::NothingThere(if there.is_empty() {
            format!(
                "find version `{id}` of `{model}`: it has no version yet; run `unseat run` first"
            )
        } else {
            let are = if there.len() == 1 { "is only" } else { "are" };
            format!(
                "find version `{id}` of `{model}`: there {are} {}; `unseat versions` lists them",
                there.join(", ")
            )
        })
    })
}

/// Loads a version's bundle: `(number, checksum, bundle)`, verified against the registry's checksum, its own, and its
/// golden rows.
pub async fn load_bundle(env: &Env, number: i64) -> Result<(i64, String, Bundle), Error> {
    let (sha256, bytes) = bundle_bytes(env, number).await?;
    let bundle = bundle::decode(&bytes).map_err(|source| Error::Bundle {
        version: number,
        source,
    })?;
    Ok((number, sha256, bundle))
}

/// The bytes of a version's bundle, held against the registry's checksum.
pub async fn bundle_bytes(env: &Env, number: i64) -> Result<(String, Vec<u8>), Error> {
    let version = pick_version(env, &number.to_string()).await?;
    let expected = version.bundle_sha256.unwrap_or_default();
    let key = env.version_key(&version.folder, "trainedmodel.json");
    let bytes = match env.models.get(&key).await {
        Ok(bytes) => bytes,
        // The copy of the champion is as good, if it has the right checksum.
        Err(error @ crate::artifacts::Error::Gone { .. }) => {
            production::copied_bundle(env, &expected).ok_or(error)?
        }
        Err(error) => return Err(error.into()),
    };
    let found = hex(&Sha256::digest(&bytes));
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
    if !env.models.path(&key).exists() {
        return Err(Error::NothingThere(format!(
            "find {file} of version {}: it was not made; run `unseat {stage}` first",
            version.number
        )));
    }
    let bytes = env.models.get(&key).await?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Stored { what: key, source })
}

/// `decision.json` of a version.
pub async fn read_decision(env: &Env, version: &VersionRow) -> Result<Decision, Error> {
    read_json(env, version, "decision.json", "deploy").await
}

/// `score.json` of a version.
pub async fn read_score(env: &Env, version: &VersionRow) -> Result<ScoreRecord, Error> {
    read_json(env, version, "score.json", "score").await
}

/// The whole scoring of a version, per-row predictions included.
pub async fn read_scored(env: &Env, version: &VersionRow) -> Result<Scored, Error> {
    let record = read_score(env, version).await?;
    let path = env
        .models
        .path(&env.version_key(&version.folder, PREDICTIONS));
    let frame = data::read_parquet(&path)?;
    let mut scored = from_prediction_frame(record, &frame)?;
    let path = env
        .models
        .path(&env.version_key(&version.folder, beyond::FILE));
    if path.exists() {
        scored.beyond = beyond::from_frame(&data::read_parquet(&path)?)?;
    }
    Ok(scored)
}

/// The run whose data set a version was trained on.
pub fn dataset_run(version: &VersionRow) -> &str {
    let record = version.record.as_ref();
    record
        .and_then(|record| record["dataset_run"].as_str())
        .unwrap_or(&version.run)
}

/// Moves the champion by hand: `promote`, `rollback`, `pin` or `unpin`, recorded with a reason.
///
/// # Errors
/// When there is no such version, none to go back to, or another run is under way.
pub async fn move_champion(
    env: &Env,
    action: Action,
    version: Option<&str>,
    reason: &str,
    actor: &str,
) -> Result<Operation, Error> {
    let model = &env.config.name;
    let id = env.new_run_id();
    let lock = env
        .registry
        .take_lock(model, &id, env.clock.now_ms())
        .await?;
    let moved = locked_move(env, &lock, action, version, reason, actor).await;
    let released = env.registry.release_lock(&lock).await;
    // What went wrong first is what the user has to know.
    let operation = moved?;
    released?;
    Ok(operation)
}

async fn locked_move(
    env: &Env,
    lock: &Lock,
    action: Action,
    version: Option<&str>,
    reason: &str,
    actor: &str,
) -> Result<Operation, Error> {
    let model = &env.config.name;
    let champion = env.registry.champion(model).await?;
    let now = champion.as_ref().map(|champion| champion.version);
    let target = match (action, version) {
        (_, Some(id)) => Some(pick_version(env, id).await?.number),
        (Action::Rollback, None) => Some(previous(env, now).await?),
        (Action::Promote, None) => Some(pick_version(env, "latest").await?.number),
        (Action::Pin | Action::Unpin, None) => now,
    };
    let Some(target) = target else {
        return Err(Error::NothingThere(format!(
            "find a champion of `{model}`: there is none yet; run `unseat run` first"
        )));
    };
    // What is deployed may be a version that the registry does not know: who names one by hand wants it replaced. Another
    // model's stays.
    if let Some(there) = production::manifest(&env.config.deployment_folder)
        && there.model != *model
    {
        return Err(Error::Lost(Box::new(
            lost::foreign(&env.config, &env.registry, &there).await?,
        )));
    }
    // Verified before the pointer moves: bytes, parts, golden rows.
    load_bundle(env, target).await?;
    let operation = Operation {
        action: action.name().to_string(),
        version: Some(target),
        previous: now,
        reason: reason.to_string(),
        actor: actor.to_string(),
        run: None,
        at_ms: env.clock.now_ms(),
    };
    env.registry.operate(lock, &operation).await?;
    production::publish(env).await?;
    Ok(operation)
}

/// The champion before the present one. Rollbacks do not count as making a champion, so that two of them in a row go back
/// two steps and not to and fro.
async fn previous(env: &Env, now: Option<i64>) -> Result<i64, Error> {
    before(env, now).await?.ok_or_else(|| {
        Error::NothingThere(format!(
            "roll `{}` back: there was no champion before the present one; `unseat promote VERSION` makes any version the champion",
            env.config.name
        ))
    })
}

/// The version that a rollback would make the champion, if there is one.
pub(super) async fn before(env: &Env, now: Option<i64>) -> Result<Option<i64>, Error> {
    let operations = env.registry.operations(&env.config.name).await?;
    Ok(operations
        .iter()
        .filter(|operation| operation.action != Action::Rollback.name())
        .filter(|operation| operation.version == now && operation.previous != now)
        .find_map(|operation| operation.previous))
}
