//! Mistakes that other detectors made and that were reported of them.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::cases::spread;
use super::made::{column, next, numbers, once, reference};
use crate::drift::{Verdict, stability_index};

#[test]
fn twenty_steps_of_a_fiftieth_are_quiet_one_by_one_and_drift_against_the_first() {
    // Bell-shaped, so that no step puts a share of the rows where there were none.
    let bell = |step: u64| -> Vec<Option<f64>> {
        let mut rng = ChaCha8Rng::seed_from_u64(300 + step);
        let sum = |rng: &mut ChaCha8Rng| (0..4).map(|_| rng.random::<f64>()).sum::<f64>() / 4.0;
        (0..2000)
            .map(|_| Some(sum(&mut rng) + 0.02 * step as f64))
            .collect()
    };
    let frame = |step: u64| numbers(&[("x", bell(step))]);
    let first = reference(&frame(0));
    let mut first_alarm = None;
    for step in 1..=20 {
        let of_last = once(&reference(&frame(step - 1)), &frame(step));
        assert_eq!(of_last.verdict, Verdict::Ok, "step {step}: {of_last:#?}");
        let of_first = once(&first, &frame(step));
        match first_alarm {
            None if of_first.verdict == Verdict::Drift => first_alarm = Some(step),
            // Once it is seen, it stays so.
            Some(_) => assert_eq!(of_first.verdict, Verdict::Drift, "step {step}"),
            None => {}
        }
    }
    let first_alarm = first_alarm.expect("an alarm");
    assert!((2..=6).contains(&first_alarm), "{first_alarm}");
}

#[test]
fn what_never_changes_is_quiet_window_after_window() {
    let fit = numbers(&[
        ("one", vec![Some(4.0); 3000]),
        ("none", vec![None; 3000]),
        ("x", spread(3000, 1, 0.0)),
    ]);
    let reference = reference(&fit);
    let mut before: Vec<BTreeSet<String>> = Vec::new();
    for window in 0..50u64 {
        let frame = numbers(&[
            ("one", vec![Some(4.0); 400]),
            ("none", vec![None; 400]),
            ("x", spread(400, 900 + window, 0.0)),
        ]);
        let drift = next(&reference, &frame, &mut before);
        for name in ["one", "none"] {
            let constant = column(&drift, name);
            assert!(!constant.is_found, "window {window}: {constant:?}");
            assert_eq!(
                (constant.verdict, constant.psi),
                (Verdict::Ok, 0.0),
                "window {window}"
            );
        }
    }
}

#[test]
fn an_empty_bin_on_either_side_is_a_number_and_the_same_number() {
    let a = [500, 300, 200, 0];
    let b = [480, 290, 200, 30];
    let there = stability_index(&a, &b);
    assert!(there.is_finite() && there < 0.5, "{there}");
    assert!((there - stability_index(&b, &a)).abs() < 1e-12);
    // Ten times the rows of the same shares see the same, not another order of magnitude.
    let ten = |counts: &[u64; 4]| counts.map(|n| 10 * n);
    let more = stability_index(&ten(&a), &ten(&b));
    assert!(more < 2.0 * there, "{there} {more}");
}
