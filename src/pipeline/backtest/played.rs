//! A backtest under way: a challenger a step, judged by each policy beside the champion that it made.

use serde::Serialize;

use super::ledger::{Ledger, Step, Summary};
use super::past::Rows;
use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::config::policy::Policy;
use crate::evaluate::{Metric, predictions};
use crate::gate::{self, Beyond, Decision, Evidence, Facts};
use crate::model_types::VersionNumber;
use crate::pipeline::Env;
use crate::pipeline::error::Error;
use crate::pipeline::learn::learn;

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

/// A backtest under way.
pub(super) struct Played<'a> {
    pub(super) env: &'a Env,
    policies: &'a [(String, Policy)],
    versions: Vec<Bundle>,
    ledger: Ledger,
    steps: Vec<Step>,
    metric: Metric,
}

impl<'a> Played<'a> {
    pub(super) fn new(env: &'a Env, policies: &'a [(String, Policy)]) -> Self {
        Played {
            env,
            policies,
            versions: Vec::new(),
            ledger: Ledger::new(policies),
            steps: Vec::new(),
            metric: env.config.metric,
        }
    }

    /// One step: a version on `train`, judged by each policy on the test rows, which may depend on how it reads them and come with
    /// how many of them it learned from; `later` says what is then live is worth.
    pub(super) fn step(
        &mut self,
        at_ms: i64,
        train: &Rows,
        later: Option<&Rows>,
        test: impl FnOnce(Option<&Bundle>) -> Result<(Rows, u64), Error>,
    ) -> Result<(), Error> {
        let policies = self.policies;
        let learned = match train.len() {
            0 => Err("there is no row to learn from yet".to_string()),
            _ => learn(&self.env.config, &train.dataset).map_err(|error| error.to_string()),
        };
        let challenger = learned.as_ref().ok().map(|fresh| &fresh.bundle);
        let (test, leaked) = test(challenger)?;
        let mut step = Step {
            at: rfc3339(at_ms),
            train_rows: train.len(),
            test_rows: test.len(),
            later_rows: later.map_or(0, Rows::len),
            version: None,
            why: None,
            challenger: None,
            best: None,
            policies: Vec::new(),
        };
        let decided = match learned {
            Err(why) => {
                step.why = Some(why);
                vec![None; policies.len()]
            }
            Ok(fresh) => {
                self.metric = self.env.config.metric_for(fresh.bundle.task());
                self.versions.push(fresh.bundle);
                step.version = Some(VersionNumber::new(self.versions.len() as i64));
                let challenger = &self.versions[self.versions.len() - 1];
                step.challenger = score(&test, challenger, self.metric)?;
                let mut decided = Vec::new();
                for (at, (_, policy)) in policies.iter().enumerate() {
                    let champion = self.ledger.champion(at);
                    let pair = Pair {
                        challenger,
                        champion: champion.map(|number| &self.versions[number.get() as usize - 1]),
                        leaked,
                    };
                    decided.push(Some(decide(&pair, &test, self.metric, policy)?));
                }
                decided
            }
        };
        let metric = self.metric;
        let score_of = |bundle: &Bundle| match later {
            Some(later) => score(later, bundle, metric),
            None => Ok(None),
        };
        let scores: Vec<Option<f64>> = self
            .versions
            .iter()
            .map(score_of)
            .collect::<Result<_, _>>()?;
        let best = scores.iter().flatten().copied();
        step.best = best.reduce(|a, b| if metric.gain(b, a) > 0.0 { b } else { a });
        let verdicts = decided.iter().map(|it| it.as_ref().map(|it| it.verdict));
        let verdicts: Vec<_> = verdicts.collect();
        step.policies = self.ledger.step(step.version, &verdicts, &scores, metric);
        self.steps.push(step);
        Ok(())
    }

    pub(super) fn end(self, notes: Vec<String>) -> Backtest {
        Backtest {
            model: self.env.config.name.clone(),
            metric: self.metric,
            summaries: self.ledger.summaries(&self.steps, self.metric),
            steps: self.steps,
            notes,
        }
    }
}

/// Who is judged.
struct Pair<'a> {
    challenger: &'a Bundle,
    champion: Option<&'a Bundle>,
    /// Test rows that the challenger learned from.
    leaked: u64,
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
    pair: &Pair<'_>,
    test: &Rows,
    metric: Metric,
    policy: &Policy,
) -> Result<Decision, Error> {
    let Pair {
        challenger,
        champion,
        leaked,
    } = *pair;
    let classes = crate::pipeline::score::union(
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
        leaked_rows: leaked,
        doubts: Vec::new(),
        attempts: 1,
        let_in: None,
        shadow: None,
        is_retuned: false,
        fresh: None,
        calibration: challenger.calibration.as_ref().map(|it| it.report),
        learned: None,
        no_requests: None,
        no_out_of_fold: None,
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
        prior: &crate::pipeline::score::prior_over(
            &challenger.prior,
            &challenger.classes,
            &classes,
        ),
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
