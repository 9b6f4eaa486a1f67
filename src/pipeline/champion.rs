//! Moving the champion by hand: promote, rollback, pin and unpin.

use super::error::Error;
use super::model_lock::with_model_lock;
use super::versions::{load_bundle, pick_version};
use super::{Env, lost, manifest, production};
use crate::model_types::VersionNumber;
use crate::registry::{Action, Lock, Operation};

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
    with_model_lock(env, &env.config.name, |lock| async move {
        locked_move(env, &lock, action, version, reason, actor).await
    })
    .await
}

async fn locked_move(
    env: &Env,
    lock: &Lock,
    action: Action,
    version: Option<&str>,
    reason: &str,
    actor: &str,
) -> Result<Operation, Error> {
    let operation = checked_move(env, action, version, reason, actor).await?;
    env.registry.operate(lock, &operation).await?;
    production::publish(env).await?;
    Ok(operation)
}

/// What moving the champion would record, once everything is looked at that could speak against it. Nothing is changed yet.
///
/// # Errors
/// As [`move_champion`].
pub(super) async fn checked_move(
    env: &Env,
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
        return Err(Error::NoChampion(format!(
            "find a champion of `{model}`: there is none yet; run `unseat run` first"
        )));
    };
    // What is deployed may be a version that the registry does not know: who names one by hand wants it replaced. Another
    // model's stays.
    if let Some(there) = manifest::manifest(&env.config.deployment_folder).await?
        && there.model != *model
    {
        return Err(Error::Lost(Box::new(
            lost::foreign(&env.config, &env.registry, &there).await?,
        )));
    }
    // Verified before the pointer moves: bytes, parts, golden rows.
    load_bundle(env, target).await?;
    Ok(Operation {
        action,
        version: Some(target),
        previous: now,
        reason: reason.to_string(),
        actor: actor.to_string(),
        run: None,
        at_ms: env.clock.now_ms(),
    })
}

/// The champion before the present one. Rollbacks do not count as making a champion, so that two of them in a row go back
/// two steps and not to and fro.
pub(super) async fn previous(
    env: &Env,
    now: Option<VersionNumber>,
) -> Result<VersionNumber, Error> {
    before(env, now)
        .await?
        .ok_or_else(|| Error::NoPreviousChampion {
            model: env.config.name.clone(),
        })
}

/// The version that a rollback would make the champion, if there is one.
pub(super) async fn before(
    env: &Env,
    now: Option<VersionNumber>,
) -> Result<Option<VersionNumber>, Error> {
    let operations = env.registry.operations(&env.config.name).await?;
    Ok(operations
        .iter()
        .filter(|operation| operation.action != Action::Rollback)
        .filter(|operation| operation.version == now && operation.previous != now)
        .find_map(|operation| operation.previous))
}
