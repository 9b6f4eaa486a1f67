//! Guards, and the policy for losses and for more than two classes.

use super::{Stand, by_labels, outcome, says};
use crate::evaluate::{ClassPredictions, Metric};
use crate::gate::{Guard, Policy, RuleOutcome, SliceGuard, Verdict};

#[test]
fn guards_hold_other_metrics() {
    let stand = Stand::clearly_better();
    let guarded = |metric, max_fall| Policy {
        guards: vec![Guard { metric, max_fall }],
        ..by_labels()
    };
    assert_eq!(
        stand.decide(&guarded(Metric::Recall, 0.0)).verdict,
        Verdict::Promote
    );

    // Right labels, but probabilities that are further from them than the champion's.
    let mut timid = stand.clone();
    timid
        .challenger
        .probabilities
        .iter_mut()
        .for_each(|p| *p = 0.5 + (*p - 0.5) * 0.01);
    let decision = timid.decide(&guarded(Metric::LogLoss, 0.01));
    assert_eq!(
        (decision.verdict, outcome(&decision, "guard:log_loss")),
        (Verdict::Reject, RuleOutcome::Reject)
    );
    assert_eq!(
        timid.decide(&guarded(Metric::LogLoss, 0.5)).verdict,
        Verdict::Promote
    );

    let mut unknown = stand;
    if let Some(champion) = unknown.champion.as_mut() {
        champion.probabilities[0] = f64::INFINITY;
    }
    assert_eq!(
        unknown.decide(&guarded(Metric::Brier, 0.5)).verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn slices_must_not_fall() {
    // The challenger is wrong on rows 0, 1, 20, 21, …, the champion on 0, 1, 8, 9, …: rows 20 and 21 are a loss.
    let mut stand = Stand::clearly_better();
    let region = |row: usize| {
        if (20..22).contains(&row) {
            "north"
        } else {
            "south"
        }
    };
    stand.slices = vec![(
        "region".to_owned(),
        (0..400).map(|row| region(row).to_owned()).collect(),
    )];
    let sliced = |max_fall, min_rows| Policy {
        slices: vec![SliceGuard {
            column: "region".to_owned(),
            max_fall,
            min_rows,
        }],
        ..Policy::default()
    };
    let decision = stand.decide(&sliced(0.1, 30));
    assert_eq!(
        decision.verdict,
        Verdict::Inconclusive,
        "a small slice cannot tell"
    );
    assert_eq!(
        outcome(&decision, "slice:region=north"),
        RuleOutcome::Inconclusive
    );
    assert_eq!(outcome(&decision, "slice:region=south"), RuleOutcome::Pass);
    says(&decision, "in a group of `region` with 2 rows");
    assert!(
        decision
            .reasons
            .iter()
            .all(|reason| !reason.contains("north")),
        "no row values in reasons"
    );

    assert_eq!(stand.decide(&sliced(0.1, 2)).verdict, Verdict::Reject);
    assert_eq!(stand.decide(&sliced(1.0, 2)).verdict, Verdict::Promote);
    let decision = stand.decide(&sliced(1.0, 30));
    assert_eq!(decision.verdict, Verdict::Promote);
    assert_eq!(
        outcome(&decision, "slice:region=north"),
        RuleOutcome::Skipped
    );

    stand.slices[0].1.pop();
    assert_eq!(stand.decide(&sliced(1.0, 2)).verdict, Verdict::Inconclusive);
    stand.slices.clear();
    says(
        &stand.decide(&sliced(1.0, 2)),
        "no groups for column `region`",
    );
}

#[test]
fn for_losses_smaller_is_better_everywhere() {
    let mut stand = Stand {
        metric: Metric::LogLoss,
        ..Stand::clearly_better()
    };
    let sure = |class: u32| 0.1 + 0.8 * f64::from(class);
    let vague = |class: u32| 0.3 + 0.4 * f64::from(class);
    stand.challenger.probabilities = stand
        .challenger
        .labels
        .iter()
        .map(|&label| sure(label))
        .collect();
    stand.champion = Some(ClassPredictions {
        probabilities: stand
            .truth
            .iter()
            .enumerate()
            .map(|(i, &c)| vague(if i % 3 == 0 { 1 - c } else { c }))
            .collect(),
        ..stand.challenger.clone()
    });
    let policy = Policy {
        floor: Some(0.4),
        guards: vec![Guard {
            metric: Metric::Brier,
            max_fall: 0.0,
        }],
        ..Policy::default()
    };
    let decision = stand.decide(&policy);
    assert_eq!(
        decision.verdict,
        Verdict::Promote,
        "{:#?}",
        decision.reasons
    );
    assert_eq!(
        outcome(&decision, "min_discordant"),
        RuleOutcome::Skipped,
        "labels are not what is compared"
    );
    let numbers = decision.comparison.unwrap();
    assert!(
        numbers.challenger < numbers.champion
            && numbers.delta > 0.0
            && numbers.interval.as_ref().is_some_and(|it| it.low > 0.0)
    );
    assert_eq!(stand.swapped().decide(&policy).verdict, Verdict::Reject);
    let stricter = Policy {
        floor: Some(0.2),
        ..policy
    };
    assert_eq!(
        outcome(&stand.decide(&stricter), "floor"),
        RuleOutcome::Reject
    );
}

#[test]
fn every_class_needs_rows_when_there_are_more_than_two() {
    let truth: Vec<u32> = (0..90)
        .map(|row| if row < 4 { 2 } else { row % 2 })
        .collect();
    let certain = |labels: Vec<u32>| {
        let row = |&label: &u32| (0..3).map(move |class| if class == label { 0.8 } else { 0.1 });
        ClassPredictions {
            n_classes: 3,
            probabilities: labels.iter().flat_map(row).collect(),
            labels,
        }
    };
    let stand = Stand {
        classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
        prior: vec![0.4, 0.4, 0.2],
        challenger: certain(truth.clone()),
        champion: Some(certain(
            truth
                .iter()
                .map(|&class| (class + u32::from(class < 2)) % 2)
                .collect(),
        )),
        truth,
        ..Stand::five_rows()
    };
    let decision = stand.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert_eq!(
        decision.reasons,
        ["the rarest class has 4 test rows, at least 5 of each required"]
    );
    assert_eq!(
        decision.baselines.len(),
        2,
        "always-positive is for two classes"
    );
    assert_eq!(
        stand
            .decide(&Policy {
                min_positives: 4,
                ..Policy::default()
            })
            .verdict,
        Verdict::Promote
    );
}
