//! The comparison: challenger against champion on the same rows, as `require` asks.

use crate::evaluate::{Metric, Predictions, Truth, valid_confidence};

use super::case::{Case, skipped};
use super::wording::{p_value, pair, percent, score, signed};
use super::{Comparison, Require, Rule, RuleGroup, RuleOutcome, mcnemar, paired};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Comparison;

/// The comparison's numbers and what `not_worse` needs beside them.
pub(super) struct Compared {
    pub(super) comparison: Comparison,
    /// Share of replicates above minus the policy's margin.
    pub(super) p_not_worse: f64,
}

/// `None` without a champion, or when the difference is undefined on these rows.
pub(super) fn measure(case: &Case<'_>) -> Option<Compared> {
    let (evidence, policy) = (case.evidence, case.policy);
    let predictions = evidence.champion?;
    let (challenger, champion) = (case.challenger_value()?, case.champion_value()?);
    let deltas = paired::of_answers(
        evidence.metric,
        evidence.truth,
        evidence.challenger,
        predictions,
        policy.replicates,
        policy.seed,
    )?;
    if !valid_confidence(policy.confidence) {
        return None;
    }
    let is_enough = evidence.truth.len() >= super::FEWEST_INTERVAL_ROWS;
    let interval = deltas.deciding(policy.confidence);
    let interval = interval.filter(|found| is_enough && found.has_width());
    let (only_challenger_right, only_champion_right) =
        match (evidence.truth, evidence.challenger, predictions) {
            (Truth::Classes(truth), Predictions::Classes(new), Predictions::Classes(old)) => {
                mcnemar::discordant(truth, &new.labels, &old.labels)
            }
            (Truth::Numbers(truth), Predictions::Numbers(new), Predictions::Numbers(old)) => {
                mcnemar::nearer(truth, new, old)
            }
            _ => return None,
        };
    let comparison = Comparison {
        metric: evidence.metric,
        challenger,
        champion,
        delta: evidence.metric.gain(challenger, champion),
        interval,
        // Without the last bits of a subtraction.
        interval_level: Some(((2.0 * policy.confidence - 1.0) * 1e12).round() / 1e12),
        p_better: deltas.p_better(),
        only_challenger_right,
        only_champion_right,
        mcnemar_p: mcnemar::exact_p(only_challenger_right, only_champion_right),
    };
    Some(Compared {
        comparison,
        p_not_worse: deltas.share_above(-policy.margin),
    })
}

/// The comparison rule. `sufficient` says whether the evidence checks held: on too few rows a difference in the wrong
/// direction is no ground to reject either.
pub(super) fn rule(case: &Case<'_>, compared: Option<&Compared>, sufficient: bool) -> Rule {
    let require = case.policy.require;
    let Some(champion) = case.evidence.champion else {
        return skipped(
            require.name(),
            GROUP,
            "there is no champion to compare with",
        );
    };
    let cannot = |reason: String| {
        super::case::rule(
            require.name(),
            GROUP,
            RuleOutcome::Inconclusive,
            None,
            None,
            reason,
        )
    };
    if let Some(problem) = case.problem_with(champion) {
        return cannot(format!(
            "the champion's predictions do not fit the test rows: {problem}"
        ));
    }
    let title = case.evidence.metric.title();
    let Some((new, old)) = case.challenger_value().zip(case.champion_value()) else {
        return cannot(format!(
            "{title} is undefined for one of the models, so they cannot be compared"
        ));
    };
    if require == Require::Naive {
        return naive(case, new, old);
    }
    let Some(compared) = compared.filter(|_| valid_confidence(case.policy.confidence)) else {
        return cannot(
            "the difference cannot be resampled: the policy needs a confidence between 0 and 1 and replicates".to_owned(),
        );
    };
    match require {
        Require::NotWorse => not_worse(case, compared, sufficient),
        Require::Better | Require::Naive => better(case, compared, sufficient),
    }
}

fn naive(case: &Case<'_>, new: f64, old: f64) -> Rule {
    let delta = case.evidence.metric.gain(new, old);
    let (outcome, verb) = if delta > 0.0 {
        (RuleOutcome::Pass, "is better than")
    } else {
        (RuleOutcome::Reject, "is not better than")
    };
    let (new, old) = pair(new, old);
    let reason = format!(
        "{} {new} {verb} the champion's {old}, compared plainly",
        case.evidence.metric.title()
    );
    rule_with(case, outcome, delta, 0.0, reason)
}

fn better(case: &Case<'_>, compared: &Compared, sufficient: bool) -> Rule {
    let (numbers, asked) = (&compared.comparison, case.policy.confidence);
    let moved = movement(case.evidence.metric, numbers);
    let (share, wanted) = (percent(numbers.p_better), percent(asked));
    let (outcome, reason) = if numbers.delta > 0.0 && numbers.p_better >= asked {
        (
            RuleOutcome::Pass,
            format!("{moved}, and is better in {share} of the resamples ({wanted} required)"),
        )
    } else if numbers.delta > 0.0 {
        let reason =
            format!("{moved}, but is better in only {share} of the resamples ({wanted} required)");
        (RuleOutcome::Inconclusive, reason)
    } else {
        let reason = format!("{moved}: the challenger is not better than the champion");
        (wrong_direction(sufficient), reason)
    };
    rule_with(case, outcome, numbers.p_better, asked, reason)
}

fn not_worse(case: &Case<'_>, compared: &Compared, sufficient: bool) -> Rule {
    let (numbers, asked, margin) = (
        &compared.comparison,
        case.policy.confidence,
        case.policy.margin,
    );
    let moved = movement(case.evidence.metric, numbers);
    let (share, wanted, fall) = (percent(compared.p_not_worse), percent(asked), score(margin));
    let (outcome, reason) = if numbers.delta > -margin && compared.p_not_worse >= asked {
        (
            RuleOutcome::Pass,
            format!(
                "{moved}, and falls by less than {fall} in {share} of the resamples ({wanted} required)"
            ),
        )
    } else if numbers.delta > -margin {
        let reason = format!(
            "{moved}, but falls by less than {fall} in only {share} of the resamples ({wanted} required)"
        );
        (RuleOutcome::Inconclusive, reason)
    } else {
        (
            wrong_direction(sufficient),
            format!("{moved}, which is not less than the accepted fall of {fall}"),
        )
    };
    rule_with(case, outcome, compared.p_not_worse, asked, reason)
}

pub(super) fn wrong_direction(sufficient: bool) -> RuleOutcome {
    if sufficient {
        RuleOutcome::Reject
    } else {
        RuleOutcome::Inconclusive
    }
}

fn rule_with(
    case: &Case<'_>,
    outcome: RuleOutcome,
    value: f64,
    bound: f64,
    reason: String,
) -> Rule {
    super::case::rule(
        case.policy.require.name(),
        GROUP,
        outcome,
        Some(value),
        Some(bound),
        reason,
    )
}

/// "F1 rises from 0.571 to 0.750".
pub(super) fn movement(metric: Metric, numbers: &Comparison) -> String {
    movement_of(metric, numbers.challenger, numbers.champion)
}

/// The same of two values.
pub(super) fn movement_of(metric: Metric, new: f64, old: f64) -> String {
    let verb = match new.total_cmp(&old) {
        std::cmp::Ordering::Less => "falls",
        std::cmp::Ordering::Equal => {
            return format!("{} stays at {}", metric.title(), score(new));
        }
        std::cmp::Ordering::Greater => "rises",
    };
    let (new, old) = pair(new, old);
    format!("{} {verb} from {old} to {new}", metric.title())
}

/// The discordant rows and McNemar's test in words; of numbers, who comes nearer and the sign test.
pub(super) fn discordance(is_of_numbers: bool, numbers: &Comparison) -> String {
    if is_of_numbers {
        return format!(
            "the challenger comes nearer to {} and the champion to {} (exact sign test p {})",
            counted(numbers.only_challenger_right, "row"),
            numbers.only_champion_right,
            p_value(numbers.mcnemar_p)
        );
    }
    format!(
        "{} only the challenger has right and {} only the champion (exact McNemar p {})",
        counted(numbers.only_challenger_right, "row"),
        numbers.only_champion_right,
        p_value(numbers.mcnemar_p)
    )
}

/// A difference for tables, with its interval.
pub(super) fn difference(numbers: &Comparison) -> String {
    match &numbers.interval {
        Some(found) => format!(
            "{} ({} to {})",
            signed(numbers.delta),
            signed(found.low),
            signed(found.high)
        ),
        None => signed(numbers.delta),
    }
}
