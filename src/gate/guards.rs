//! Guards: other metrics, and groups of rows, that must not fall when the challenger goes in.

use std::collections::BTreeMap;

use crate::evaluate::Predictions;
use crate::evaluate::predictions::score;

use super::case::{Case, rule, skipped};
use super::wording::{ROUNDING, pair, score as written};
use super::{Guard, Rule, RuleGroup, RuleOutcome, SliceGuard};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Guard;

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = case
        .policy
        .guards
        .iter()
        .map(|guard| metric_guard(case, guard))
        .collect();
    for guard in &case.policy.slices {
        rules.extend(slice_guard(case, guard));
    }
    rules
}

fn metric_guard(case: &Case<'_>, guard: &Guard) -> Rule {
    let (metric, title) = (guard.metric, guard.metric.title());
    let name = format!("guard:{}", metric.name());
    let Some(champion) = case.champion else {
        return skipped(name, GROUP, "there is no champion to fall behind");
    };
    let Some((new, old)) = case.challenger.get(metric).zip(champion.get(metric)) else {
        let reason =
            format!("{title} is undefined for one of the models, so a fall cannot be ruled out");
        return rule(
            name,
            GROUP,
            RuleOutcome::Inconclusive,
            None,
            Some(guard.max_fall),
            reason,
        );
    };
    let fall = metric.gain(old, new);
    let (outcome, verb) = if fall <= guard.max_fall + ROUNDING {
        (RuleOutcome::Pass, "within")
    } else {
        (RuleOutcome::Reject, "worse by more than")
    };
    let (new, old) = pair(new, old);
    let accepted = written(guard.max_fall);
    let reason = format!("{title} goes from {old} to {new}, {verb} the accepted {accepted}");
    rule(
        name,
        GROUP,
        outcome,
        Some(fall),
        Some(guard.max_fall),
        reason,
    )
}

fn slice_guard(case: &Case<'_>, guard: &SliceGuard) -> Vec<Rule> {
    let (column, name) = (&guard.column, format!("slice:{}", guard.column));
    let Some(champion) = case.evidence.champion else {
        return vec![skipped(name, GROUP, "there is no champion to fall behind")];
    };
    let cannot = |reason: String| {
        vec![rule(
            &name,
            GROUP,
            RuleOutcome::Inconclusive,
            None,
            Some(guard.max_fall),
            reason,
        )]
    };
    let Some((_, groups)) = case
        .evidence
        .slices
        .iter()
        .find(|(known, _)| known == column)
    else {
        return cannot(format!(
            "the test rows have no groups for column `{column}`"
        ));
    };
    if groups.len() != case.evidence.truth.len() {
        return cannot(format!(
            "{} groups for column `{column}` on {}",
            groups.len(),
            counted(case.rows(), "test row")
        ));
    }
    if case
        .problem_with(case.evidence.challenger)
        .or_else(|| case.problem_with(champion))
        .is_some()
    {
        return cannot(
            "a model's predictions do not fit the test rows, so slices cannot be scored".to_owned(),
        );
    }
    let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, group) in groups.iter().enumerate() {
        rows_of.entry(group).or_default().push(row);
    }
    rows_of
        .into_iter()
        .map(|(group, rows)| slice(case, guard, champion, group, &rows))
        .collect()
}

/// One group. The reason names the column only; the group is in the rule's name.
fn slice(
    case: &Case<'_>,
    guard: &SliceGuard,
    champion: &Predictions,
    group: &str,
    rows: &[usize],
) -> Rule {
    let (metric, title) = (case.evidence.metric, case.evidence.metric.title());
    let name = format!("slice:{}={group}", guard.column);
    let n = rows.len() as u64;
    let place = format!(
        "in a group of `{}` with {}",
        guard.column,
        counted(n, "row")
    );
    let truth = case.evidence.truth.select(rows);
    let value = |model: &Predictions| score(&truth, &model.select(rows)).get(metric);
    let Some((new, old)) = value(case.evidence.challenger).zip(value(champion)) else {
        let reason = format!("{title} is undefined {place}, so a fall cannot be ruled out");
        return rule(
            name,
            GROUP,
            RuleOutcome::Inconclusive,
            None,
            Some(guard.max_fall),
            reason,
        );
    };
    let fall = metric.gain(old, new);
    let (within, enough) = (fall <= guard.max_fall + ROUNDING, n >= guard.min_rows);
    let (new, old) = pair(new, old);
    let (accepted, asked) = (written(guard.max_fall), guard.min_rows);
    let moved = format!("{title} goes from {old} to {new} {place}");
    let (outcome, reason) = match (within, enough) {
        (true, true) => (
            RuleOutcome::Pass,
            format!("{moved}, within the accepted {accepted}"),
        ),
        (true, false) => (
            RuleOutcome::Skipped,
            format!("{moved}, too few to tell ({asked} required)"),
        ),
        (false, true) => (
            RuleOutcome::Reject,
            format!("{moved}, worse by more than the accepted {accepted}"),
        ),
        (false, false) => {
            let reason = format!(
                "{moved}, worse by more than the accepted {accepted} but too few to tell ({asked} required)"
            );
            (RuleOutcome::Inconclusive, reason)
        }
    };
    rule(
        name,
        GROUP,
        outcome,
        Some(fall),
        Some(guard.max_fall),
        reason,
    )
}
