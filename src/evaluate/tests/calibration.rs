//! Calibration errors, pinned to `tests/golden/calibration.json`, whose intervals NumPy draws row by row.

use serde::Deserialize;

use crate::evaluate::calibration::ece;

#[derive(Deserialize)]
struct Golden {
    errors: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    truth: Vec<u32>,
    p: Vec<f64>,
    value: f64,
    chance: f64,
    low: f64,
    high: f64,
}

#[test]
fn calibration_errors_and_their_intervals_are_numpys() {
    let text = include_str!("../../../tests/golden/calibration.json");
    let golden: Golden = serde_json::from_str(text).expect("a golden");
    for case in golden.errors {
        let found = ece(&case.truth, &case.p).expect("rows");
        assert!(
            (found.value - case.value).abs() < 1e-12,
            "{}: {found:?}",
            case.name
        );
        assert!(
            (found.chance - case.chance).abs() < 1e-12,
            "{}: {found:?}",
            case.name
        );
        // Rows are drawn there, normal gaps here.
        let width = case.high - case.low;
        for (ours, theirs) in [(found.low, case.low), (found.high, case.high)] {
            assert!(
                (ours - theirs).abs() < 0.12 * width + 0.002,
                "{}: {found:?} against {theirs}",
                case.name
            );
        }
    }
}

#[test]
fn perfect_probabilities_have_an_error_of_chance_alone() {
    // Of every ten rows of which 30 % is said, three are positive; of 80 %, eight.
    let said = [(0.3, 3), (0.8, 8)];
    let rows = said
        .iter()
        .flat_map(|&(p, n)| (0..10).map(move |at| (p, u32::from(at < n))));
    let (p, truth): (Vec<f64>, Vec<u32>) = rows.cycle().take(200).unzip();
    let found = ece(&truth, &p).expect("rows");
    assert!(
        found.value < 1e-12 && found.low == 0.0 && found.chance > 0.02,
        "{found:?}"
    );
}

#[test]
fn edges_are_no_errors() {
    assert_eq!(ece(&[], &[]), None);
    assert_eq!(ece(&[1], &[0.5, 0.5]), None);
    assert_eq!(ece(&[1], &[f64::NAN]), None);
    assert_eq!(ece(&[1], &[1.5]), None);
    let one = ece(&[1], &[0.25]).expect("a row");
    assert!(
        (one.value - 0.75).abs() < 1e-12 && one.low <= one.high,
        "{one:?}"
    );
}
