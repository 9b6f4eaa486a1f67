//! How much better is enough: gains that must be reached for a change of versions to be worth it.
//!
//! A gain is signed so that larger is better, whichever way the metric runs. The relative one is the gain divided by the
//! size of the champion's value, |old|, so that a negative R² does not turn better into worse; |old| is never taken below
//! `relative_gain_floor`, so that a champion at zero can still be unseated. What is undefined reaches no gain.

use super::case::{Case, rule, skipped};
use super::compare::{movement_of, wrong_direction};
use super::wording::{ROUNDING, percent, score, signed};
use super::{Rule, RuleGroup, RuleOutcome};

const GROUP: RuleGroup = RuleGroup::Comparison;

/// One rule for each gain that the policy asks for.
pub(super) fn rules(case: &Case<'_>, sufficient: bool) -> Vec<Rule> {
    let (policy, metric) = (case.policy, case.evidence.metric);
    let pair = case.challenger_value().zip(case.champion_value());
    let gain = pair.map(|(new, old)| metric.gain(new, old));
    let absolute = policy.min_absolute_gain.map(|asked| {
        let said = |gain: f64| format!("a gain of {}", signed(gain));
        let rule = Requirement {
            name: "min_absolute_gain",
            gain,
            asked,
            asked_said: score(asked),
        };
        judge(case, rule, said, sufficient)
    });
    let relative = policy.min_relative_gain.map(|asked| {
        let gain = gain.zip(case.champion_value());
        let gain = gain.map(|(gain, old)| relative(gain, old, policy.relative_gain_floor));
        let said = |gain: f64| {
            let sign = if gain < 0.0 { "-" } else { "+" };
            format!("a relative gain of {sign}{}", percent(gain.abs()))
        };
        let rule = Requirement {
            name: "min_relative_gain",
            gain,
            asked,
            asked_said: percent(asked),
        };
        judge(case, rule, said, sufficient)
    });
    absolute.into_iter().chain(relative).collect()
}

/// The gain as a share of the size of what it is a gain on. NaN for a floor that is none.
pub fn relative(gain: f64, old: f64, floor: f64) -> f64 {
    let size = if old.abs() >= floor { old.abs() } else { floor };
    gain / size
}

struct Requirement {
    name: &'static str,
    gain: Option<f64>,
    asked: f64,
    asked_said: String,
}

fn judge(
    case: &Case<'_>,
    asked: Requirement,
    said: impl Fn(f64) -> String,
    sufficient: bool,
) -> Rule {
    let Requirement {
        name,
        gain,
        asked,
        asked_said,
    } = asked;
    if !case.has_champion() {
        return skipped(name, GROUP, "there is no champion to gain on");
    }
    let title = case.evidence.metric.title();
    let pair = case.challenger_value().zip(case.champion_value());
    let (Some(gain), Some((new, old))) = (gain.filter(|gain| gain.is_finite()), pair) else {
        let reason = format!("{title} is undefined for one of the models, so no gain is known");
        return rule(
            name,
            GROUP,
            RuleOutcome::Inconclusive,
            None,
            Some(asked),
            reason,
        );
    };
    // A gain that is NaN was left out above; a bound that is NaN is reached by nothing.
    let holds = gain >= asked - ROUNDING;
    let moved = movement_of(case.evidence.metric, new, old);
    let (outcome, verb) = if holds {
        (RuleOutcome::Pass, "as much as")
    } else {
        (wrong_direction(sufficient), "less than")
    };
    let reason = format!("{moved}, {}: {verb} the {asked_said} required", said(gain));
    rule(name, GROUP, outcome, Some(gain), Some(asked), reason)
}
