//! The first version of a model: nothing to compare it with, so one that is doubtful by itself is held for a person to see.

use super::case::{Case, rule};
use super::wording::{ROUNDING, pair, score};
use super::{First, Rule, RuleGroup, RuleOutcome};
use crate::evaluate::Metric;
use crate::text::counted;

/// Name of the rule.
pub(super) const NAME: &str = "first_version";

/// The rule; `None` where there is a champion. `before` are the rules that were applied already.
pub(super) fn rule_of(case: &Case<'_>, before: &[Rule]) -> Option<Rule> {
    if case.has_champion() {
        return None;
    }
    let doubts = doubts(case, before);
    let (outcome, reason) = match (doubts.is_empty(), case.policy.first) {
        (true, _) => (
            RuleOutcome::Pass,
            "nothing known makes the first version doubtful".to_owned(),
        ),
        (false, First::Hold) => (
            RuleOutcome::Inconclusive,
            format!(
                "the first version is doubtful: {}. Look at it and promote it by hand with `unseat promote`, or let such versions in with `gate.first: promote`",
                doubts.join("; ")
            ),
        ),
        (false, First::Promote) => (
            RuleOutcome::Warn,
            format!(
                "the first version is doubtful, and let in by `gate.first`: {}",
                doubts.join("; ")
            ),
        ),
    };
    let n = doubts.len() as f64;
    Some(rule(
        NAME,
        RuleGroup::Hard,
        outcome,
        Some(n),
        Some(0.0),
        reason,
    ))
}

/// Everything that makes it doubtful, in words.
fn doubts(case: &Case<'_>, before: &[Rule]) -> Vec<String> {
    let named = |name: &str| before.iter().find(|rule| rule.name == name);
    let holds = |name: &str| {
        named(name)
            .is_some_and(|rule| matches!(rule.outcome, RuleOutcome::Pass | RuleOutcome::Skipped))
    };
    let mut doubts = case.evidence.facts.doubts.clone();
    let leakage = named("max_leakage").filter(|rule| rule.outcome == RuleOutcome::Warn);
    doubts.extend(leakage.map(|rule| rule.reason.clone()));
    // Fewer rows than the policy asks for tell nothing of how good it is.
    if case.policy.beat_baselines && holds("min_rows") && holds("min_positives") {
        doubts.extend(below_a_baseline(case));
    }
    doubts
}

/// A score that is worse than what can be had without a model; as good as that is no doubt, and a warning elsewhere.
fn below_a_baseline(case: &Case<'_>) -> Option<String> {
    let metric = case.evidence.metric;
    let rows = counted(case.rows(), "test row");
    let best = case.best_baseline();
    if let (Some(value), Some((name, bound))) = (case.challenger_value(), best)
        && metric.gain(value, bound) < -ROUNDING
    {
        let (value, bound) = pair(value, bound);
        return Some(format!(
            "{} {value} is worse than {name} ({bound}) on {rows}",
            metric.title()
        ));
    }
    let r2 = case
        .challenger
        .get(Metric::R2)
        .filter(|r2| *r2 < -ROUNDING)?;
    Some(format!(
        "R² {} is below 0 on {rows}, so their mean would be nearer",
        score(r2)
    ))
}

/// Whether this rule has given a reason, so that it is not repeated.
pub(super) fn has_told(first: &Rule, other: &Rule) -> bool {
    match other.name.as_str() {
        "max_leakage" => first.reason.contains(&other.reason),
        "beat_baselines" => first.reason.contains(" is worse than "),
        _ => false,
    }
}
