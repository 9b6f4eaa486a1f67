//! What the rules of one decision see, and how a rule says what it found.

use super::{Evidence, Policy, Require, Rule, RuleGroup, RuleOutcome};
use crate::evaluate::{Predictions, Scores, Truth};

/// What every rule is shown.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) policy: &'a Policy,
    pub(super) challenger: &'a Scores,
    pub(super) champion: Option<&'a Scores>,
    pub(super) baselines: &'a [(String, Scores)],
}

impl Case<'_> {
    pub(super) fn rows(&self) -> u64 {
        self.evidence.truth.len() as u64
    }

    pub(super) fn has_champion(&self) -> bool {
        self.champion.is_some()
    }

    pub(super) fn challenger_value(&self) -> Option<f64> {
        self.challenger.get(self.evidence.metric)
    }

    pub(super) fn champion_value(&self) -> Option<f64> {
        self.champion
            .and_then(|scores| scores.get(self.evidence.metric))
    }

    /// Why a model's predictions cannot be used on these rows.
    pub(super) fn problem_with(&self, answers: &Predictions) -> Option<String> {
        let classes = self.evidence.classes.len();
        if let Some(predictions) = answers.classes()
            && predictions.n_classes != classes
        {
            return Some(format!(
                "predictions over {} classes where the model has {classes}",
                predictions.n_classes
            ));
        }
        answers.problem_with(self.evidence.truth)
    }

    /// The baseline that is best by the metric, and its value. Of several as good, always-positive, which people recognise.
    pub(super) fn best_baseline(&self) -> Option<(&str, f64)> {
        let metric = self.evidence.metric;
        let scored = self
            .baselines
            .iter()
            .filter_map(|(name, scores)| Some((name.as_str(), scores.get(metric)?)));
        scored.max_by(|a, b| {
            let by_value = metric.gain(a.1, 0.0).total_cmp(&metric.gain(b.1, 0.0));
            by_value.then((a.0 == "always_positive").cmp(&(b.0 == "always_positive")))
        })
    }

    /// Whether numbers are predicted.
    pub(super) fn is_of_numbers(&self) -> bool {
        matches!(self.evidence.truth, Truth::Numbers(_))
    }

    /// The outcome of a failing check that asks more than the plain comparison of numbers does.
    pub(super) fn failing(&self, outcome: RuleOutcome) -> RuleOutcome {
        if self.has_champion() && self.policy.require != Require::Naive {
            outcome
        } else {
            RuleOutcome::Warn
        }
    }
}

/// Makes a rule; values that are not finite are left out of the record.
pub(super) fn rule(
    name: impl Into<String>,
    group: RuleGroup,
    outcome: RuleOutcome,
    value: Option<f64>,
    bound: Option<f64>,
    reason: impl Into<String>,
) -> Rule {
    let finite = |number: Option<f64>| number.filter(|number| number.is_finite());
    Rule {
        name: name.into(),
        group,
        outcome,
        value: finite(value),
        bound: finite(bound),
        reason: reason.into(),
    }
}

/// A rule that does not apply here.
pub(super) fn skipped(
    name: impl Into<String>,
    group: RuleGroup,
    reason: impl Into<String>,
) -> Rule {
    rule(name, group, RuleOutcome::Skipped, None, None, reason)
}
