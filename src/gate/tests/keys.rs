//! The comparison by two keys: which verdict follows from which judgement, and in which words.

use super::{Stand, by_labels, outcome, rule, says};
use crate::evaluate::{ClassPredictions, Metric};
use crate::gate::case::Case;
use crate::gate::keys;
use crate::gate::{Decision, EvidenceKind, Policy, RuleOutcome, Verdict};

fn two_keys() -> Policy {
    Policy {
        evidence: EvidenceKind::TwoKeys,
        ..Policy::default()
    }
}

/// `n` rows with a known probability of the positive class; the models see it with more or less noise.
fn stand(n: u32, champion_noise: f64, challenger_noise: f64) -> Stand {
    let spread = |row: u32, step: f64| (f64::from(row) * step).fract() - 0.5;
    let side = |noise: f64, step: f64| {
        let logit = |row: u32| 4.0 * spread(row, 0.618_034) + noise * 4.0 * spread(row, step);
        let probabilities: Vec<f64> = (0..n)
            .map(|row| 1.0 / (1.0 + (-logit(row)).exp()))
            .collect();
        ClassPredictions {
            n_classes: 2,
            labels: probabilities.iter().map(|&p| u32::from(p >= 0.5)).collect(),
            probabilities,
        }
    };
    let truth = (0..n)
        .map(|row| {
            let p = 1.0 / (1.0 + (-4.0 * spread(row, 0.618_034)).exp());
            u32::from(spread(row, 0.754_877_7) + 0.5 < p)
        })
        .collect();
    Stand {
        metric: Metric::F1,
        prior: vec![0.5, 0.5],
        truth,
        challenger: side(challenger_noise, 0.569_84),
        champion: Some(side(champion_noise, 0.324_717_9)),
        ..Stand::five_rows()
    }
}

#[test]
fn a_better_challenger_turns_both_keys() {
    let decision = stand(3_000, 0.9, 0.1).decide(&two_keys());
    assert_eq!(decision.verdict, Verdict::Promote, "{:#?}", decision.rules);
    says(
        &decision,
        "by the test rows alone (80 % required), from 3000 test rows",
    );
    let judged = decision.judgement.expect("two keys");
    assert!(judged.all.probability >= 0.9 && judged.labels > 0.0);
    // Without out-of-fold rows both keys are one.
    assert_eq!(judged.all, judged.trusted);
}

#[test]
fn a_worse_one_is_rejected_and_the_reason_gives_the_probability() {
    let decision = stand(3_000, 0.1, 0.9).decide(&two_keys());
    assert_eq!(decision.verdict, Verdict::Reject);
    assert_eq!(outcome(&decision, "better"), RuleOutcome::Reject);
    assert!(
        rule(&decision, "better")
            .reason
            .contains("the challenger is worse with probability")
    );
}

/// A judgement by numbers alone, to see which verdict follows.
fn judged(all: f64, trusted: f64) -> (RuleOutcome, String) {
    let stand = stand(3_000, 0.5, 0.5);
    let decision = stand.decide(&two_keys());
    let mut judgement = decision.judgement.expect("two keys");
    (judgement.all.probability, judgement.trusted.probability) = (all, trusted);
    judgement.all.equivalent = 0.0;
    let found = stand.shown(|evidence| {
        let case = Case {
            evidence,
            policy: &two_keys(),
            challenger: &decision.challenger,
            champion: decision.champion.as_ref(),
            baselines: &[],
        };
        keys::rule(&case, Some(&judgement), None, true).expect("a rule")
    });
    (found.outcome, found.reason)
}

/// Other rows do not outvote the test rows, in either direction.
#[test]
fn the_verdict_follows_from_both_probabilities() {
    let outcome = |all: f64, trusted: f64| judged(all, trusted).0;
    assert_eq!(outcome(0.9, 0.8), RuleOutcome::Pass);
    assert_eq!(outcome(0.99, 0.79), RuleOutcome::Inconclusive);
    assert_eq!(outcome(0.89, 0.99), RuleOutcome::Inconclusive);
    assert_eq!(outcome(0.11, 0.11), RuleOutcome::Inconclusive);
    assert_eq!(outcome(0.09, 0.5), RuleOutcome::Reject);
    let (outcome, reason) = judged(0.7, 0.002);
    assert_eq!(outcome, RuleOutcome::Reject);
    let says = "the challenger is worse with probability 99.8 % by the test rows alone";
    assert!(reason.ends_with(says), "{reason}");
}

#[test]
fn two_models_that_label_nearly_alike_are_equivalent() {
    let decision = stand(3_000, 0.05, 0.05).decide(&two_keys());
    assert_eq!(decision.verdict, Verdict::Equivalent);
    assert_eq!(outcome(&decision, "better"), RuleOutcome::Equivalent);
    says(
        &decision,
        "equivalent: no better and no worse than by 0.005",
    );
}

#[test]
fn equivalent_needs_every_other_rule_to_hold() {
    let alike = stand(3_000, 0.05, 0.05);
    let verdict = |policy: Policy| alike.decide(&policy).verdict;
    let too_few = Policy {
        min_rows: 4_000,
        ..two_keys()
    };
    assert_eq!(verdict(too_few), Verdict::Inconclusive);
    let too_low = Policy {
        floor: Some(0.99),
        ..two_keys()
    };
    assert_eq!(verdict(too_low), Verdict::Reject);
    // Written and read back it is what it was, and what was written before is still read.
    let decision = alike.decide(&two_keys());
    let mut json = serde_json::to_value(&decision).expect("JSON");
    assert_eq!(json["verdict"], "equivalent");
    json["verdict"] = "inconclusive".into();
    let older: Decision = serde_json::from_value(json).expect("an older decision");
    assert_eq!(older.verdict, Verdict::Inconclusive);
}

/// The same with both models' labels at another threshold.
fn called_from(threshold: f64, mut stand: Stand) -> Stand {
    let sides = [Some(&mut stand.challenger), stand.champion.as_mut()];
    for side in sides.into_iter().flatten() {
        let said = side.probabilities.iter();
        side.labels = said.map(|&p| u32::from(p >= threshold)).collect();
    }
    stand
}

#[test]
fn a_gain_of_the_threshold_alone_moves_the_champions_where_that_is_asked() {
    let retune = Policy {
        retune: true,
        ..two_keys()
    };
    // Both are as good at ordering rows and both say yes too seldom.
    let late = called_from(0.65, stand(3_000, 0.1, 0.1));
    let decision = late.decide(&retune);
    assert_eq!(decision.verdict, Verdict::Retune, "{:#?}", decision.reasons);
    says(&decision, "moving the champion's threshold to 0.");
    let moved = decision.retuned.expect("judged");
    assert!(moved.all.probability >= 0.9 && moved.ranking.probability < 0.9);
    assert!(moved.threshold < 0.6, "{moved:?}");
    // Unless it is requested, it is told and nothing else.
    let plain = late.decide(&two_keys());
    assert_ne!(plain.verdict, Verdict::Retune);
    assert_eq!((plain.retuned, plain.wanted), (None, None));
}

#[test]
fn a_challenger_that_orders_rows_better_goes_in_whatever_the_threshold_would_bring() {
    let retune = Policy {
        retune: true,
        ..two_keys()
    };
    let better = stand(3_000, 0.9, 0.1);
    let decision = better.decide(&retune);
    assert_eq!(
        decision.verdict,
        Verdict::Promote,
        "{:#?}",
        decision.reasons
    );
}

#[test]
fn probabilities_that_contradict_the_labels_leave_the_decision_to_the_labels() {
    let mut stand = stand(3_000, 0.9, 0.1);
    let champion = stand.champion.clone().expect("one");
    for row in 0..stand.truth.len() {
        if champion.labels[row] != stand.challenger.labels[row] {
            stand.truth[row] = 1;
        }
    }
    let decision = stand.decide(&two_keys());
    let by_labels = stand.decide(&by_labels());
    assert_eq!(outcome(&decision, "calibrated"), RuleOutcome::Warn);
    assert_eq!(decision.verdict, by_labels.verdict);
    assert_eq!(rule(&decision, "better"), rule(&by_labels, "better"));
    says(&decision, "so the labels alone decide");
}

#[test]
fn few_rows_cannot_tell_whatever_the_probabilities_say() {
    let decision = stand(25, 0.9, 0.1).decide(&two_keys());
    assert_eq!(outcome(&decision, "min_rows"), RuleOutcome::Inconclusive);
    assert_ne!(decision.verdict, Verdict::Promote);
}

#[test]
fn where_there_are_no_two_keys_the_labels_decide_as_before() {
    let mut stand = stand(3_000, 0.9, 0.1);
    stand.metric = Metric::RocAuc;
    let decision = stand.decide(&two_keys());
    assert_eq!(decision.judgement, None);
    assert_eq!(
        rule(&decision, "better"),
        rule(&stand.decide(&by_labels()), "better")
    );
}

#[test]
fn keys_that_are_harder_to_turn_promote_less() {
    let stand = stand(400, 0.5, 0.3);
    let at = |first_key: f64, second_key: f64| {
        let policy = Policy {
            first_key,
            second_key,
            ..two_keys()
        };
        outcome(&stand.decide(&policy), "better")
    };
    assert_eq!(at(0.51, 0.51), RuleOutcome::Pass);
    assert_eq!(at(0.999_999, 0.51), RuleOutcome::Inconclusive);
    assert_eq!(at(0.51, 0.999_999), RuleOutcome::Inconclusive);
}
