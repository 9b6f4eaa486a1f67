//! What must and what must not be drift.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::made::{LEVELS, column, counted, inputs, next, numbers, once, reference, texts};
use crate::drift::{
    Answered, Counts, Reference, Subject, Test, Verdict, by_chance, judge, stability_index,
};

pub(super) fn spread(n: usize, seed: u64, shift: f64) -> Vec<Option<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| Some(rng.random::<f64>() + shift)).collect()
}

#[test]
fn rows_like_those_of_training_are_quiet_and_others_are_not() {
    let reference = reference(&numbers(&[
        ("x", spread(4000, 1, 0.0)),
        ("y", spread(4000, 2, 0.0)),
    ]));
    let quiet = once(
        &reference,
        &numbers(&[("x", spread(1000, 3, 0.0)), ("y", spread(1000, 4, 0.0))]),
    );
    assert_eq!(quiet.verdict, Verdict::Ok, "{quiet:?}");
    let moved = once(
        &reference,
        &numbers(&[("x", spread(1000, 3, 0.0)), ("y", spread(1000, 4, 0.3))]),
    );
    assert_eq!(moved.verdict, Verdict::Drift);
    assert_eq!(moved.features[0].name, "y");
    assert_eq!(column(&moved, "x").verdict, Verdict::Ok);
    assert!(
        column(&moved, "y")
            .reason
            .contains("above its largest value"),
        "{moved:?}"
    );
}

#[test]
fn one_empty_or_constant_column_stops_no_other() {
    let fit = numbers(&[
        ("empty", vec![None; 2000]),
        ("one", vec![Some(1.0); 2000]),
        ("x", spread(2000, 1, 0.0)),
        ("y", spread(2000, 2, 0.0)),
    ]);
    let now = numbers(&[
        ("empty", vec![None; 500]),
        (
            "one",
            (0..500)
                .map(|row| Some(if row % 40 == 0 { 2.0 } else { 1.0 }))
                .collect(),
        ),
        ("x", vec![None; 500]),
        ("y", spread(500, 3, 0.5)),
    ]);
    let drift = once(&reference(&fit), &now);
    assert_eq!(column(&drift, "empty").verdict, Verdict::Ok);
    assert_eq!(
        column(&drift, "one").verdict,
        Verdict::Drift,
        "2.5 % of a new value"
    );
    let x = column(&drift, "x");
    assert_eq!((x.verdict, x.window.missing), (Verdict::Drift, 1.0));
    assert!(x.reason.starts_with("no row has a value"), "{}", x.reason);
    assert_eq!(column(&drift, "y").verdict, Verdict::Drift);
    // A column that is not there is told, too.
    let absent = once(&reference(&fit), &now.drop("y").expect("the rest"));
    assert_eq!(column(&absent, "y").reason, "the column is not there");
    assert_eq!(column(&absent, "y").verdict, Verdict::Drift);
    assert_eq!(column(&absent, "x").verdict, Verdict::Drift);
}

#[test]
fn an_outlier_hides_no_drift_of_its_own_column() {
    let mut fit = spread(400, 1, 0.0);
    fit[7] = Some(98765.0);
    let drift = once(
        &reference(&numbers(&[("x", fit)])),
        &numbers(&[("x", spread(400, 2, 0.5))]),
    );
    let x = column(&drift, "x");
    assert_eq!(x.verdict, Verdict::Drift, "{x:?}");
    assert!(x.psi > 0.5, "{x:?}");
}

#[test]
fn an_unseen_category_in_a_hundred_thousand_is_no_drift_and_in_ten_is() {
    let names = ["a", "b", "c"];
    let fit: Vec<&str> = (0..3000).map(|row| names[row % 3]).collect();
    let reference = reference(&texts("c", &fit));
    let mut now: Vec<&str> = (0..100_000).map(|row| names[row % 3]).collect();
    now[5] = "new";
    let rare = once(&reference, &texts("c", &now));
    assert_eq!(rare.verdict, Verdict::Ok, "{rare:?}");
    (0..100_000).step_by(10).for_each(|row| now[row] = "new");
    let often = once(&reference, &texts("c", &now));
    let c = column(&often, "c");
    assert_eq!(c.verdict, Verdict::Drift, "{c:?}");
    assert!(
        c.psi.is_finite() && c.reason.contains("a category that the reference has not"),
        "{c:?}"
    );
}

#[test]
fn few_rows_prove_no_quiet_and_many_rows_alone_no_drift() {
    let reference = reference(&numbers(&[("x", spread(1000, 1, 0.0))]));
    for n in [8, 10] {
        let drift = once(&reference, &numbers(&[("x", spread(n, 2, 0.0))]));
        assert_eq!(drift.verdict, Verdict::Unknown, "{drift:?}");
        assert!(column(&drift, "x").reason.contains("too few"));
    }
    // A difference that any test finds in a million rows and that matters to nobody.
    let big = once(
        &reference_of_many(),
        &numbers(&[("x", spread(1_000_000, 2, 0.004))]),
    );
    let x = column(&big, "x");
    assert!(x.p_adjusted < 1e-6 && x.verdict == Verdict::Ok, "{x:?}");
    assert_eq!(
        once(&reference, &numbers(&[("x", Vec::new())])).verdict,
        Verdict::Unknown
    );
}

fn reference_of_many() -> Reference {
    reference(&numbers(&[("x", spread(1_000_000, 1, 0.0))]))
}

#[test]
fn the_same_rows_give_the_same_bits_in_any_order_and_in_any_parts() {
    let fit = numbers(&[("x", spread(900, 1, 0.0))]);
    let reference = reference(&fit);
    let now = numbers(&[("x", spread(700, 5, 0.1))]);
    let whole = counted(&reference, &now);
    let mut parts = Counts::none(&reference);
    for (at, n) in [(0, 300), (300, 1), (301, 399)] {
        assert!(parts.merge(&counted(&reference, &now.slice(at, n))));
    }
    assert_eq!(parts, whole);
    assert_eq!(counted(&reference, &now.reverse()), whole);
    assert!(!parts.merge(&Counts::default()), "counts of other bins");
    assert_eq!(parts, whole);
    let text = |frame: &polars::prelude::DataFrame| {
        let drift = once(&super::made::reference(&fit), frame);
        serde_json::to_string(&drift).expect("JSON")
    };
    let first = text(&now);
    for run in 0..10 {
        assert_eq!(text(&now), first, "run {run}");
        assert_eq!(text(&now.reverse()), first, "run {run}, turned round");
    }
}

#[test]
fn the_names_of_categories_do_not_matter() {
    let verdict = |names: [&str; 3]| {
        let fit: Vec<&str> = (0..900).map(|row| names[row % 3]).collect();
        let now: Vec<&str> = (0..900)
            .map(|row| names[if row % 4 == 0 { 0 } else { row % 3 }])
            .collect();
        let drift = once(&reference(&texts("c", &fit)), &texts("c", &now));
        let c = column(&drift, "c").clone();
        (c.psi, c.statistic, c.p_value)
    };
    assert_eq!(verdict(["a", "b", "c"]), verdict(["z", "10", "2"]));
}

/// Windows one after the other against one reference; which of them drift.
fn windows(reference: &Reference, windows: impl Iterator<Item = Vec<Option<f64>>>) -> Vec<Verdict> {
    let mut before: Vec<BTreeSet<String>> = Vec::new();
    windows
        .map(|values| {
            let frame = numbers(&[("x", values)]);
            next(reference, &frame, &mut before).verdict
        })
        .collect()
}

#[test]
fn a_shift_is_a_warning_first_and_drift_when_it_stays_and_the_last_window_counts() {
    let reference = reference(&numbers(&[("x", spread(4000, 1, 0.0))]));
    // Drawn to the left by a power: PSI 0.17.
    let powers = [1.0, 1.0, 1.5, 1.0, 1.5, 1.0, 1.0, 1.0, 4.0];
    let drawn = |power: f64, seed: u64| {
        let values = spread(1000, seed, 0.0).into_iter();
        values.map(|value| value.map(|x| x.powf(power))).collect()
    };
    let found = windows(
        &reference,
        powers
            .iter()
            .zip(10..)
            .map(|(power, seed)| drawn(*power, seed)),
    );
    use Verdict::{Drift, Ok, Warn};
    assert_eq!(found, [Ok, Ok, Warn, Ok, Drift, Ok, Ok, Ok, Drift]);
}

#[test]
fn a_slow_drift_is_seen_against_the_slow_reference() {
    let reference = reference(&numbers(&[("x", spread(4000, 1, 0.0))]));
    let steps = (0..20).map(|step| spread(1000, 100 + step, 0.02 * step as f64));
    let found = windows(&reference, steps);
    assert_eq!(found[0], Verdict::Ok);
    assert_eq!(found[19], Verdict::Drift);
    // Against the window before, no step is any.
    let last = once(
        &super::made::reference(&numbers(&[("x", spread(1000, 118, 0.36))])),
        &numbers(&[("x", spread(1000, 119, 0.38))]),
    );
    assert_eq!(last.verdict, Verdict::Ok, "{last:?}");
}

#[test]
fn what_hardly_matters_is_a_warning_and_what_is_ignored_none() {
    let fit = numbers(&[("x", spread(4000, 1, 0.0)), ("y", spread(4000, 2, 0.0))]);
    let now = numbers(&[("x", spread(1000, 3, 0.9)), ("y", spread(1000, 4, 0.0))]);
    let reference = reference(&fit);
    let verdict = |importance: &[(&str, f64)], ignored: &[&str]| {
        let importance = importance
            .iter()
            .map(|(name, share)| (name.to_string(), *share))
            .collect();
        judge(&Subject {
            reference: &reference,
            counts: &counted(&reference, &now),
            values: &[],
            absent: &BTreeSet::new(),
            importance: &importance,
            ignored: &ignored.iter().map(|it| it.to_string()).collect(),
            before: None,
            levels: LEVELS,
        })
    };
    assert_eq!(
        verdict(&[("x", 0.9), ("y", 0.1)], &[]).verdict,
        Verdict::Drift
    );
    let little = verdict(&[("x", 0.02), ("y", 0.98)], &[]);
    assert_eq!(little.verdict, Verdict::Warn);
    assert!(little.reason.contains("hardly matter"), "{}", little.reason);
    assert_eq!(verdict(&[], &["x"]).verdict, Verdict::Ok);
}

#[test]
fn texts_of_other_words_or_lengths_are_told() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut text = |words: std::ops::Range<u32>, n: usize| {
        let words: Vec<String> = (0..n)
            .map(|_| format!("w{}", rng.random_range(words.clone())))
            .collect();
        words.join(" ")
    };
    let fit: Vec<String> = (0..1000).map(|row| text(0..200, 5 + row % 7)).collect();
    let alike: Vec<String> = (0..500).map(|row| text(0..200, 5 + row % 7)).collect();
    let other: Vec<String> = (0..500).map(|row| text(150..350, 5 + row % 7)).collect();
    let frame = |all: &[String]| texts("t", &all.iter().map(String::as_str).collect::<Vec<_>>());
    let reference = reference(&frame(&fit));
    assert_eq!(once(&reference, &frame(&alike)).verdict, Verdict::Ok);
    let drift = once(&reference, &frame(&other));
    let found = drift.found();
    assert_eq!(drift.verdict, Verdict::Drift);
    assert!(found.contains("t/unknown_words"), "{found:?}");
}

#[test]
fn predictions_drift_by_themselves() {
    let frame = numbers(&[("x", spread(2000, 1, 0.0))]);
    let held_back: Vec<f64> = spread(800, 2, 0.0).into_iter().flatten().collect();
    let reference = Reference::of(&frame, &inputs(&frame), Some(Answered::Numbers(&held_back)));
    let answered: Vec<f64> = held_back.iter().map(|p| p.powi(3)).collect();
    let mut counts = counted(&reference, &frame);
    let of = reference
        .prediction
        .as_ref()
        .expect("predictions were held back");
    crate::drift::count_answers(
        &of.layout,
        Answered::Numbers(&answered),
        &mut counts.prediction,
    );
    let drift = judge(&Subject {
        reference: &reference,
        counts: &counts,
        values: &[],
        absent: &BTreeSet::new(),
        importance: &BTreeMap::new(),
        ignored: &BTreeSet::new(),
        before: None,
        levels: LEVELS,
    });
    assert_eq!(drift.verdict, Verdict::Drift);
    assert!(
        drift.reason.contains("the predictions differ"),
        "{}",
        drift.reason
    );
    assert_eq!(
        drift.prediction.map(|it| it.test),
        Some(Some(Test::ChiSquare))
    );
}

#[test]
fn without_a_change_psi_is_about_what_chance_makes_of_it() {
    let reference = reference(&numbers(&[("x", spread(2000, 1, 0.0))]));
    let mut sum = 0.0;
    for seed in 0..200 {
        let window = counted(&reference, &numbers(&[("x", spread(2000, 50 + seed, 0.0))]));
        let column = &reference.columns[0];
        let inner = |counts: &[u64]| counts[2..counts.len() - 1].to_vec();
        sum += stability_index(&inner(&column.counts), &inner(&window.columns[0]));
    }
    let expected = by_chance(20, 2000, 2000);
    // One reference for all, so its own chance stays in the mean.
    assert!(
        (sum / 200.0 / expected - 1.0).abs() < 0.35,
        "{} {expected}",
        sum / 200.0
    );
}

#[test]
fn a_comparison_that_can_find_nothing_never_says_that_all_is_well() {
    let fit = numbers(&[("x", spread(600, 1, 0.0))]);
    let of_rows = reference(&fit);
    // No row at all, no value at all, and a reference that has none.
    let nothing = once(&of_rows, &fit.slice(0, 0));
    assert_eq!(
        column(&nothing, "x").verdict,
        Verdict::Unknown,
        "{nothing:#?}"
    );
    let empty = once(&of_rows, &numbers(&[("x", vec![None; 600])]));
    assert_ne!(column(&empty, "x").verdict, Verdict::Ok, "{empty:#?}");
    let of_none = reference(&fit.slice(0, 0));
    let against_none = once(&of_none, &fit);
    assert_ne!(against_none.verdict, Verdict::Ok, "{against_none:#?}");
    // Counts of other bins are rejected, not taken for a distance of 0.
    let other = reference(&numbers(&[
        ("x", spread(90, 2, 5.0)),
        ("y", spread(90, 3, 0.0)),
    ]));
    let mut counts = Counts::none(&of_rows);
    assert!(!counts.merge(&Counts::none(&other)));
    // Nor does a column of texts pass for numbers that are alike.
    let texts = texts("x", &["a"; 600]);
    assert_ne!(column(&once(&of_rows, &texts), "x").verdict, Verdict::Ok);
}
