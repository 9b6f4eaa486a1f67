//! What becomes of labels, and what they say, in whatever order they come.

use proptest::prelude::*;

use super::*;
use crate::evaluate::Metric;
use crate::model_types::{PredictionId, VersionNumber};

const SPANS: Spans = Spans {
    keep_ms: 1_000_000,
    hold_ms: 10_000,
};

fn given(label: &str, observed_ms: i64, source: &str) -> Given {
    Given {
        id: PredictionId::new("mine"),
        label: label.to_string(),
        observed_ms,
        source: source.to_string(),
    }
}

fn stated(label: &str, observed_ms: i64, source: &str) -> Stated {
    Stated {
        label: label.to_string(),
        observed_ms,
        source: source.to_string(),
    }
}

fn answered(before: &[Stated]) -> Known {
    Known {
        is_answered: true,
        stated: before.to_vec(),
    }
}

#[test]
fn each_label_comes_to_one_outcome() {
    let one = [stated("1", 100, "a")];
    let both = [stated("1", 100, "a"), stated("0", 100, "b")];
    let cases = [
        (given("1", 50, ""), answered(&[]), Outcome::Recorded),
        (given("1", 100, "a"), answered(&one), Outcome::Unchanged),
        (given("1", 500, "b"), answered(&one), Outcome::Unchanged),
        (given("0", 101, "a"), answered(&one), Outcome::Replaced),
        (given("0", 99, "a"), answered(&one), Outcome::Superseded),
        (given("0", 100, "b"), answered(&one), Outcome::Conflict),
        (given("0", 100, "a"), answered(&one), Outcome::Conflict),
        (given("0", 100, "b"), answered(&both), Outcome::Unchanged),
        (given("0", 200, "c"), answered(&both), Outcome::Replaced),
        (given("0", 10, "c"), answered(&both), Outcome::Superseded),
        (given("0", 10, ""), Known::default(), Outcome::Held),
    ];
    for (label, known, expected) in cases {
        let found = outcome(&label, &known, 1000, SPANS);
        assert_eq!(found, expected, "{label:?} after {known:?}");
    }
}

#[test]
fn a_label_without_an_answer_waits_or_not_by_the_age_of_its_id() {
    let at_ms = 1_795_947_128_000i64;
    let id = |at_ms: i64| PredictionId::of_row(&format!("{at_ms:011x}c0ffee00000001"), 17);
    let ask = |age_ms: i64| {
        let mut label = given("1", at_ms, "");
        label.id = id(at_ms - age_ms);
        outcome(&label, &Known::default(), at_ms, SPANS)
    };
    assert_eq!(ask(0), Outcome::Held, "the answer may be on its way");
    assert_eq!(ask(SPANS.hold_ms + 1), Outcome::Unknown);
    assert_eq!(ask(SPANS.keep_ms + 1), Outcome::TooLate);
}

/// Answers of two classes with labels; every third is wrong, the first `n_labelled` have labels.
fn rows(n: usize, n_labelled: usize) -> Vec<Labelled> {
    let row = |at: usize| {
        let class = if at.is_multiple_of(2) { "yes" } else { "no" };
        let truth = match (at.is_multiple_of(3), class) {
            (true, "yes") => "no",
            (true, _) => "yes",
            (false, class) => class,
        };
        Labelled {
            answer: Answer {
                id: PredictionId::new(format!("row-{at:04}")),
                version: VersionNumber::new(1),
                at_ms: 1000 + (at as i64 / 4),
                class: Some(class.to_string()),
                value: if class == "yes" { 0.7 } else { 0.2 },
            },
            stated: if at < n_labelled {
                vec![(stated(truth, 5000, ""), 6000)]
            } else {
                Vec::new()
            },
        }
    };
    (0..n).map(row).collect()
}

fn judged(rows: &[Labelled]) -> Quality {
    judged_by(rows, ["no", "yes"], Metric::Accuracy)
}

fn judged_by(rows: &[Labelled], classes: [&str; 2], metric: Metric) -> Quality {
    quality(
        rows,
        &Form {
            classes: &classes.map(str::to_string),
            metric,
            confidence: 0.95,
            replicates: 200,
            seed: 1,
        },
    )
}

#[test]
fn answers_are_judged_by_the_labels_that_came() {
    let found = judged(&rows(300, 150));
    assert_eq!(found.score, Some(100.0 / 150.0));
    assert_eq!(
        (found.coverage.answers, found.coverage.labelled),
        (300, 150)
    );
    let interval = found.interval.expect("an interval");
    assert!(interval.low < 100.0 / 150.0 && interval.high > 100.0 / 150.0);
    assert_eq!(found.delay_ms, Some(6000 - 1018));
    assert!(!found.is_uneven);
    assert_eq!(judged(&rows(300, 0)).score, None);
    assert_eq!(judged(&[]).coverage.share(), None);
}

#[test]
fn the_names_of_classes_and_their_order_do_not_matter() {
    let named = |no: &str, yes: &str| -> Vec<Labelled> {
        let name = |class: &str| if class == "yes" { yes } else { no }.to_string();
        let mut all = rows(300, 150);
        for row in &mut all {
            row.answer.class = row.answer.class.as_deref().map(name);
            for (stated, _) in &mut row.stated {
                stated.label = name(&stated.label);
            }
        }
        all
    };
    let metric = Metric::F1Macro;
    let plain = judged_by(&rows(300, 150), ["no", "yes"], metric);
    for (no, yes) in [("yes", "no"), ("b", "a"), ("1", "0"), ("10", "9")] {
        let found = judged_by(&named(no, yes), [no, yes], metric);
        assert_eq!(found.score, plain.score, "{no}, {yes}");
        assert_eq!(found.coverage, plain.coverage, "{no}, {yes}");
    }
    // By macro F1, it does not matter either which of them is called the positive one.
    let turned = judged_by(&rows(300, 150), ["yes", "no"], metric);
    assert_eq!(turned.score, plain.score);
}

#[test]
fn labels_of_one_class_only_are_told() {
    let mut one_sided = rows(300, 300);
    for row in one_sided
        .iter_mut()
        .filter(|row| row.answer.class.as_deref() == Some("no"))
    {
        row.stated.clear();
    }
    assert!(judged(&one_sided).is_uneven);
}

#[test]
fn contradicting_labels_do_not_count_until_a_newer_one_settles_it() {
    let mut all = rows(30, 30);
    all[0].stated.push((stated("yes", 5000, "other"), 7000));
    assert_eq!(judged(&all).coverage.conflicts, 1);
    all[0].stated.push((stated("yes", 5001, "other"), 8000));
    let settled = judged(&all);
    assert_eq!(
        (settled.coverage.conflicts, settled.coverage.labelled),
        (0, 30)
    );
}

proptest! {
    #[test]
    fn labels_are_matched_by_id_so_their_order_does_not_matter(seed in any::<u64>()) {
        use rand::SeedableRng;
        use rand::seq::SliceRandom;
        let all = rows(120, 90);
        let mut shuffled = all.clone();
        shuffled.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        prop_assert_eq!(judged(&all), judged(&shuffled));
    }

    #[test]
    fn what_counts_does_not_hang_on_the_order_of_arrival(
        labels in proptest::collection::vec((0u8..3, 0i64..4, 0u8..3), 0..8), seed in any::<u64>()
    ) {
        use rand::SeedableRng;
        use rand::seq::SliceRandom;
        let all: Vec<Stated> = labels.iter().map(|(label, at, source)| stated(&label.to_string(), *at, &source.to_string())).collect();
        let mut shuffled = all.clone();
        shuffled.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let told = |stated: &[Stated]| match effective(stated) {
            Effective::None => None,
            Effective::Label(it) => Some((it.label.clone(), it.observed_ms, true)),
            Effective::Conflict(at_ms) => Some((String::new(), at_ms, false)),
        };
        prop_assert_eq!(told(&all), told(&shuffled));
    }

    #[test]
    fn the_same_label_again_changes_nothing(label in 0u8..3, at in 0i64..4, before in proptest::collection::vec((0u8..3, 0i64..4), 0..5)) {
        let label = given(&label.to_string(), at, "me");
        let mut known = answered(&before.iter().map(|(label, at)| stated(&label.to_string(), *at, "x")).collect::<Vec<_>>());
        let first = outcome(&label, &known, 1000, SPANS);
        if first.is_kept() {
            known.stated.push(stated(&label.label, label.observed_ms, &label.source));
        }
        let again = outcome(&label, &known, 1000, SPANS);
        prop_assert!(again == Outcome::Unchanged || again == Outcome::Superseded, "{first:?} {again:?}");
    }
}
