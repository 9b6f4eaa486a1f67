//! Who goes live: `decide(evidence, policy) -> Decision`, a value with every rule, bound and reason in it.
//!
//! In: predictions of challenger and champion on the same rows, facts established by the pipeline, the policy. Out: a
//! verdict that can be written down, explained and replayed. It must not know files, databases, clocks or how a model
//! works; a rejected challenger is an outcome, never an error.

mod case;
mod compare;
pub mod decide;
mod evidence_table;
pub mod explain;
mod first;
mod fresh;
mod gains;
mod guards;
mod hard;
mod keys;
pub mod mcnemar;
pub mod paired;
mod shadow;
mod shadow_rules;
mod sufficiency;
pub mod two_keys;
mod wording;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::evaluate::calibration::Calibrated;
use crate::evaluate::predictions::FEWEST_INTERVAL_ROWS;
use crate::evaluate::{Centre, Interval, Metric, Predictions, Scores, Truth};
use crate::model_types::{Outcome, PredictionId};

pub use crate::config::policy::{EvidenceKind, First, Guard, Policy, Require, SliceGuard};
pub use decide::decide;
pub use fresh::FreshRows;
pub use shadow::{ChangedRow, Shadow};
use two_keys::{Asked, Assumptions, Both, Judgement, Labelled, Learned, Retuned, Wanted};

/// What the gate concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The challenger becomes the champion.
    Promote,
    /// The challenger is not good enough, or must not go live.
    Reject,
    /// Moving the champion's threshold brings what there is to gain; the challenger itself does not go live.
    Retune,
    /// No better and no worse: a change of versions would gain nothing.
    Equivalent,
    /// The rows cannot tell.
    Inconclusive,
}

impl Verdict {
    /// The name used in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Promote => "promote",
            Verdict::Reject => "reject",
            Verdict::Retune => "retune",
            Verdict::Equivalent => "equivalent",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

impl From<Verdict> for Outcome {
    /// What comes of a run with this verdict where nothing holds the promotion back.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Promote => Outcome::Promote,
            Verdict::Reject => Outcome::Reject,
            Verdict::Retune => Outcome::Retune,
            Verdict::Equivalent => Outcome::Equivalent,
            Verdict::Inconclusive => Outcome::Inconclusive,
        }
    }
}

/// Everything the gate looks at.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The primary metric.
    pub metric: Metric,
    /// Class names; with two, index 1 is the positive class; none where numbers are predicted.
    pub classes: &'a [String],
    /// Share of each class among the *training* rows, `(n_classes)`; what the class-prior baseline predicts.
    pub prior: &'a [f64],
    /// Mean and median of the *training* rows' numbers; what the baselines of numbers predict.
    pub centre: Option<&'a Centre>,
    /// True class or number of each test row.
    pub truth: &'a Truth,
    /// Hash of the test rows; challenger and champion were scored on exactly these.
    pub rows_hash: &'a str,
    /// The challenger's predictions on the test rows.
    pub challenger: &'a Predictions,
    /// The champion's predictions on the same rows; `None` when there is no champion.
    pub champion: Option<&'a Predictions>,
    /// Facts about the challenger that need no predictions.
    pub facts: &'a Facts,
    /// Group of each test row per guarded slice column: `(column, group name per row)`.
    pub slices: &'a [(String, Vec<String>)],
    /// What both models say of rows beyond the test rows.
    pub beyond: &'a Beyond,
}

/// Evidence beyond the test rows, for [`two_keys`]; all of it may be missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beyond {
    /// Training rows of one of the models that the other never saw, predicted out of fold by the one.
    pub out_of_fold: Vec<Labelled>,
    /// Rows without labels, seen by neither.
    pub unlabelled: Option<Both>,
    /// Id of the answer to each of those rows; none where they are not known any more. The gate does not read them.
    pub ids: Vec<PredictionId>,
    /// Rows that were labelled on request.
    pub asked: Option<Asked>,
    /// What a past decision assumed, where it is decided again and nothing had been learned.
    pub assumed: Option<Assumptions>,
}

/// What the pipeline found out about the challenger before the gate; kept in `decision.json` so that it can be replayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// `None` when the bundle loaded from its own stored bytes and answered its golden rows exactly; else why not.
    pub load_failure: Option<String>,
    /// Whether the challenger's parameters differ from the champion's (transformer, predictor, threshold).
    pub differs_from_champion: bool,
    /// Test rows that are also in the training data, its validation part included.
    pub leaked_rows: u64,
    /// What the checks found that makes a first version doubtful, each in a sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// How many versions have been scored on these test rows, the challenger included; 0 where it was not counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempts: u64,
    /// What these test rows let in before; `None` where they let nothing in over a champion, or it was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub let_in: Option<LetIn>,
    /// What champion and challenger answer to past requests; `None` where it was not requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Shadow>,
    /// Whether it is the champion with another threshold: then no further one is looked for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retuned: bool,
    /// Test rows that are labelled rows of production; `None` where the settings set none aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<FreshRows>,
    /// How the challenger's probabilities were calibrated, and how far off they were before and after; `None` where that was not
    /// looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibrated>,
    /// The constants of two keys as past decisions on the model taught them; `None` where none had anything to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Learned>,
    /// Why no logged request is among the evidence, where they were looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_requests: Option<String>,
    /// Why no out-of-fold row is among the evidence, where they were looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_out_of_fold: Option<String>,
}

/// Why kinds of evidence beyond the test rows are missing; `None` of what is there, or was not looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// Why no logged request is among the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// Why no out-of-fold row is among the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_fold: Option<String>,
}

impl Absent {
    /// Whether there is no reason in it.
    pub fn is_nothing(&self) -> bool {
        self.requests.is_none() && self.out_of_fold.is_none()
    }
}

/// Promotions over a champion that rest on one set of test rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetIn {
    /// How many.
    pub promotions: u64,
    /// The share of them that is truly worse, by the gate's own probabilities: the mean of 1 − P(better). One that looks good by
    /// luck looks surer than it is, so the true share is rather larger.
    pub expected_worse: f64,
}

impl LetIn {
    /// Of the promotions of before, each by its decision; those of a first version say nothing of worse.
    pub fn of<'a>(promoted: impl IntoIterator<Item = &'a Decision>) -> Option<Self> {
        let sure: Vec<f64> = promoted
            .into_iter()
            .filter_map(Decision::p_better)
            .collect();
        let promotions = sure.len() as u64;
        (promotions > 0).then(|| LetIn {
            promotions,
            expected_worse: sure.iter().map(|p| 1.0 - p).sum::<f64>() / promotions as f64,
        })
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Which part of the policy a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleGroup {
    /// Fails → reject.
    Hard,
    /// Fails → inconclusive.
    Evidence,
    /// The comparison that `require` names.
    Comparison,
    /// Other metrics and slices that must not fall.
    Guard,
}

/// What came of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleOutcome {
    /// Held.
    Pass,
    /// Did not hold, but there is no champion to protect (or the mode does not ask for it).
    Warn,
    /// Did not hold; the verdict is `reject`.
    Reject,
    /// Neither better nor worse, as far as it matters; the verdict is at best `equivalent`.
    Equivalent,
    /// Could not be decided; the verdict is at best `inconclusive`.
    Inconclusive,
    /// Does not apply here (no champion, not configured, not applied in this mode).
    Skipped,
}

impl RuleOutcome {
    /// The name used in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            RuleOutcome::Pass => "pass",
            RuleOutcome::Warn => "warn",
            RuleOutcome::Reject => "reject",
            RuleOutcome::Equivalent => "equivalent",
            RuleOutcome::Inconclusive => "inconclusive",
            RuleOutcome::Skipped => "skipped",
        }
    }
}

/// One rule with what was measured, what is required and why it matters, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Stable name, that of the setting where one sets it: `min_rows`, `beat_baselines`, `guard:recall`,
    /// `slice:region=north`. Two had another name in older decisions, which is read as today's.
    #[serde(deserialize_with = "todays_name")]
    pub name: String,
    /// Part of the policy.
    pub group: RuleGroup,
    /// What came of it.
    pub outcome: RuleOutcome,
    /// What was measured.
    pub value: Option<f64>,
    /// What was asked.
    pub bound: Option<f64>,
    /// One sentence a person can act on, with the numbers in it.
    pub reason: String,
}

/// The name of a rule, of decisions from before some rules took the name of their setting, too.
fn todays_name<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    Ok(match name.as_str() {
        "beats_baselines" => "beat_baselines".to_owned(),
        "leakage" => "max_leakage".to_owned(),
        _ => name,
    })
}

/// Challenger against champion on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The compared metric.
    pub metric: Metric,
    /// Its value for the challenger.
    pub challenger: f64,
    /// Its value for the champion.
    pub champion: f64,
    /// Challenger minus champion, signed so that larger is better.
    pub delta: f64,
    /// The interval of `delta` that decided: its lower end is the one-sided bound at the policy's confidence, its upper end
    /// the same from the other side. `None` of fewer rows than [`FEWEST_INTERVAL_ROWS`], and where it has no width.
    #[serde(default)]
    pub interval: Option<Interval>,
    /// How sure it is as a two-sided interval: 2 · confidence − 1. Left out of records whose interval is two-sided at the
    /// policy's confidence, as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_level: Option<f64>,
    /// Share of bootstrap replicates in which `delta` is above zero.
    pub p_better: f64,
    /// Rows that only the challenger has right; of numbers, rows to which it comes nearer.
    pub only_challenger_right: u64,
    /// Rows that only the champion has right; of numbers, rows to which it comes nearer.
    pub only_champion_right: u64,
    /// Exact two-sided McNemar p-value; of numbers, that of the sign test, which is the same sum.
    pub mcnemar_p: f64,
}

impl Comparison {
    /// How sure the interval is as a two-sided one.
    pub fn level(&self, policy: &Policy) -> f64 {
        self.interval_level.unwrap_or(policy.confidence)
    }
}

/// Version of the form in which a [`Decision`] is written.
pub const DECISION_FORMAT: u32 = 1;

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Version of this record's form.
    pub format_version: u32,
    /// Promote, reject, retune, equivalent or inconclusive.
    pub verdict: Verdict,
    /// Why, most important first; each sentence stands alone.
    pub reasons: Vec<String>,
    /// Every rule in order.
    pub rules: Vec<Rule>,
    /// The numbers of the comparison; `None` when there is no champion.
    pub comparison: Option<Comparison>,
    /// What labels and calibrated probabilities say together; `None` where they do not apply, or are not in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
    /// What moving the champion's threshold would be worth; only with `retune` in the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retuned: Option<Retuned>,
    /// Which labels would settle it; `None` where it is settled, or no rows without labels are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// The challenger's scores.
    pub challenger: Scores,
    /// The champion's scores on the same rows.
    pub champion: Option<Scores>,
    /// The baselines' scores on the same rows: name → scores.
    pub baselines: Vec<(String, Scores)>,
    /// Number of test rows.
    pub rows: u64,
    /// Hash of the test rows.
    pub rows_hash: String,
    /// The metric decided on.
    pub metric: Metric,
    /// Class names, in the order of the confusion matrices.
    #[serde(default)]
    pub classes: Vec<String>,
    /// The facts that went in.
    pub facts: Facts,
    /// The policy that was applied.
    #[serde(deserialize_with = "crate::config::policy::on_record")]
    pub policy: Policy,
}

impl Decision {
    /// Probability that the challenger is better than the champion, by what decided: all evidence, or the labels alone. `None`
    /// without a comparison.
    pub fn p_better(&self) -> Option<f64> {
        let by_keys = self.judgement.as_ref().filter(|it| it.veto.is_none());
        let by_labels = self.comparison.as_ref().map(|it| it.p_better);
        by_keys.map(|it| it.all.probability).or(by_labels)
    }
}
