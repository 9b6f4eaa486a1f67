//! The default policy, rule by rule.

use super::{Stand, by_labels, labelled, outcome, rule, says};
use crate::evaluate::Metric;
use crate::gate::{First, Guard, Policy, Require, RuleOutcome, SliceGuard, Verdict};

fn naive() -> Policy {
    Policy {
        require: Require::Naive,
        ..Policy::default()
    }
}

#[test]
fn the_reference_systems_promotion_is_rejected_with_every_reason() {
    let decision = Stand::five_rows().decide(&by_labels());
    assert_eq!(decision.verdict, Verdict::Reject);
    assert_eq!(
        decision.reasons[0],
        "F1 0.750 does not beat always_positive (0.750) on 5 rows"
    );
    says(&decision, "5 test rows, at least 30 required");
    says(
        &decision,
        "3 positive and 2 negative test rows, at least 5 positive and one negative required",
    );
    says(
        &decision,
        "1 discordant row on which exactly one of the models is right",
    );
    says(
        &decision,
        "F1 rises from 0.571 to 0.750, but is better in only 7",
    );
    let numbers = decision.comparison.unwrap();
    assert_eq!(
        (
            numbers.only_challenger_right,
            numbers.only_champion_right,
            numbers.mcnemar_p
        ),
        (1, 0, 1.0)
    );
    assert_eq!(numbers.interval, None, "five rows give none");
}

#[test]
fn naive_does_what_the_reference_system_did() {
    let decision = Stand::five_rows().decide(&naive());
    assert_eq!(decision.verdict, Verdict::Promote);
    for name in [
        "beat_baselines",
        "min_rows",
        "min_positives",
        "min_discordant",
    ] {
        assert_eq!(outcome(&decision, name), RuleOutcome::Warn, "{name}");
    }
    assert_eq!(outcome(&decision, "naive"), RuleOutcome::Pass);
    says(&decision, "F1 rises from 0.571 to 0.750 on 5 test rows");
    says(&decision, "does not beat always_positive");
}

#[test]
fn naive_still_rejects_what_cannot_be_served() {
    let mut stand = Stand::five_rows();
    stand.facts.load_failure = Some("golden row 2 is answered otherwise".to_owned());
    assert_eq!(stand.decide(&naive()).verdict, Verdict::Reject);
    stand.facts.load_failure = None;
    stand.facts.differs_from_champion = false;
    assert_eq!(stand.decide(&naive()).verdict, Verdict::Reject);
    assert_eq!(
        Stand::five_rows().swapped().decide(&naive()).verdict,
        Verdict::Reject
    );
}

#[test]
fn a_clearly_better_challenger_is_promoted_on_evidence() {
    let decision = Stand::clearly_better().decide(&Policy::default());
    assert_eq!(
        decision.verdict,
        Verdict::Promote,
        "{:#?}",
        decision.reasons
    );
    says(
        &decision,
        "F1 rises from 0.750 to 0.900 on 400 test rows: +0.150 with a 90 % interval of +",
    );
    says(
        &decision,
        "the challenger is better in 100 % of the resamples",
    );
    says(
        &decision,
        "80 rows only the challenger has right and 20 only the champion (exact McNemar p < 0.0001)",
    );
}

#[test]
fn a_worse_challenger_is_rejected() {
    let worse = Stand::clearly_better().swapped();
    let decision = worse.decide(&by_labels());
    assert_eq!(decision.verdict, Verdict::Reject);
    says(
        &decision,
        "F1 falls from 0.900 to 0.750: the challenger is not better than the champion",
    );
    let decision = worse.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Reject);
    says(
        &decision,
        "F1 falls from 0.900 to 0.750; expected gain -0.067 (standard deviation 0.011); the challenger is worse with probability 99.9 %",
    );
}

#[test]
fn too_few_discordant_rows_tell_nothing_in_either_direction() {
    let mut stand = Stand::clearly_better();
    let mut old = stand.challenger.labels.clone();
    old[1] = 1 - old[1];
    old[3] = 1 - old[3];
    stand.champion = Some(labelled(&old));
    for stand in [stand.clone(), stand.swapped()] {
        let decision = stand.decide(&Policy::default());
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        says(&decision, "2 discordant rows");
    }
}

#[test]
fn better_without_the_asked_confidence_is_inconclusive() {
    let mut stand = Stand::clearly_better();
    // 11 rows got right, 9 got wrong: a little better, by luck as likely as not.
    let mut new = stand.truth.clone();
    let mut old = stand.truth.clone();
    (0..9).for_each(|row| new[row] = 1 - new[row]);
    (20..31).for_each(|row| old[row] = 1 - old[row]);
    (stand.challenger, stand.champion) = (labelled(&new), Some(labelled(&old)));
    let decision = stand.decide(&by_labels());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    says(&decision, "of the resamples (95 % required)");

    let lenient = Policy {
        require: Require::NotWorse,
        margin: 0.05,
        ..by_labels()
    };
    assert_eq!(stand.decide(&lenient).verdict, Verdict::Promote);
    assert_eq!(
        stand.swapped().decide(&lenient).verdict,
        Verdict::Promote,
        "a fall within the margin"
    );
    let strict = Policy {
        margin: 0.006,
        ..lenient.clone()
    };
    assert_eq!(
        stand.swapped().decide(&strict).verdict,
        Verdict::Inconclusive
    );
    let none = Policy {
        margin: 0.001,
        ..lenient
    };
    assert_eq!(stand.swapped().decide(&none).verdict, Verdict::Reject);
}

#[test]
fn without_a_champion_everything_but_the_two_hard_checks_only_warns() {
    let mut stand = Stand::five_rows().without_champion();
    stand.facts.leaked_rows = 5;
    let policy = Policy {
        first: First::Promote,
        floor: Some(0.9),
        ceiling: Some(0.0),
        guards: vec![Guard {
            metric: Metric::Recall,
            max_fall: 0.0,
        }],
        slices: vec![SliceGuard {
            column: "region".to_owned(),
            max_fall: 0.0,
            min_rows: 1,
        }],
        ..Policy::default()
    };
    let decision = stand.decide(&policy);
    assert_eq!(decision.verdict, Verdict::Promote);
    for name in [
        "beat_baselines",
        "floor",
        "max_leakage",
        "min_rows",
        "min_positives",
    ] {
        assert_eq!(outcome(&decision, name), RuleOutcome::Warn, "{name}");
    }
    for name in [
        "differs_from_champion",
        "ceiling",
        "min_discordant",
        "better",
        "guard:recall",
        "slice:region",
    ] {
        assert_eq!(outcome(&decision, name), RuleOutcome::Skipped, "{name}");
    }
    assert_eq!(
        decision.reasons[0],
        "there is no champion to protect; F1 of the challenger is 0.750 on 5 test rows"
    );
    says(
        &decision,
        "5 of 5 test rows are also in the training data (100 %)",
    );
    assert!(decision.comparison.is_none() && decision.champion.is_none());

    stand.facts.load_failure = Some("checksum differs".to_owned());
    assert_eq!(stand.decide(&policy).verdict, Verdict::Reject);
}

#[test]
fn a_probability_that_is_no_number_never_goes_live() {
    for policy in [Policy::default(), naive()] {
        for stand in [
            Stand::clearly_better(),
            Stand::clearly_better().without_champion(),
        ] {
            let mut stand = stand;
            stand.challenger.probabilities[7] = f64::NAN;
            let decision = stand.decide(&policy);
            assert_eq!(decision.verdict, Verdict::Reject);
            assert_eq!(
                decision.reasons[0],
                "the challenger answers with 1 probabilities that are not finite numbers"
            );
        }
    }
}

#[test]
fn a_champion_that_cannot_be_scored_is_not_beaten() {
    let mut stand = Stand {
        metric: Metric::LogLoss,
        ..Stand::clearly_better()
    };
    if let Some(champion) = stand.champion.as_mut() {
        champion.probabilities[0] = f64::NAN;
    }
    for policy in [Policy::default(), naive()] {
        let decision = stand.decide(&policy);
        assert_eq!(decision.verdict, Verdict::Inconclusive);
        says(&decision, "log loss is undefined for one of the models");
    }
    stand.champion = Some(labelled(&[1]));
    says(
        &stand.decide(&Policy::default()),
        "the champion's predictions do not fit the test rows",
    );
}

#[test]
fn unusable_test_sets_are_rejected_in_words() {
    let mut empty = Stand::five_rows();
    (empty.truth, empty.challenger, empty.champion) =
        (Vec::new(), labelled(&[]), Some(labelled(&[])));
    let decision = empty.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Reject);
    assert_eq!(
        decision.reasons[0],
        "there are no test rows to score the challenger on"
    );
    assert_eq!(
        empty.without_champion().decide(&naive()).verdict,
        Verdict::Reject
    );

    let mut shorter = Stand::five_rows();
    shorter.truth.pop();
    let decision = shorter.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Reject);
    says(&decision, "5 predicted classes for 4 rows");

    let mut one_class = Stand::clearly_better();
    one_class.truth.fill(1);
    let decision = one_class.decide(&Policy {
        beat_baselines: false,
        ..Policy::default()
    });
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    says(&decision, "400 positive and 0 negative test rows");
    one_class.metric = Metric::RocAuc;
    let decision = one_class.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Reject);
    says(
        &decision,
        "ROC AUC is undefined for the challenger on these 400 test rows",
    );
}

#[test]
fn unusable_classes_and_policies_do_not_promote() {
    let mut stand = Stand::clearly_better();
    stand.classes.push("maybe".to_owned());
    says(
        &stand.decide(&Policy::default()),
        "predictions over 2 classes where the model has 3",
    );
    stand.classes.clear();
    assert_eq!(stand.decide(&Policy::default()).verdict, Verdict::Reject);

    let mut stand = Stand::clearly_better();
    stand.prior.clear();
    says(
        &stand.decide(&Policy::default()),
        "F1 of the baselines is undefined",
    );

    for confidence in [f64::NAN, 0.0, 1.0, -3.0] {
        let policy = Policy {
            confidence,
            ..by_labels()
        };
        assert_eq!(
            Stand::clearly_better().decide(&policy).verdict,
            Verdict::Inconclusive
        );
    }
    let policy = Policy {
        replicates: 0,
        ..by_labels()
    };
    assert_eq!(
        Stand::clearly_better().decide(&policy).verdict,
        Verdict::Inconclusive
    );
    let policy = Policy {
        require: Require::NotWorse,
        margin: f64::NAN,
        ..by_labels()
    };
    assert_ne!(
        Stand::clearly_better().decide(&policy).verdict,
        Verdict::Promote
    );
    let policy = Policy {
        floor: Some(f64::NAN),
        ..by_labels()
    };
    assert_eq!(
        Stand::clearly_better().decide(&policy).verdict,
        Verdict::Reject
    );
}

#[test]
fn hard_checks_reject() {
    let rejected = |change: fn(&mut Stand, &mut Policy), name: &str| {
        let (mut stand, mut policy) = (Stand::clearly_better(), Policy::default());
        change(&mut stand, &mut policy);
        let decision = stand.decide(&policy);
        assert_eq!(
            (decision.verdict, outcome(&decision, name)),
            (Verdict::Reject, RuleOutcome::Reject),
            "{name}"
        );
        assert_eq!(decision.reasons[0], rule(&decision, name).reason);
    };
    rejected(
        |stand, _| stand.facts.load_failure = Some("why".to_owned()),
        "loads_and_answers_golden_rows",
    );
    rejected(
        |stand, _| stand.facts.differs_from_champion = false,
        "differs_from_champion",
    );
    rejected(|_, policy| policy.floor = Some(0.95), "floor");
    rejected(|_, policy| policy.ceiling = Some(0.1), "ceiling");
    rejected(|stand, _| stand.facts.leaked_rows = 21, "max_leakage");
}

#[test]
fn bounds_are_inclusive() {
    let mut stand = Stand::clearly_better();
    stand.facts.leaked_rows = 20;
    let policy = Policy {
        floor: Some(0.9),
        ceiling: Some(0.15),
        min_rows: 400,
        min_discordant: 100,
        ..Policy::default()
    };
    assert_eq!(stand.decide(&policy).verdict, Verdict::Promote);
}
