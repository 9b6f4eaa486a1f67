//! Versions that the gate would promote and that wait for approval (`gate.approval: manual`).

use serde::Serialize;
use serde_json::json;

use super::champion::checked_move;
use super::error::Error;
use super::fresh::TestData;
use super::model_lock::with_model_lock;
use super::versions::read_score;
use super::{Env, production};
use crate::model_types::{Outcome, VersionNumber};
use crate::registry::{Action, Lock, Operation, VersionRow, VersionState};

/// Versions among which one that waits is looked for; older ones were overtaken.
const NEWEST: i64 = 20;

/// A version that waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Its number.
    pub version: VersionNumber,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// Why it does not wait any more, when it does not.
    pub expired: Option<String>,
}

/// The newest version that waits for approval. Whether the test data is another one is looked at when it is approved.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn waiting(env: &Env) -> Result<Option<Waiting>, Error> {
    let Some(row) = waiting_row(env).await? else {
        return Ok(None);
    };
    let champion = env.registry.champion(&env.config.name).await?;
    let now = champion.map(|champion| champion.version);
    if now == Some(row.number) {
        return Ok(None);
    }
    let expired = match read_score(env, &row).await {
        Ok(score) => match score.champion.map(|champion| champion.version) {
            then if then == now => None,
            then => Some(format!(
                "the champion was {} when the gate decided and is {} now",
                named(then),
                named(now)
            )),
        },
        Err(_) => Some("its scores are gone".to_string()),
    };
    Ok(Some(Waiting {
        version: row.number,
        since_ms: row.created_ms,
        expired,
    }))
}

fn named(version: Option<VersionNumber>) -> String {
    version.map_or("none".to_string(), |version| format!("version {version}"))
}

/// The newest whole version, if its verdict is that it waits.
async fn waiting_row(env: &Env) -> Result<Option<VersionRow>, Error> {
    let heads = env.registry.version_heads(&env.config.name, NEWEST).await?;
    let mut whole = heads
        .into_iter()
        .filter(|row| row.state == VersionState::Ready && row.verdict.is_some());
    Ok(whole
        .next()
        .filter(|row| row.verdict == Some(Outcome::Waiting)))
}

/// Lets the version that waits in: it becomes the champion.
///
/// # Errors
/// [`Error::NotWaiting`] when none waits, another one was meant, or champion or test data are not those that it was judged by; what
/// moving the champion meets.
pub async fn approve(
    env: &Env,
    version: Option<VersionNumber>,
    reason: &str,
    actor: &str,
) -> Result<Operation, Error> {
    with_model_lock(env, &env.config.name, |lock| async move {
        let number = still_waiting(env, version).await?;
        let reason = format!("approved: {reason}");
        let id = number.to_string();
        let moved = checked_move(env, Action::Promote, Some(&id), &reason, actor).await?;
        settle(
            env,
            &lock,
            (number, "promote"),
            (&reason, actor),
            Some(&moved),
        )
        .await?;
        production::publish(env).await?;
        Ok(moved)
    })
    .await
}

/// Keeps the version that waits out. Its number.
///
/// # Errors
/// [`Error::NotWaiting`] when none waits or another one was meant.
pub async fn reject(
    env: &Env,
    version: Option<VersionNumber>,
    reason: &str,
    actor: &str,
) -> Result<VersionNumber, Error> {
    with_model_lock(env, &env.config.name, |lock| async move {
        let (number, _) = meant(env, version).await?;
        let reason = format!("rejected: {reason}");
        settle(env, &lock, (number, "reject"), (&reason, actor), None).await?;
        Ok(number)
    })
    .await
}

async fn settle(
    env: &Env,
    lock: &Lock,
    (version, verdict): (VersionNumber, &str),
    (reason, actor): (&str, &str),
    operation: Option<&Operation>,
) -> Result<(), Error> {
    let about = json!({"by": actor, "reason": reason, "at_ms": env.clock.now_ms()});
    let settled = env
        .registry
        .settle_waiting(lock, version, verdict, &about, operation);
    Ok(settled.await?)
}

/// The version that waits, when it is the one that is meant, and why it waits no longer.
async fn meant(
    env: &Env,
    version: Option<VersionNumber>,
) -> Result<(VersionNumber, Option<String>), Error> {
    let not = |why: String| Error::NotWaiting {
        model: env.config.name.clone(),
        why,
    };
    let waiting = waiting(env).await?;
    let waiting = waiting.ok_or_else(|| not("no version waits for approval".to_string()))?;
    match version {
        Some(version) if version != waiting.version => Err(not(format!(
            "version {version} does not wait; version {} does",
            waiting.version
        ))),
        _ => Ok((waiting.version, waiting.expired)),
    }
}

/// The version that waits, checked against the champion and the test data of now.
async fn still_waiting(env: &Env, version: Option<VersionNumber>) -> Result<VersionNumber, Error> {
    let (number, mut expired) = meant(env, version).await?;
    if expired.is_none() {
        let scan = super::input_scan::look(&env.config.test_folder).await?;
        let test = TestData::of(env, scan).await?;
        let then = env.registry.test_hash_of(&env.config.name, number).await?;
        if then.is_some_and(|then| then != test.hash()) {
            expired = Some("the test data is another one since".to_string());
        }
    }
    match expired {
        None => Ok(number),
        Some(why) => Err(Error::NotWaiting {
            model: env.config.name.clone(),
            why: format!("version {number} waits no longer: {why}; the next run judges again"),
        }),
    }
}
