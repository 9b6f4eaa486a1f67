//! The evidence checks: whether the test rows are enough to tell anything.

use super::case::{Case, rule, skipped};
use super::mcnemar::discordant;
use super::{Rule, RuleGroup, RuleOutcome};
use crate::evaluate::{Predictions, Truth};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Evidence;
/// Name of the rule on rows that tell the models apart.
pub(super) const DISCORDANT: &str = "min_discordant";

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    vec![min_rows(case), min_positives(case), min_discordant(case)]
}

/// A rule that asks for at least `bound`; `reason` is completed by what was asked.
fn at_least(
    case: &Case<'_>,
    name: &str,
    holds: bool,
    value: u64,
    bound: u64,
    reason: String,
) -> Rule {
    let outcome = if holds {
        RuleOutcome::Pass
    } else {
        case.failing(RuleOutcome::Inconclusive)
    };
    rule(
        name,
        GROUP,
        outcome,
        Some(value as f64),
        Some(bound as f64),
        reason,
    )
}

fn min_rows(case: &Case<'_>) -> Rule {
    let (rows, bound) = (case.rows(), case.policy.min_rows);
    let reason = format!("{}, at least {bound} required", counted(rows, "test row"));
    // Zero rows never suffice, whatever the policy asks.
    at_least(case, "min_rows", rows >= bound.max(1), rows, bound, reason)
}

fn min_positives(case: &Case<'_>) -> Rule {
    let (name, bound) = ("min_positives", case.policy.min_positives);
    let Truth::Classes(truth) = case.evidence.truth else {
        return skipped(name, GROUP, "numbers have no positive rows");
    };
    let classes = case.evidence.classes.len();
    if !(2..=crate::evaluate::MAX_CLASSES).contains(&classes) {
        return at_least(
            case,
            name,
            false,
            0,
            bound,
            format!("{classes} classes cannot be compared"),
        );
    }
    let mut counts = vec![0u64; classes];
    for &class in truth {
        if let Some(count) = counts.get_mut(class as usize) {
            *count += 1;
        }
    }
    if let [negatives, positives] = counts[..] {
        let holds = positives >= bound.max(1) && negatives > 0;
        let asked = format!("at least {bound} positive and one negative required");
        let reason = format!(
            "{positives} positive and {}, {asked}",
            counted(negatives, "negative test row")
        );
        return at_least(case, name, holds, positives, bound, reason);
    }
    let smallest = counts.iter().copied().min().unwrap_or(0);
    let reason = format!(
        "the rarest class has {}, at least {bound} of each required",
        counted(smallest, "test row")
    );
    at_least(
        case,
        name,
        smallest >= bound.max(1),
        smallest,
        bound,
        reason,
    )
}

fn min_discordant(case: &Case<'_>) -> Rule {
    let (name, bound) = (DISCORDANT, case.policy.min_discordant);
    let Some(champion) = case.evidence.champion else {
        return skipped(name, GROUP, "there is no champion");
    };
    if case.is_of_numbers() {
        return skipped(name, GROUP, "a predicted number is not right or wrong");
    }
    if !case.evidence.metric.reads_labels() {
        let reason = format!("{} does not read labels", case.evidence.metric.title());
        return skipped(name, GROUP, reason);
    }
    let (challenger_only, champion_only) =
        match (case.evidence.truth, case.evidence.challenger, champion) {
            (Truth::Classes(truth), Predictions::Classes(new), Predictions::Classes(old)) => {
                discordant(truth, &new.labels, &old.labels)
            }
            _ => (0, 0),
        };
    // Labels that were requested are of rows on which the models differ.
    let asked = case.evidence.beyond.asked.as_ref();
    let asked = asked.map_or(0, |it| it.labelled.positive.len() as u64);
    let total = challenger_only + champion_only + asked;
    let and_asked = match asked {
        0 => String::new(),
        n => format!(", {} requested", counted(n, "label")),
    };
    let reason = format!(
        "{} on which exactly one of the models is right ({challenger_only} the challenger, {champion_only} the \
         champion{and_asked}), at least {bound} required",
        counted(total, "discordant row"),
    );
    at_least(case, name, total >= bound, total, bound, reason)
}
