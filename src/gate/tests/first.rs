//! Doubtful first versions: held, let in by a setting, or too few rows to tell.

use super::*;
use crate::evaluate::Centre;
use crate::gate::{First, LetIn, Verdict};

const NAME: &str = "first_version";

/// 400 rows, a quarter positive; the first version says yes to every second row, whatever is true.
fn worse_than_always_yes() -> Stand {
    let truth: Vec<u32> = (0..400).map(|row| u32::from(row % 4 == 0)).collect();
    let said: Vec<u32> = (0..400).map(|row| u32::from(row % 16 == 0)).collect();
    Stand {
        prior: vec![0.75, 0.25],
        challenger: labelled(&said),
        champion: None,
        truth,
        ..Stand::five_rows()
    }
}

#[test]
fn a_sound_first_version_goes_in() {
    let decision = Stand::clearly_better()
        .without_champion()
        .decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Promote);
    assert_eq!(rule(&decision, NAME).outcome, RuleOutcome::Pass);
    assert_eq!(rule(&decision, NAME).value, Some(0.0));
}

#[test]
fn five_rows_are_too_few_to_hold_a_first_version() {
    let decision = Stand::five_rows()
        .without_champion()
        .decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Promote);
    says(
        &decision,
        "F1 0.750 does not beat always_positive (0.750) on 5 rows",
    );
    assert_eq!(outcome(&decision, NAME), RuleOutcome::Pass);
}

#[test]
fn enough_rows_below_a_baseline_hold_it_and_the_reason_is_told_once() {
    // F1 of 25 right of 25 said, of 100: 2·25/(25 + 100) = 0.4; always-positive: 2·100/(400 + 100) = 0.4: as good.
    let even = worse_than_always_yes();
    let decision = even.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Promote, "{:?}", decision.reasons);
    let mut worse = even;
    worse.challenger.labels[0] = 0;
    let decision = worse.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert_eq!(
        decision.reasons,
        [
            "the first version is doubtful: F1 0.387 is worse than always_positive (0.400) on 400 test rows. Look at it and promote it by hand with `unseat promote`, or let such versions in with `gate.first: promote`"
        ]
    );
    assert_eq!(rule(&decision, NAME).value, Some(1.0));
    // A champion, a policy that lets it in, or that does not ask.
    let first = First::Promote;
    let decision = worse.decide(&Policy {
        first,
        ..Policy::default()
    });
    assert_eq!(decision.verdict, Verdict::Promote);
    assert_eq!(outcome(&decision, NAME), RuleOutcome::Warn);
    says(
        &decision,
        "the first version is doubtful, and let in by `gate.first`: F1 0.387 is worse than",
    );
    let decision = worse.decide(&Policy {
        beat_baselines: false,
        ..Policy::default()
    });
    assert_eq!(decision.verdict, Verdict::Promote);
    // 401 rows asked: then 400 are too few to tell.
    let decision = worse.decide(&Policy {
        min_rows: 401,
        ..Policy::default()
    });
    assert_eq!(decision.verdict, Verdict::Promote);
    says(
        &decision,
        "F1 0.387 does not beat always_positive (0.400) on 400 rows",
    );
    let decision = worse.decide(&Policy {
        min_positives: 101,
        ..Policy::default()
    });
    assert_eq!(decision.verdict, Verdict::Promote);
}

#[test]
fn findings_and_leakage_hold_it_however_few_the_rows() {
    let mut first = Stand::five_rows().without_champion();
    first.facts.doubts = vec!["`qty` alone predicts the target".to_string()];
    let decision = first.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    says(
        &decision,
        "the first version is doubtful: `qty` alone predicts the target. Look at it",
    );
    // Beside a champion the comparison decides.
    let mut later = Stand::clearly_better();
    later.facts.doubts = first.facts.doubts.clone();
    let decision = later.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Promote);
    assert!(decision.rules.iter().all(|rule| rule.name != NAME));
    let mut leaking = Stand::clearly_better().without_champion();
    leaking.facts.leaked_rows = 40;
    let decision = leaking.decide(&Policy::default());
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    assert_eq!(
        decision.reasons,
        [
            "the first version is doubtful: 40 of 400 test rows are also in the training data (10 %), more than the accepted 5 %. Look at it and promote it by hand with `unseat promote`, or let such versions in with `gate.first: promote`"
        ]
    );
}

/// A first version that predicts `numbers` of the truth 0, 1, 2 …
fn of_numbers(n: usize, predict: impl Fn(usize) -> f64, metric: Metric) -> Decision {
    let truth: Vec<f64> = (0..n).map(|row| row as f64).collect();
    let challenger = Predictions::Numbers((0..n).map(predict).collect());
    let centre = Centre::of(&truth).expect("has one");
    decide(
        &Evidence {
            metric,
            classes: &[],
            prior: &[],
            centre: Some(&centre),
            truth: &Truth::Numbers(truth),
            rows_hash: "a1b2",
            challenger: &challenger,
            champion: None,
            facts: &Stand::five_rows().facts,
            slices: &[],
            beyond: &Beyond::default(),
        },
        &Policy::default(),
    )
}

#[test]
fn numbers_that_the_mean_would_be_nearer_to_hold_it() {
    let off = |row: usize| 99.0 - row as f64;
    let decision = of_numbers(100, off, Metric::R2);
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    says(
        &decision,
        "the first version is doubtful: R² -3.000 is worse than always_median (0.000) on 100 test rows",
    );
    let decision = of_numbers(20, |row| 19.0 - row as f64, Metric::R2);
    assert_eq!(decision.verdict, Verdict::Promote, "20 rows are too few");
    // By another metric, which it beats the baselines by, R² may still be below zero.
    let one_far_off = |row: usize| if row == 0 { 900.0 } else { row as f64 };
    let decision = of_numbers(100, one_far_off, Metric::Mae);
    assert_eq!(decision.verdict, Verdict::Inconclusive);
    says(
        &decision,
        "the first version is doubtful: R² -8.721 is below 0 on 100 test rows, so their mean would be nearer",
    );
    assert_eq!(
        of_numbers(100, |row| row as f64 + 0.1, Metric::R2).verdict,
        Verdict::Promote
    );
}

#[test]
fn old_records_are_read_and_the_number_of_attempts_is_told() {
    let mut stand = Stand::clearly_better();
    let mut record = serde_json::to_value(stand.decide(&Policy::default())).expect("writes");
    assert_eq!(record["policy"]["first"], "hold");
    // As it was written before there was such a key.
    record["policy"]
        .as_object_mut()
        .expect("an object")
        .remove("first");
    assert!(record["facts"].get("doubts").is_none());
    record["facts"]["attempts"] = 6.into();
    let read: Decision = serde_json::from_value(record).expect("reads");
    assert_eq!((read.facts.attempts, read.policy.first), (6, First::Hold));
    stand.facts.attempts = 6;
    let decision = stand.decide(&Policy::default());
    says(
        &decision,
        "this is the 6th version that these test rows judge, and each is another chance to be let in by luck",
    );
    stand.facts.let_in = Some(LetIn {
        promotions: 2,
        expected_worse: 0.08,
    });
    let decision = stand.decide(&Policy::default());
    says(
        &decision,
        "by luck; of the 2 versions that they let in before, 8 % are expected to be worse than what they replaced",
    );
    stand.facts.let_in = Some(LetIn {
        promotions: 1,
        expected_worse: 0.08,
    });
    let decision = stand.decide(&Policy::default());
    says(
        &decision,
        "by luck; the one that they let in before is worse than what it replaced with a probability of 8 %",
    );
    stand.facts.attempts = 1;
    let decision = stand.decide(&Policy::default());
    assert!(
        !decision
            .reasons
            .iter()
            .any(|reason| reason.contains("test rows judge"))
    );
}

/// Of what was let in over a champion, the expected share that is worse: the mean of 1 − P(better).
#[test]
fn what_was_let_in_is_counted_by_how_sure_the_gate_was() {
    let mut stand = Stand::clearly_better();
    let surer = stand.decide(&Policy::default());
    let p = surer.p_better().expect("was compared");
    assert!(p > 0.95, "{p}");
    let mut record = serde_json::to_value(&surer).expect("writes");
    record["policy"]["evidence"] = "labels".into();
    record["judgement"] = serde_json::Value::Null;
    record["comparison"]["p_better"] = 0.7.into();
    let less_sure: Decision = serde_json::from_value(record).expect("reads");
    stand.champion = None;
    let first = stand.decide(&Policy::default());
    assert_eq!(LetIn::of([&first]), None);
    let so_far = LetIn::of([&first, &surer, &less_sure]).expect("two");
    assert_eq!(so_far.promotions, 2);
    assert!((so_far.expected_worse - (1.0 - p + 0.3) / 2.0).abs() < 1e-12);
}
