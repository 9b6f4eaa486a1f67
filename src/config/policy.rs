//! The gate's policy: the settings a challenger is judged by, their defaults and what would be nonsense in them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

pub(super) use super::bounds::not_at_least_zero;
use super::problem::Problem;
use super::shape;
use crate::evaluate::Metric;

/// The rules a challenger has to pass. The defaults are the policy of the house.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How the challenger is compared with the champion.
    pub require: Require,
    /// What becomes of a first version, with no champion to compare it with, that is doubtful by itself.
    pub first: First,
    /// Who lets a challenger in that the gate would promote.
    pub approval: Approval,
    /// What `require: better` rests on.
    pub evidence: EvidenceKind,
    /// With `evidence: two_keys`: probability of a true gain that all evidence together must reach, in (0.5, 1).
    pub first_key: f64,
    /// With `evidence: two_keys`: the same by the test rows alone, in (0.5, 1).
    pub second_key: f64,
    /// With `evidence: two_keys`: training rows up to which out-of-fold predictions are made (five more fits) and kept as
    /// evidence; 0 makes none.
    pub out_of_fold_rows: u64,
    /// With `evidence: two_keys`: move the champion's threshold instead of changing versions, where that alone is surely a gain
    /// and the challenger is not surely better than that; a version of its own, decided on like any other.
    pub retune: bool,
    /// Confidence that the paired bootstrap must reach, in (0.5, 1).
    pub confidence: f64,
    /// Largest true fall that `not_worse` accepts.
    pub margin: f64,
    /// Fewest test rows on which a comparison counts.
    pub min_rows: u64,
    /// Fewest test rows of the positive class (of every class with more than two).
    pub min_positives: u64,
    /// Fewest rows on which exactly one of the two models is right; not required for metrics that read no labels. 6 is the smallest count with which an exact
    /// two-sided McNemar test can reach p < 0.05.
    pub min_discordant: u64,
    /// Whether the challenger must beat always-majority, always-positive and the class prior; of numbers, the mean and the
    /// median of the training rows.
    pub beat_baselines: bool,
    /// Worst value of the metric that may go live: the smallest, or the largest for `log_loss`, `brier`, `rmse` and `mae`.
    pub floor: Option<f64>,
    /// Largest plausible gain over the champion; a larger one is suspicious and rejected.
    pub ceiling: Option<f64>,
    /// Smallest gain over the champion, in the metric's own unit, for which it is worth changing versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_absolute_gain: Option<f64>,
    /// Smallest gain over the champion as a share of the champion's value without its sign: 0.02 asks for R² to rise from
    /// 0.50 to 0.51, or RMSE to fall from 50 to 49.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_relative_gain: Option<f64>,
    /// The champion's value counts as no nearer to zero than this in `min_relative_gain`, so that a champion at zero can be
    /// unseated; above 0.
    pub relative_gain_floor: f64,
    /// Largest share of test rows that may also be in the training rows.
    pub max_leakage: f64,
    /// Largest share of the logged requests that the challenger may answer by another class; asks for `shadow.challenger`, and
    /// leaves the verdict open where no request is logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_flips: Option<f64>,
    /// How many times as long as the champion the challenger may take for a logged request; asks for `shadow.challenger`, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_slower: Option<f64>,
    /// Other metrics that must not fall.
    pub guards: Vec<Guard>,
    /// Columns in whose groups the metric must not fall.
    pub slices: Vec<SliceGuard>,
    /// Replicates of the paired bootstrap.
    pub replicates: u32,
    /// Seed of the paired bootstrap.
    pub seed: u64,
}

/// What [`Policy::relative_gain_floor`] is when it is not set.
const RELATIVE_GAIN_FLOOR: f64 = 1e-6;

const FIRST_KEY: f64 = 0.9;
const SECOND_KEY: f64 = 0.8;
const OUT_OF_FOLD_ROWS: u64 = 20_000;

impl Default for Policy {
    fn default() -> Self {
        Policy {
            require: Require::Better,
            first: First::Hold,
            approval: Approval::Automatic,
            evidence: EvidenceKind::TwoKeys,
            first_key: FIRST_KEY,
            second_key: SECOND_KEY,
            out_of_fold_rows: OUT_OF_FOLD_ROWS,
            retune: false,
            confidence: 0.95,
            margin: 0.01,
            min_rows: 30,
            min_positives: 5,
            min_discordant: 6,
            beat_baselines: true,
            floor: None,
            ceiling: None,
            min_absolute_gain: None,
            min_relative_gain: None,
            relative_gain_floor: RELATIVE_GAIN_FLOOR,
            max_leakage: 0.05,
            max_flips: None,
            max_slower: None,
            guards: Vec::new(),
            slices: Vec::new(),
            replicates: 2000,
            seed: 42,
        }
    }
}

impl Policy {
    /// Tells every number that makes no sense, under its key within the policy.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        if !(self.confidence > 0.5 && self.confidence <= 0.9999) {
            say(
                "confidence",
                format!("{} is not above 0.5 and at most 0.9999", self.confidence),
            );
        }
        for (key, value) in [
            ("first_key", self.first_key),
            ("second_key", self.second_key),
        ] {
            if !(value > 0.5 && value < 1.0) {
                say(key, format!("{value} is not above 0.5 and below 1"));
            }
        }
        if self.replicates < 100 {
            say(
                "replicates",
                format!("{} is less than 100", self.replicates),
            );
        }
        let bounds = [("margin", self.margin), ("max_leakage", self.max_leakage)];
        let falls = self
            .guards
            .iter()
            .enumerate()
            .map(|(at, guard)| (format!("guards[{at}].max_fall"), guard.max_fall));
        let slices = self
            .slices
            .iter()
            .enumerate()
            .map(|(at, slice)| (format!("slices[{at}].max_fall"), slice.max_fall));
        let gains = [
            ("min_absolute_gain", self.min_absolute_gain),
            ("min_relative_gain", self.min_relative_gain),
        ];
        let gains = gains
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_string(), value?)));
        if !(self.relative_gain_floor > 0.0 && self.relative_gain_floor.is_finite()) {
            say(
                "relative_gain_floor",
                format!("{} is not above 0", self.relative_gain_floor),
            );
        }
        let at_least_zero = bounds
            .into_iter()
            .map(|(key, value)| (key.to_string(), value))
            .chain(self.ceiling.map(|value| ("ceiling".to_string(), value)))
            .chain(self.max_flips.map(|value| ("max_flips".to_string(), value)))
            .chain(
                self.max_slower
                    .map(|value| ("max_slower".to_string(), value)),
            )
            .chain(gains)
            .chain(falls)
            .chain(slices);
        for (key, value) in at_least_zero {
            if let Some(reason) = not_at_least_zero(value) {
                say(&key, reason);
            }
        }
        if let Some(floor) = self.floor
            && !floor.is_finite()
        {
            say("floor", format!("{floor} is not a finite number"));
        }
        for (at, slice) in self.slices.iter().enumerate() {
            if slice.column.trim().is_empty() {
                say(
                    &format!("slices[{at}].column"),
                    "is empty; name a column".to_string(),
                );
            }
        }
    }
}

/// A policy that a decision was taken by. One that names no evidence is older than two keys: labels decided.
///
/// # Errors
/// When it is not a policy.
pub fn on_record<'de, D: Deserializer<'de>>(from: D) -> Result<Policy, D::Error> {
    let mut keys = serde_json::Map::deserialize(from)?;
    keys.entry("evidence")
        .or_insert_with(|| EvidenceKind::Labels.name().into());
    serde_json::from_value(keys.into()).map_err(serde::de::Error::custom)
}

/// A policy that is in a file of its own.
///
/// # Errors
/// Every problem found.
pub fn from_value(value: serde_json::Value) -> Result<Policy, Vec<Problem>> {
    let mut problems = shape::problems(&value, &shape::schema_of::<Policy>());
    if !problems.is_empty() {
        return Err(problems);
    }
    let policy: Policy =
        serde_json::from_value(value).map_err(|error| vec![Problem::at("", error.to_string())])?;
    policy.check(&mut |key, reason| problems.push(Problem::at(key, reason)));
    if problems.is_empty() {
        Ok(policy)
    } else {
        Err(problems)
    }
}

/// How the challenger is compared with the champion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Require {
    /// The difference is above zero and the paired bootstrap says so with the required confidence.
    Better,
    /// The paired bootstrap says with the required confidence that the difference is above minus `margin`.
    NotWorse,
    /// The plain number is above the old one; nothing else of the comparison or the evidence is looked at.
    Naive,
}

/// What a comparison by `better` rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// Both models' calibrated probabilities over unlabelled rows, corrected by the labels; where there are none (other
    /// metrics, more than two classes, numbers), the labels alone.
    TwoKeys,
    /// The paired bootstrap of the labelled test rows.
    Labels,
}

impl EvidenceKind {
    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            EvidenceKind::TwoKeys => "two_keys",
            EvidenceKind::Labels => "labels",
        }
    }
}

impl Require {
    /// The name used in config, records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Require::Better => "better",
            Require::NotWorse => "not_worse",
            Require::Naive => "naive",
        }
    }
}

/// What becomes of a doubtful first version: one of whose target or columns the checks say something that makes its score
/// worth little, whose test rows were learned from, or that enough test rows show to be worse than a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum First {
    /// It is held: the verdict is `inconclusive`, and can be promoted by hand.
    Hold,
    /// It goes in, with a warning.
    Promote,
}

/// Who lets a challenger in that the gate would promote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// The run does.
    Automatic,
    /// A person does, by `unseat approve`, by request or on the dashboard; until then the version waits. It waits no longer once
    /// the champion or the test data is another.
    Manual,
}

/// A metric that must not fall by more than a margin when the challenger goes in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The metric that is guarded.
    pub metric: Metric,
    /// Largest fall that is accepted, in the metric's own unit.
    #[serde(default)]
    pub max_fall: f64,
}

/// A column whose groups must each not fall by more than a margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceGuard {
    /// The column whose values make the slices.
    pub column: String,
    /// Largest fall of the model's metric that is accepted in a slice.
    #[serde(default)]
    pub max_fall: f64,
    /// A slice with fewer rows cannot tell: it makes the verdict inconclusive when it falls by more than `max_fall`, and
    /// is left out of account when it does not.
    #[serde(default = "default_slice_rows")]
    pub min_rows: u64,
}

fn default_slice_rows() -> u64 {
    30
}

#[cfg(test)]
mod tests;
