//! Replays past decisions under another policy, over the per-row predictions that were stored with each version.

use polars::prelude::DataFrame;
use serde::Serialize;

use super::beyond::stored;
use super::error::Error;
use super::score::from_prediction_frame;
use super::scores::ScoreRecord;
use super::{Env, deploy, versions};
use crate::config::policy::Policy;
use crate::gate::Decision;
use crate::gate::two_keys::Assumptions;
use crate::model_types::VersionNumber;
use crate::registry::VersionState;

/// One past decision under another policy.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayRow {
    /// The version that was decided on.
    pub version: VersionNumber,
    /// The champion it was checked against.
    pub champion: Option<VersionNumber>,
    /// What was decided then.
    pub then: crate::gate::Verdict,
    /// What the other policy says on the same predictions.
    pub now: crate::gate::Verdict,
    /// The whole decision under the other policy.
    pub decision: Decision,
}

/// A decision taken again, under its own policy, with nothing but what was stored of it: scores, predictions as they are in
/// `predictions.parquet`, and what is in `evidence.parquet`.
///
/// # Errors
/// When a column is missing.
pub fn decided_again(
    decision: &Decision,
    score: ScoreRecord,
    predictions: &DataFrame,
    evidence: Option<&DataFrame>,
) -> Result<Decision, Error> {
    let mut scored = from_prediction_frame(score, predictions)?;
    if let Some(frame) = evidence {
        scored.beyond = stored::from_frame(frame)?;
    }
    scored.beyond.assumed = assumed(decision);
    Ok(deploy::decide_under(
        &scored,
        &decision.facts,
        &decision.policy,
    ))
}

/// The constants that a decision took for granted: later programs may begin with others.
fn assumed(decision: &Decision) -> Option<Assumptions> {
    decision.judgement.as_ref().map(|it| it.assumptions)
}

/// Every stored decision of a model under `policy`, oldest first, and the versions that have none with the reason. Each is
/// checked against the champion it had then, not against the one that the other policy would have made.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn replay(
    env: &Env,
    policy: &Policy,
) -> Result<(Vec<ReplayRow>, Vec<(VersionNumber, String)>), Error> {
    let mut rows = Vec::new();
    let mut without = Vec::new();
    let mut all = env.registry.versions(&env.config.name).await?;
    all.reverse();
    for version in all
        .iter()
        .filter(|version| version.state == VersionState::Ready)
    {
        let then = match versions::read_decision(env, version).await {
            Ok(decision) => decision,
            Err(error) => {
                without.push((version.number, error.to_string()));
                continue;
            }
        };
        let mut scored = match versions::read_scored(env, version).await {
            Ok(scored) => scored,
            Err(error) => {
                without.push((version.number, error.to_string()));
                continue;
            }
        };
        scored.beyond.assumed = assumed(&then);
        let decision = deploy::decide_under(&scored, &then.facts, policy);
        rows.push(ReplayRow {
            version: version.number,
            champion: scored.record.champion.as_ref().map(|side| side.version),
            then: then.verdict,
            now: decision.verdict,
            decision,
        });
    }
    Ok((rows, without))
}
