//! deploy: scores to a verdict; only `promote` moves the champion, and only after everything is durable and verified.

use std::collections::BTreeSet;

use super::error::{Error, fault};
use super::json::to_json;
use super::scores::Scored;
use super::trained::Trained;
use super::{Dataset, Env, Event, beyond, drift, ingest, production, versions};
use crate::bundle;
use crate::config::policy::{EvidenceKind, Require};
use crate::config::{Approval, Severity};
use crate::evaluate::Metric;
use crate::gate::two_keys::{self, Learned};
use crate::gate::{self, Decision, Evidence, Facts, LetIn, Verdict};
use crate::model_types::{Outcome, RunId, VersionNumber};
use crate::registry::{Action, Conclusion, Lock, Operation};

/// What deploying came to.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// The gate's decision.
    pub decision: Decision,
    /// What came of the run: the verdict, or that a promotion was held back.
    pub outcome: Outcome,
    /// Whether the challenger is now the champion.
    pub is_champion: bool,
}

/// What a verdict is about, for the conclusion.
pub struct Work<'a> {
    /// The lock under which it may.
    pub lock: &'a Lock,
    /// The version and its bundle.
    pub trained: &'a Trained,
    /// Its data set.
    pub dataset: &'a Dataset,
    /// Hash of the test files.
    pub test_hash: &'a str,
    /// Whether it is the champion with another threshold: then no other one is looked for again.
    pub is_retuned: bool,
}

/// Decides, makes the decision durable, and moves the pointer if it says so.
///
/// # Errors
/// When a file cannot be written.
pub async fn deploy(
    env: &Env,
    run: &RunId,
    work: &Work<'_>,
    scored: &Scored,
) -> Result<(Deployed, String), Error> {
    let facts = facts(env, work, scored).await?;
    let decision = decide(env, scored, &facts);
    let folder = &work.trained.version.folder;
    env.models
        .put(
            &env.version_key(folder, "decision.json"),
            to_json(&decision)?,
        )
        .await?;
    if let (Some(wanted), Some(champion)) = (&decision.wanted, &scored.record.champion) {
        let version = &work.trained.version;
        beyond::keep_ask(env, version, champion.version, wanted, &scored.beyond).await?;
    }
    fault("deploy.decision_published")?;
    let deployed = conclude(env, run, work, decision).await?;
    production::publish(env).await?;
    let summary = match deployed.outcome {
        Outcome::Inconclusive if scored.champion.is_none() => format!(
            "held: version {} is doubtful, and there is no champion",
            work.trained.version.number
        ),
        Outcome::Waiting => format!(
            "promote: version {} waits for approval",
            work.trained.version.number
        ),
        Outcome::Promote => format!(
            "promote: version {} is the champion",
            work.trained.version.number
        ),
        other => format!("{other}: the champion stays"),
    };
    Ok((deployed, summary))
}

/// Loads the bundle back from its stored bytes and compares it with what was scored.
async fn facts(env: &Env, work: &Work<'_>, scored: &Scored) -> Result<Facts, Error> {
    let number = work.trained.version.number;
    let load_failure = match versions::bundle_bytes(env, number).await {
        Ok((sha256, _)) if sha256 != scored.record.challenger.bundle_sha256 => {
            Some("the stored bundle is not the one that was scored".to_string())
        }
        Ok((_, bytes)) => match bundle::decode(&bytes) {
            Ok(loaded) if loaded == work.trained.bundle => None,
            Ok(_) => Some("the stored bundle differs from the trained one".to_string()),
            Err(error) => Some(error.to_string()),
        },
        Err(error) => Some(error.to_string()),
    };
    let champion = match &scored.record.champion {
        Some(side) => env.registry.version(&env.config.name, side.version).await?,
        None => None,
    };
    let judged = judged(env, number, &scored.record.rows_hash).await?;
    let shadow = match &champion {
        Some(champion) if env.config.shadow.challenger => {
            let loaded = versions::load_bundle(env, champion.number).await?;
            beyond::shadow(env, &loaded.bundle, &work.trained.bundle).await?
        }
        _ => None,
    };
    fault("deploy.verified")?;
    let found = work.trained.findings.iter().chain(&scored.record.findings);
    let doubts = found.filter(|it| it.check.is_doubt() && it.severity >= Severity::Warn);
    Ok(Facts {
        load_failure,
        differs_from_champion: champion
            .is_none_or(|champion| champion.model_hash != work.trained.version.model_hash),
        leaked_rows: scored.record.leaked_rows,
        doubts: doubts.map(|finding| finding.says.clone()).collect(),
        attempts: judged.len() as u64,
        let_in: let_in(env, &judged, number).await?,
        shadow,
        is_retuned: work.is_retuned,
        fresh: scored.record.fresh.clone(),
        calibration: scored.record.calibration,
        learned: learned(env, number, scored.record.metric).await?,
        no_requests: scored.record.absent.requests.clone(),
        no_out_of_fold: scored.record.absent.out_of_fold.clone(),
    })
}

/// The versions up to this one that have been scored on these test rows: with enough attempts one passes by chance.
async fn judged(
    env: &Env,
    version: VersionNumber,
    rows_hash: &str,
) -> Result<BTreeSet<VersionNumber>, Error> {
    let scores = env.registry.scores(&env.config.name).await?;
    let on_these = scores.iter().filter(|score| score.rows_hash == rows_hash);
    let versions = on_these.map(|score| score.version);
    Ok(versions.filter(|&other| other <= version).collect())
}

/// What those before this one were let in by.
async fn let_in(
    env: &Env,
    judged: &BTreeSet<VersionNumber>,
    version: VersionNumber,
) -> Result<Option<LetIn>, Error> {
    let Some(first) = judged.first() else {
        return Ok(None);
    };
    let heads = env
        .registry
        .version_heads(&env.config.name, version.get() - first.get() + 1);
    let mut promoted = Vec::new();
    for head in heads.await? {
        let is_before = head.number < version && judged.contains(&head.number);
        if is_before && head.verdict == Some(Outcome::Promote) {
            // The files of old versions may have been cleared away.
            promoted.extend(versions::read_decision(env, &head).await.ok());
        }
    }
    Ok(LetIn::of(&promoted))
}

/// Most past decisions that constants are learned from, the newest.
const MOST_PAST: i64 = 50;

/// The constants of two keys, from past decisions on the model by the same metric, as far as they are kept. Moved thresholds are none:
/// how much they gain is no matter of training.
async fn learned(
    env: &Env,
    version: VersionNumber,
    metric: Metric,
) -> Result<Option<Learned>, Error> {
    let policy = &env.config.gate;
    if policy.require != Require::Better || policy.evidence != EvidenceKind::TwoKeys {
        return Ok(None);
    }
    let heads = env.registry.version_heads(&env.config.name, MOST_PAST + 1);
    let mut past = Vec::new();
    for head in heads.await? {
        if head.number >= version || head.verdict.is_none() {
            continue;
        }
        // The files of old versions may have been cleared away.
        let Ok(decision) = versions::read_decision(env, &head).await else {
            continue;
        };
        if decision.metric == metric && !decision.facts.is_retuned {
            past.extend(decision.judgement);
        }
    }
    Ok(two_keys::learned(&past))
}

/// The gate on the evidence of a scoring.
fn decide(env: &Env, scored: &Scored, facts: &Facts) -> Decision {
    decide_under(scored, facts, &env.config.gate)
}

/// The gate on the evidence of a scoring, under any policy.
pub fn decide_under(scored: &Scored, facts: &Facts, policy: &gate::Policy) -> Decision {
    let record = &scored.record;
    let evidence = Evidence {
        metric: record.metric,
        classes: &record.classes,
        prior: &record.prior,
        centre: record.centre.as_ref(),
        truth: &scored.truth,
        rows_hash: &record.rows_hash,
        challenger: &scored.challenger,
        champion: scored.champion.as_ref(),
        facts,
        slices: &scored.slices,
        beyond: &scored.beyond,
    };
    gate::decide(&evidence, policy)
}

async fn conclude(
    env: &Env,
    run: &RunId,
    work: &Work<'_>,
    decision: Decision,
) -> Result<Deployed, Error> {
    let model = &env.config.name;
    let version = &work.trained.version;
    let champion = env.registry.champion(model).await?;
    let is_pinned = champion.as_ref().is_some_and(|champion| champion.pinned);
    let is_manual = env.config.gate.approval == Approval::Manual;
    let frozen = match champion {
        Some(_) => drift::frozen(env).await?,
        None => None,
    };
    let promotes =
        decision.verdict == Verdict::Promote && !is_pinned && !is_manual && frozen.is_none();
    if let (Verdict::Promote, Some(why)) = (decision.verdict, &frozen) {
        env.tell(Event::Warning(why.clone()));
    }
    let outcome = match decision.verdict {
        Verdict::Promote if is_pinned => Outcome::Pinned,
        Verdict::Promote if frozen.is_some() => Outcome::Frozen,
        Verdict::Promote if is_manual => Outcome::Waiting,
        Verdict::Promote => Outcome::Promote,
        Verdict::Reject => Outcome::Reject,
        Verdict::Retune => Outcome::Retune,
        Verdict::Equivalent => Outcome::Equivalent,
        Verdict::Inconclusive => Outcome::Inconclusive,
    };
    let operation = promotes.then(|| Operation {
        action: Action::Promote,
        version: Some(version.number),
        previous: champion.as_ref().map(|champion| champion.version),
        reason: decision.reasons.first().cloned().unwrap_or_default(),
        actor: "run".to_string(),
        run: Some(run.clone()),
        at_ms: env.clock.now_ms(),
    });
    env.registry
        .conclude(&Conclusion {
            lock: work.lock,
            version: Some(version.number),
            outcome,
            data_hash: version.data_hash.as_deref().unwrap_or_default(),
            config_hash: version.config_hash.as_deref().unwrap_or_default(),
            test_hash: work.test_hash,
            files: &work.dataset.record.seen(),
            rows: &ingest::row_set(work.dataset),
            operation,
            at_ms: env.clock.now_ms(),
        })
        .await?;
    fault("deploy.promoted")?;
    Ok(Deployed {
        decision,
        outcome,
        is_champion: promotes,
    })
}
