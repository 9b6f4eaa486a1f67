//! The hard checks: what must hold before any comparison is worth reading.

use super::case::{Case, rule, skipped};
use super::wording::{ROUNDING, pair, percent, score, signed};
use super::{Rule, RuleGroup, RuleOutcome};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Hard;

pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    vec![
        finite_metrics(case),
        loads(case),
        differs(case),
        beat_baselines(case),
        floor(case),
        ceiling(case),
        leakage(case),
    ]
}

fn finite_metrics(case: &Case<'_>) -> Rule {
    let title = case.evidence.metric.title();
    let predictions = case.evidence.challenger;
    let (answers, every) = if case.is_of_numbers() {
        ("predictions", "every prediction")
    } else {
        ("probabilities", "every probability")
    };
    let fault = if case.rows() == 0 {
        Some("there are no test rows to score the challenger on".to_owned())
    } else if let Some(problem) = case.problem_with(predictions) {
        Some(format!(
            "the challenger's predictions do not fit the test rows: {problem}"
        ))
    } else if predictions.not_finite() > 0 {
        Some(format!(
            "the challenger answers with {} {answers} that are not finite numbers",
            predictions.not_finite()
        ))
    } else if case.challenger_value().is_none() {
        Some(format!(
            "{title} is undefined for the challenger on these {}",
            counted(case.rows(), "test row")
        ))
    } else {
        None
    };
    let (outcome, reason) = match fault {
        Some(fault) => (RuleOutcome::Reject, fault),
        None => (
            RuleOutcome::Pass,
            format!("{title} and {every} of the challenger are finite"),
        ),
    };
    rule(
        "finite_metrics",
        GROUP,
        outcome,
        case.challenger_value(),
        None,
        reason,
    )
}

fn loads(case: &Case<'_>) -> Rule {
    let (outcome, reason) = match &case.evidence.facts.load_failure {
        Some(why) => (
            RuleOutcome::Reject,
            format!("the challenger cannot be served as it is stored: {why}"),
        ),
        None => (
            RuleOutcome::Pass,
            "the challenger loads from its own bytes and answers its golden rows exactly"
                .to_owned(),
        ),
    };
    rule(
        "loads_and_answers_golden_rows",
        GROUP,
        outcome,
        None,
        None,
        reason,
    )
}

fn differs(case: &Case<'_>) -> Rule {
    let name = "differs_from_champion";
    if !case.has_champion() {
        return skipped(name, GROUP, "there is no champion");
    }
    let (outcome, reason) = if case.evidence.facts.differs_from_champion {
        (
            RuleOutcome::Pass,
            "the challenger's parameters differ from the champion's",
        )
    } else {
        (
            RuleOutcome::Reject,
            "the challenger has the same parameters as the champion",
        )
    };
    rule(name, GROUP, outcome, None, None, reason)
}

fn beat_baselines(case: &Case<'_>) -> Rule {
    let (name, metric) = ("beat_baselines", case.evidence.metric);
    if !case.policy.beat_baselines {
        return skipped(name, GROUP, "the policy does not ask for it");
    }
    let best = case.best_baseline();
    let (title, rows, value) = (
        metric.title(),
        counted(case.rows(), "row"),
        case.challenger_value(),
    );
    let (holds, reason) = match (value, best) {
        (Some(value), Some((baseline, bound))) => {
            let holds = metric.gain(value, bound) > 0.0;
            let ((value, bound), verb) = (
                pair(value, bound),
                if holds { "beats" } else { "does not beat" },
            );
            (
                holds,
                format!("{title} {value} {verb} {baseline} ({bound}) on {rows}"),
            )
        }
        (None, _) => (
            false,
            format!("{title} is undefined, so the challenger beats no baseline"),
        ),
        (_, None) => (
            false,
            format!("{title} of the baselines is undefined, so none of them is beaten"),
        ),
    };
    let outcome = if holds {
        RuleOutcome::Pass
    } else {
        case.failing(RuleOutcome::Reject)
    };
    rule(name, GROUP, outcome, value, best.map(|best| best.1), reason)
}

fn floor(case: &Case<'_>) -> Rule {
    let (name, metric) = ("floor", case.evidence.metric);
    let Some(floor) = case.policy.floor else {
        return skipped(name, GROUP, "no floor is set");
    };
    let value = case.challenger_value();
    let holds = value.is_some_and(|value| metric.gain(value, floor) >= -ROUNDING);
    let (outcome, verb) = match (holds, case.has_champion()) {
        (true, _) => (RuleOutcome::Pass, "is as good as"),
        (false, true) => (RuleOutcome::Reject, "is worse than"),
        (false, false) => (RuleOutcome::Warn, "is worse than"),
    };
    let reason = match value {
        Some(value) => {
            let (value, floor) = pair(value, floor);
            format!("{} {value} {verb} the floor of {floor}", metric.title())
        }
        None => format!(
            "{} is undefined, so the floor is not reached",
            metric.title()
        ),
    };
    rule(name, GROUP, outcome, value, Some(floor), reason)
}

fn ceiling(case: &Case<'_>) -> Rule {
    let (name, metric) = ("ceiling", case.evidence.metric);
    let Some(ceiling) = case.policy.ceiling else {
        return skipped(name, GROUP, "no ceiling is set");
    };
    if !case.has_champion() {
        return skipped(name, GROUP, "there is no champion to gain on");
    }
    let gain = case
        .challenger_value()
        .zip(case.champion_value())
        .map(|(new, old)| metric.gain(new, old));
    let holds = gain.is_some_and(|gain| gain <= ceiling + ROUNDING);
    let reason = match gain {
        Some(gain) if holds => {
            format!(
                "a change of {} in {} is within the ceiling of {}",
                signed(gain),
                metric.title(),
                score(ceiling)
            )
        }
        Some(gain) => format!(
            "a gain of {} in {} is above the ceiling of {}: too good to be trusted unseen",
            signed(gain),
            metric.title(),
            score(ceiling)
        ),
        None => format!(
            "{} is undefined for one of the models, so the gain is unknown",
            metric.title()
        ),
    };
    let outcome = if holds {
        RuleOutcome::Pass
    } else {
        RuleOutcome::Reject
    };
    rule(name, GROUP, outcome, gain, Some(ceiling), reason)
}

fn leakage(case: &Case<'_>) -> Rule {
    let (name, bound) = ("max_leakage", case.policy.max_leakage);
    let (leaked, rows) = (case.evidence.facts.leaked_rows, case.rows());
    if rows == 0 {
        return skipped(name, GROUP, "there are no test rows");
    }
    let share = leaked as f64 / rows as f64;
    let (outcome, asked) = if share <= bound + ROUNDING {
        (RuleOutcome::Pass, "at most")
    } else {
        (case.failing(RuleOutcome::Reject), "more than the accepted")
    };
    let reason = format!(
        "{leaked} of {} are also in the training data ({}), {asked} {}",
        counted(rows, "test row"),
        percent(share),
        percent(bound)
    );
    rule(name, GROUP, outcome, Some(share), Some(bound), reason)
}
