//! The flow over past data: at each step a challenger learns what was known then, the gate judges it, and the rows that came
//! after say what each policy would have been worth. Nothing is recorded.

mod ledger;
mod past;

pub use ledger::{Live, Step, Summary};

use serde::Serialize;

use super::error::Error;
use super::learn::learn;
use super::{Env, ingest};
use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::config::policy::{EvidenceKind, Policy, Require};
use crate::evaluate::{Metric, predictions};
use crate::gate::{self, Beyond, Decision, Evidence, Facts};
use ledger::Ledger;
use past::{Past, Rows};

/// Most steps.
const MOST_STEPS: i64 = 1000;

/// What is played.
#[derive(Debug, Clone)]
pub struct Plan {
    /// First step, in milliseconds since 1970.
    pub from_ms: i64,
    /// End: no step begins at it or later.
    pub to_ms: i64,
    /// From one step to the next; also how much the newest rows of a step are its test rows, and the rows that come after it say
    /// how good its champion was.
    pub every_ms: i64,
    /// Each policy with its name.
    pub policies: Vec<(String, Policy)>,
}

/// What would have been.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backtest {
    /// The model.
    pub model: String,
    /// The primary metric.
    pub metric: Metric,
    /// Each policy, summed up.
    pub summaries: Vec<Summary>,
    /// Each step.
    pub steps: Vec<Step>,
    /// What a backtest does not have.
    pub notes: Vec<String>,
}

/// Plays the flow over the newest data set by its time column.
///
/// At a step the rows of the last `every` are the test rows, and all before them are learned from. A challenger meets the champion
/// that the same policy made before.
///
/// # Errors
/// When there is no data set, no time column, or no step within the time.
pub async fn backtest(env: &Env, plan: &Plan) -> Result<Backtest, Error> {
    let dataset = ingest::latest(env).await?;
    let past = Past::of(&env.config, &dataset)?;
    let n = (plan.to_ms - plan.from_ms).div_euclid(plan.every_ms.max(1));
    if plan.every_ms <= 0 || !(1..=MOST_STEPS).contains(&n) {
        return Err(Error::Backtest(format!(
            "play {n} steps: give `--from`, `--to` and `--every` so that there are 1 to {MOST_STEPS}"
        )));
    }
    let mut versions: Vec<Bundle> = Vec::new();
    let mut ledger = Ledger::new(&plan.policies);
    let mut steps = Vec::new();
    let mut metric = env.config.metric;
    for at_ms in (0..n).map(|step| plan.from_ms + step * plan.every_ms) {
        let train = past.learned(&env.config.window, at_ms - plan.every_ms)?;
        let test = past.rows(at_ms - plan.every_ms, at_ms)?;
        let later = past.rows(at_ms, at_ms + plan.every_ms)?;
        let mut step = Step {
            at: rfc3339(at_ms),
            train_rows: train.len(),
            test_rows: test.len(),
            later_rows: later.len(),
            version: None,
            why: None,
            challenger: None,
            best: None,
            policies: Vec::new(),
        };
        let learned = match train.len() {
            0 => Err("there is no row to learn from yet".to_string()),
            _ => learn(&env.config, &train.dataset).map_err(|error| error.to_string()),
        };
        let decided = match learned {
            Err(why) => {
                step.why = Some(why);
                vec![None; plan.policies.len()]
            }
            Ok(fresh) => {
                metric = env.config.metric_for(fresh.bundle.task());
                versions.push(fresh.bundle);
                step.version = Some(versions.len() as i64);
                let challenger = &versions[versions.len() - 1];
                step.challenger = score(&test, challenger, metric)?;
                let mut decided = Vec::new();
                for (at, (_, policy)) in plan.policies.iter().enumerate() {
                    let champion = ledger
                        .champion(at)
                        .map(|number| &versions[number as usize - 1]);
                    decided.push(Some(decide(challenger, champion, &test, metric, policy)?));
                }
                decided
            }
        };
        let scores: Vec<Option<f64>> = versions
            .iter()
            .map(|bundle| score(&later, bundle, metric))
            .collect::<Result<_, _>>()?;
        let best = scores.iter().flatten().copied();
        step.best = best.reduce(|a, b| if metric.gain(b, a) > 0.0 { b } else { a });
        let verdicts = decided.iter().map(|it| it.as_ref().map(|it| it.verdict));
        step.policies = ledger.step(step.version, &verdicts.collect::<Vec<_>>(), &scores, metric);
        steps.push(step);
    }
    Ok(Backtest {
        model: env.config.name.clone(),
        metric,
        summaries: ledger.summaries(&steps, metric),
        steps,
        notes: vec![
            "two keys see the test rows alone: a backtest has no logged requests and no out-of-fold rows of a champion".to_string(),
            "slices are not asked".to_string(),
        ],
    })
}

/// The metric of a version on some rows; `None` without rows or where it is not defined.
fn score(rows: &Rows, bundle: &Bundle, metric: Metric) -> Result<Option<f64>, Error> {
    let Some((truth, said)) = rows.answered(bundle, &bundle.classes)? else {
        return Ok(None);
    };
    Ok(predictions::score(&truth, &said).get(metric))
}

/// The gate on two versions.
fn decide(
    challenger: &Bundle,
    champion: Option<&Bundle>,
    test: &Rows,
    metric: Metric,
    policy: &Policy,
) -> Result<Decision, Error> {
    let classes = super::score::union(
        &challenger.classes,
        champion.map(|champion| champion.classes.as_slice()),
    );
    let new = test.answered(challenger, &classes)?;
    let old = match champion {
        Some(champion) => test.answered(champion, &classes)?.map(|(_, said)| said),
        None => None,
    };
    let (truth, new) = match new {
        Some(both) => both,
        None => test.nothing(challenger),
    };
    let facts = Facts {
        load_failure: None,
        differs_from_champion: champion.is_none_or(|it| it.model_hash() != challenger.model_hash()),
        leaked_rows: 0,
        doubts: Vec::new(),
        attempts: 1,
        let_in: None,
        shadow: None,
        is_retuned: false,
        fresh: None,
        calibration: challenger.calibration.as_ref().map(|it| it.report),
        learned: None,
    };
    let policy = Policy {
        slices: Vec::new(),
        max_flips: None,
        max_slower: None,
        retune: false,
        ..policy.clone()
    };
    let evidence = Evidence {
        metric,
        classes: &classes,
        prior: &super::score::prior_over(&challenger.prior, &challenger.classes, &classes),
        centre: challenger.centre.as_ref(),
        truth: &truth,
        rows_hash: &test.dataset.rows_hash,
        challenger: &new,
        champion: old.as_ref(),
        facts: &facts,
        slices: &[],
        beyond: &Beyond::default(),
    };
    Ok(gate::decide(&evidence, &policy))
}

/// The policies that are played beside the given one.
pub fn beside(given: &Policy, name: &str) -> Vec<(String, Policy)> {
    let naive = Policy {
        require: Require::Naive,
        ..given.clone()
    };
    let by = |evidence: EvidenceKind| Policy {
        require: Require::Better,
        evidence,
        ..given.clone()
    };
    let mut policies = vec![(name.to_string(), given.clone())];
    for (name, policy) in [
        ("naive", naive),
        ("labels", by(EvidenceKind::Labels)),
        ("two_keys", by(EvidenceKind::TwoKeys)),
    ] {
        if policy != *given {
            policies.push((name.to_string(), policy));
        }
    }
    policies
}
