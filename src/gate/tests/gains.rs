//! Gains that the policy asks for.

use super::numbers::Numbers;
use super::{Stand, by_labels, outcome, rule, says};
use crate::evaluate::Metric;
use crate::gate::gains::relative;
use crate::gate::{Decision, EvidenceKind, Policy, RuleOutcome, Verdict};

fn asking(relative: Option<f64>, absolute: Option<f64>) -> Policy {
    Policy {
        min_relative_gain: relative,
        min_absolute_gain: absolute,
        replicates: 200,
        ..Policy::default()
    }
}

#[test]
fn a_relative_gain_has_the_sign_of_the_gain_whatever_the_sign_of_the_old_value() {
    // (gain, old, floor) → share. The first two are those on which dividing by the old value itself turns better into worse.
    let cases = [
        (0.1, -0.2, 1e-6, 0.5),
        (-0.2, -0.2, 1e-6, -1.0),
        (0.1, 0.2, 1e-6, 0.5),
        (0.1, 0.0, 0.05, 2.0),
        (0.1, -0.01, 0.05, 2.0),
        (0.0, 0.0, 1e-6, 0.0),
    ];
    for (gain, old, floor, expected) in cases {
        let found = relative(gain, old, floor);
        assert!((found - expected).abs() < 1e-12, "{gain} on {old}: {found}");
    }
    assert!(relative(0.1, 0.2, f64::NAN).is_nan());
}

/// R² of the challenger and the champion are both below zero; the better one is let in.
#[test]
fn a_negative_r2_that_comes_nearer_to_zero_is_a_gain() {
    let decide = |new: f64, old: f64| {
        let policy = Policy {
            beat_baselines: false,
            ..asking(Some(0.05), None)
        };
        Numbers::missing_by(new, old).decide(&policy)
    };
    let better = decide(60.0, 70.0);
    assert!(better.challenger.r2.unwrap() < 0.0);
    assert_eq!(better.verdict, Verdict::Promote, "{:#?}", better.reasons);
    assert!(rule(&better, "min_relative_gain").value.unwrap() > 0.05);
    assert_eq!(decide(70.0, 60.0).verdict, Verdict::Reject);
}

#[test]
fn gains_of_metrics_that_fall_are_falls() {
    let stand = Numbers {
        metric: Metric::Rmse,
        ..Numbers::missing_by(18.0, 20.0)
    };
    let passes = stand.decide(&asking(Some(0.1), Some(2.0)));
    assert_eq!(passes.verdict, Verdict::Promote, "{:#?}", passes.reasons);
    let rejected = stand.decide(&asking(Some(0.11), Some(2.01)));
    assert_eq!(rejected.verdict, Verdict::Reject);
    for name in ["min_relative_gain", "min_absolute_gain"] {
        assert_eq!(outcome(&rejected, name), RuleOutcome::Reject);
    }
    says(
        &rejected,
        "RMSE falls from 20.000 to 18.000, a relative gain of +10 %: less than the 11 % required",
    );
}

#[test]
fn gains_hold_for_classes_too_and_are_not_asked_without_a_champion() {
    let stand = Stand::clearly_better();
    let passes = stand.decide(&asking(Some(0.1), Some(0.05)));
    assert_eq!(passes.verdict, Verdict::Promote, "{:#?}", passes.reasons);
    let rejected = stand.decide(&asking(None, Some(0.5)));
    assert_eq!(outcome(&rejected, "min_absolute_gain"), RuleOutcome::Reject);
    let first = stand
        .without_champion()
        .decide(&asking(Some(9.0), Some(9.0)));
    assert_eq!(first.verdict, Verdict::Promote);
    assert_eq!(outcome(&first, "min_relative_gain"), RuleOutcome::Skipped);
    let few = Stand::five_rows().decide(&asking(Some(0.9), None));
    assert_eq!(
        outcome(&few, "min_relative_gain"),
        RuleOutcome::Inconclusive,
        "too few rows are no ground to reject either"
    );
}

#[test]
fn an_undefined_gain_is_none() {
    let mut stand = Numbers::missing_by(10.0, 20.0);
    stand.champion.as_mut().unwrap()[3] = f64::NAN;
    let decision = stand.decide(&asking(Some(0.0), None));
    assert_eq!(
        outcome(&decision, "min_relative_gain"),
        RuleOutcome::Inconclusive
    );
    assert_ne!(decision.verdict, Verdict::Promote);
}

/// Decisions of before have neither a floor nor the kind of evidence: it was labels.
#[test]
fn an_old_decision_is_read_as_one_by_labels() {
    let decision = Stand::five_rows().decide(&by_labels());
    let mut json = serde_json::to_value(&decision).unwrap();
    let policy = json["policy"].as_object_mut().unwrap();
    for key in [
        "evidence",
        "first_key",
        "second_key",
        "out_of_fold_rows",
        "retune",
        "approval",
        "relative_gain_floor",
    ] {
        assert!(policy.remove(key).is_some(), "{key}");
    }
    assert!(policy.get("min_relative_gain").is_none());
    assert_eq!(serde_json::from_value::<Decision>(json).unwrap(), decision);
    let of_today: Policy = serde_json::from_str("{}").unwrap();
    assert_eq!(of_today.evidence, EvidenceKind::TwoKeys);
}
