//! Pinned to `tests/golden/calibration.json`, which `tests/golden/calibration.py` makes with scikit-learn.

use serde::Deserialize;

use crate::learners::{isotonic, platt};
use crate::predictors::{Calibrator, Link};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
    whole: Whole,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    link: Link,
    truth: Vec<u32>,
    p: Vec<f64>,
    slope: f64,
    intercept: f64,
    at: Vec<f64>,
    value: Vec<f64>,
    asked: Vec<f64>,
    platt: Vec<f64>,
    isotonic: Vec<f64>,
}

#[derive(Deserialize)]
struct Whole {
    truth: Vec<u32>,
    out_of_fold: Vec<f64>,
    live: Vec<f64>,
    calibrated: Vec<f64>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../tests/golden/calibration.json")).expect("a golden")
}

#[track_caller]
fn assert_near(what: &str, ours: f64, theirs: f64, most: f64) {
    let off = (ours - theirs).abs();
    assert!(
        off <= most * theirs.abs().max(1.0),
        "{what}: {ours} against {theirs}"
    );
}

#[test]
fn platt_scaling_is_scikit_learns() {
    for case in golden().cases {
        let fitted = platt(case.link, &case.p, &case.truth).expect("can be fitted");
        let Calibrator::Platt { slope, intercept } = fitted else {
            panic!("{fitted:?}");
        };
        // Its solver stops at a gradient of 1e-6; ours goes on to the optimum.
        assert_near(&case.name, slope, case.slope, 1e-4);
        assert_near(&case.name, intercept, case.intercept, 1e-4);
        for (&p, &theirs) in case.asked.iter().zip(&case.platt) {
            assert_near(&case.name, fitted.of(case.link, p), theirs, 1e-4);
        }
    }
}

#[test]
fn isotonic_regression_is_scikit_learns() {
    for case in golden().cases {
        let fitted = isotonic(&case.p, &case.truth).expect("can be fitted");
        let Calibrator::Isotonic(curve) = &fitted else {
            panic!("{fitted:?}");
        };
        assert_eq!(curve.at.len(), case.at.len(), "{}", case.name);
        for (ours, theirs) in [(&curve.at, &case.at), (&curve.value, &case.value)] {
            for (&ours, &theirs) in ours.iter().zip(theirs) {
                assert_near(&case.name, ours, theirs, 1e-11);
            }
        }
        for (&p, &theirs) in case.asked.iter().zip(&case.isotonic) {
            assert_near(&case.name, fitted.of(case.link, p), theirs, 1e-11);
        }
    }
}

#[test]
fn out_of_fold_fits_on_log_odds_are_those_of_calibrated_classifier_cv() {
    let whole = golden().whole;
    let fitted = platt(Link::Logistic, &whole.out_of_fold, &whole.truth).expect("can be fitted");
    for (&p, &theirs) in whole.live.iter().zip(&whole.calibrated) {
        assert_near("calibrated", fitted.of(Link::Logistic, p), theirs, 1e-4);
    }
}

#[test]
fn what_says_nothing_of_the_truth_is_not_fitted() {
    let truth = [0, 1, 0, 1, 0, 1];
    let alike = [0.4; 6];
    let falling = [0.9, 0.1, 0.8, 0.2, 0.7, 0.3];
    for p in [alike, falling] {
        for link in [Link::Logistic, Link::Identity] {
            assert_eq!(platt(link, &p, &truth), None, "{p:?}");
        }
        assert_eq!(isotonic(&p, &truth), None, "{p:?}");
    }
    let rising = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7];
    assert_eq!(platt(Link::Logistic, &rising, &[1; 6]), None);
    assert_eq!(isotonic(&rising, &[0; 6]), None);
    assert_eq!(platt(Link::Logistic, &[], &[]), None);
    assert_eq!(isotonic(&[], &[]), None);
}

#[test]
fn sure_and_wrong_probabilities_stay_probabilities_and_keep_their_order() {
    let p: Vec<f64> = (0..=200).map(|it| f64::from(it) / 200.0).collect();
    let truth: Vec<u32> = (0..=200)
        .map(|it| u32::from(it > 90 || it % 17 == 0))
        .collect();
    for link in [Link::Logistic, Link::Identity] {
        for fitted in [platt(link, &p, &truth), isotonic(&p, &truth)] {
            let fitted = fitted.expect("can be fitted");
            assert!(fitted.is_sound());
            let said: Vec<f64> = p.iter().map(|&p| fitted.of(link, p)).collect();
            assert!(said.iter().all(|p| *p > 0.0 && *p < 1.0), "{said:?}");
            assert!(said.is_sorted(), "{said:?}");
            assert!(fitted.of(link, f64::NAN).is_nan());
        }
    }
}
