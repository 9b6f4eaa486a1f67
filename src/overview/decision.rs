//! The gate's last decision in the few numbers that a person looks at.

use serde::Serialize;

use crate::evaluate::Metric;
use crate::gate::Decision;
use crate::gate::two_keys::{Origin, ROPE};
use crate::model_types::VersionNumber;
use crate::pipeline::{self, Env, Error};
use crate::registry::VersionState;

/// The gate's last decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionStatus {
    /// The version that it was about.
    pub version: VersionNumber,
    /// `promote`, `reject`, `retune`, `equivalent` or `inconclusive`.
    pub verdict: &'static str,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// The metric decided on.
    pub metric: Metric,
    /// Its value for the challenger.
    pub challenger: Option<f64>,
    /// Its value for the champion on the same rows.
    pub champion: Option<f64>,
    /// Challenger minus champion, signed so that above zero is better.
    pub delta: Option<f64>,
    /// The interval of `delta` that decided.
    pub interval: Option<(f64, f64)>,
    /// How sure it is as a two-sided interval, 0 to 1.
    pub level: Option<f64>,
    /// Differences this near to zero count as none.
    pub rope: f64,
    /// Probability that the challenger is better, by all evidence; with `evidence: two_keys`.
    pub p_all: Option<f64>,
    /// The same by the test rows alone.
    pub p_trusted: Option<f64>,
    /// Where the gain that the probabilities expect comes from: `threshold` or `ranking`.
    pub from: Option<&'static str>,
    /// How many labels would settle it, where it is open and that many are there.
    pub labels_wanted: Option<u64>,
    /// The part of the gain that moving the champion's threshold alone would bring.
    pub threshold_gain: Option<f64>,
    /// Test rows.
    pub rows: u64,
    /// Versions that were judged by these rows, this one included.
    pub attempts: u64,
    /// The share of the promotions by these rows before this decision that is expected to be worse than what they replaced.
    pub expected_worse: Option<f64>,
}

impl DecisionStatus {
    /// Out of what the gate wrote.
    pub fn of(version: VersionNumber, decision: &Decision) -> Self {
        let compared = decision.comparison.as_ref();
        let keys = decision.judgement.as_ref();
        let metric = decision.metric;
        DecisionStatus {
            version,
            verdict: decision.verdict.name(),
            reasons: decision.reasons.clone(),
            metric,
            challenger: decision.challenger.get(metric),
            champion: decision.champion.as_ref().and_then(|it| it.get(metric)),
            delta: compared.map(|it| it.delta),
            interval: compared
                .and_then(|it| it.interval)
                .map(|it| (it.low, it.high)),
            level: compared.map(|it| it.level(&decision.policy)),
            rope: ROPE,
            p_all: keys.map(|it| it.all.probability),
            p_trusted: keys.map(|it| it.trusted.probability),
            from: keys.and_then(|it| it.from).map(Origin::name),
            labels_wanted: decision.wanted.and_then(|it| it.needed),
            threshold_gain: keys.map(|it| it.threshold_gain),
            rows: decision.rows,
            attempts: decision.facts.attempts,
            expected_worse: decision.facts.let_in.map(|it| it.expected_worse),
        }
    }
}

/// The newest decision of a model, whose file is still there.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn last_decision(env: &Env) -> Result<Option<DecisionStatus>, Error> {
    let heads = env.registry.version_heads(&env.config.name, 20).await?;
    let decided = heads
        .into_iter()
        .find(|it| it.state == VersionState::Ready && it.verdict.is_some());
    let Some(version) = decided else {
        return Ok(None);
    };
    // A version that was adopted or whose files were cleared away has none.
    let decision = pipeline::read_decision(env, &version).await.ok();
    Ok(decision.map(|decision| DecisionStatus::of(version.number, &decision)))
}
