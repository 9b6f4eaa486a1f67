//! What may differ when champion and challenger answer past requests.

use super::case::{Case, rule, skipped};
use super::wording::{percent, score as written};
use super::{Rule, RuleGroup, RuleOutcome, Shadow};
use crate::text::counted;

const GROUP: RuleGroup = RuleGroup::Guard;

/// What the logged requests say of the challenger; nothing where it was not requested.
pub(super) fn rules(case: &Case<'_>) -> Vec<Rule> {
    let (policy, shadow) = (case.policy, case.evidence.facts.shadow.as_ref());
    if !case.has_champion() {
        return Vec::new();
    }
    let Some(shadow) = shadow.filter(|shadow| shadow.rows > 0) else {
        let why = shadow.and_then(|shadow| shadow.why_none.clone());
        let why = why.unwrap_or_else(|| "`shadow.challenger` is false".to_string());
        return without(case, &why, shadow.is_some());
    };
    let mut rules = vec![flips(case, shadow)];
    if let Some(most) = policy.max_slower {
        rules.push(latency(shadow, most));
    }
    rules
}

/// A bound that cannot be checked against anything leaves the verdict open.
fn without(case: &Case<'_>, why: &str, is_asked: bool) -> Vec<Rule> {
    let bounds = [
        ("shadow_flips", case.policy.max_flips),
        ("shadow_latency", case.policy.max_slower),
    ];
    let asked = bounds
        .into_iter()
        .filter_map(|(name, bound)| Some((name, bound?)));
    let mut rules: Vec<Rule> = asked
        .map(|(name, bound)| {
            let reason = format!("no past request was answered by the challenger: {why}");
            rule(
                name,
                GROUP,
                RuleOutcome::Inconclusive,
                None,
                Some(bound),
                reason,
            )
        })
        .collect();
    if rules.is_empty() && is_asked {
        let reason = format!("no past request was answered by the challenger: {why}");
        rules.push(skipped("shadow_flips", GROUP, reason));
    }
    rules
}

fn flips(case: &Case<'_>, shadow: &Shadow) -> Rule {
    let rows = counted(shadow.rows, "logged request");
    let [champion, challenger] = shadow.micros_per_row;
    let speed = format!(
        "a row takes {} µs where the champion takes {}",
        written(challenger),
        written(champion)
    );
    let (value, said) = match shadow.flips {
        Some(flips) => {
            let share = flips as f64 / shadow.rows as f64;
            let said = format!(
                "the challenger answers {flips} of the last {rows} ({}) by another class; {speed}",
                percent(share)
            );
            (share, said)
        }
        None => {
            let said = format!(
                "on the last {rows} the challenger's numbers are {} away from the champion's on average; {speed}",
                written(shadow.mean_change)
            );
            (0.0, said)
        }
    };
    let (outcome, reason) = match case.policy.max_flips {
        Some(most) if value > most => (
            RuleOutcome::Reject,
            format!("{said}; {} are accepted", percent(most)),
        ),
        _ => (RuleOutcome::Pass, said),
    };
    rule(
        "shadow_flips",
        GROUP,
        outcome,
        Some(value),
        case.policy.max_flips,
        reason,
    )
}

fn latency(shadow: &Shadow, most: f64) -> Rule {
    let [champion, challenger] = shadow.micros_per_row;
    let ratio = challenger / champion.max(f64::MIN_POSITIVE);
    let said = format!(
        "a row takes {} µs where the champion takes {}: {} times as long",
        written(challenger),
        written(champion),
        written(ratio)
    );
    let (outcome, reason) = if ratio <= most {
        (RuleOutcome::Pass, said)
    } else {
        let most = written(most);
        (
            RuleOutcome::Reject,
            format!("{said}; {most} times is accepted"),
        )
    };
    rule(
        "shadow_latency",
        GROUP,
        outcome,
        Some(ratio),
        Some(most),
        reason,
    )
}
