//! Learned constants, pinned to `tests/golden/constants.json`, which `tests/golden/constants.py` makes with NumPy.

use serde::Deserialize;

use crate::gate::two_keys::{Assumptions, Judgement, Key, LARGE_Z, Veto, learned};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    slope: Vec<f64>,
    correction: Vec<f64>,
    correction_se: Vec<f64>,
    fit_se: Vec<f64>,
    gain: Vec<f64>,
    gain_sd: Vec<f64>,
    learned: Expected,
}

#[derive(Deserialize)]
struct Expected {
    structure: f64,
    structure_worth: f64,
    prior_mean: f64,
    prior_sd: f64,
    prior_worth: f64,
}

impl Case {
    fn past(&self) -> Vec<Judgement> {
        let one = |at: usize| {
            let key = Key {
                opinion: 0.0,
                opinion_se: 0.01,
                opinion_fit_se: Some(self.fit_se[at]),
                opinion_slope: Some(self.slope[at]),
                correction: self.correction[at],
                correction_se: self.correction_se[at],
                correction_weight: 0.5,
                gain: self.gain[at],
                gain_sd: self.gain_sd[at],
                probability: 0.5,
                equivalent: 0.5,
                expected_loss: 0.0,
            };
            Judgement {
                all: key,
                trusted: key,
                labels: 0.0,
                labels_se: 0.02,
                unlabelled_rows: 0,
                unlabelled_differ: false,
                out_of_fold_rows: 0,
                disagreement: None,
                asked: None,
                calibration: 0.0,
                threshold_gain: 0.0,
                threshold: 0.5,
                from: None,
                assumptions: Assumptions::default(),
                veto: None,
            }
        };
        (0..self.slope.len()).map(one).collect()
    }
}

fn golden() -> Vec<Case> {
    let text = include_str!("../../../../tests/golden/constants.json");
    let golden: Golden = serde_json::from_str(text).expect("a golden");
    golden.cases
}

fn case(name: &str) -> Case {
    let found = golden().into_iter().find(|case| case.name == name);
    found.expect("a case of that name")
}

#[test]
fn constants_are_learned_as_numpy_learns_them() {
    for case in golden() {
        let found = learned(&case.past()).expect("decisions");
        let expected = &case.learned;
        for (what, ours, theirs) in [
            ("structure", found.assumptions.structure, expected.structure),
            (
                "its worth",
                found.structure_from.worth,
                expected.structure_worth,
            ),
            ("mean", found.assumptions.prior_mean, expected.prior_mean),
            ("sd", found.assumptions.prior_sd, expected.prior_sd),
            ("its worth", found.prior_from.worth, expected.prior_worth),
        ] {
            assert!(
                (ours - theirs).abs() < 1e-9,
                "{}, {what}: {ours} against {theirs}",
                case.name
            );
        }
        let n = case.slope.len() as u64;
        assert_eq!(
            (found.structure_from.decisions, found.prior_from.decisions),
            (n, n)
        );
    }
}

#[test]
fn a_world_of_misfit_is_doubted_more_and_one_without_less() {
    let start = Assumptions::default();
    let of = |name: &str| learned(&case(name).past()).expect("decisions").assumptions;
    let (good, bad) = (
        of("well calibrated, small gains"),
        of("misfit, large gains"),
    );
    assert!(
        good.structure < start.structure && start.structure < bad.structure,
        "{good:?} {bad:?}"
    );
    assert!(
        good.prior_sd < start.prior_sd && start.prior_sd < bad.prior_sd,
        "{good:?} {bad:?}"
    );
    assert!(
        bad.prior_mean > 0.0 && bad.prior_mean <= bad.prior_sd / 2.0,
        "{bad:?}"
    );
}

#[test]
fn records_of_before_teach_the_prior_alone_and_none_teaches_nothing() {
    assert_eq!(learned(&[]), None);
    let mut old = case("like the start").past();
    for judgement in &mut old {
        judgement.trusted.opinion_fit_se = None;
        judgement.trusted.opinion_slope = None;
    }
    let found = learned(&old).expect("decisions");
    assert_eq!(
        found.assumptions.structure,
        Assumptions::default().structure
    );
    assert_eq!(found.structure_from.decisions, 0);
    assert!(found.prior_from.decisions > 0);
}

#[test]
fn probabilities_that_were_not_believed_teach_how_far_off_they_were_and_no_gain() {
    let mut past = case("like the start").past();
    for judgement in &mut past {
        judgement.veto = Some(Veto::Miscalibrated);
        judgement.calibration = LARGE_Z + 1.0;
    }
    let found = learned(&past).expect("decisions");
    assert_eq!(found.prior_from.decisions, 0);
    assert_eq!(found.assumptions.prior_sd, Assumptions::default().prior_sd);
    assert!(found.structure_from.decisions > 0);
}

#[test]
fn a_misfit_reaches_as_far_as_it_is_in_one_direction_and_in_old_records_as_far_as_models_differ() {
    let new = Assumptions::default();
    assert!((new.reach(0.1) - 0.1).abs() < 1e-12);
    assert!((new.reach(0.6) - 0.3).abs() < 1e-12, "√(0.6 · 0.15)");
    let old: Assumptions =
        serde_json::from_str(r#"{"structure": 0.03, "prior_mean": 0.0, "prior_sd": 0.015}"#)
            .expect("a record of before");
    assert!((old.reach(0.4) - 0.4).abs() < 1e-12);
}

#[test]
fn however_many_nights_of_nothing_do_not_shut_the_gate() {
    let mut past = case("well calibrated, small gains").past();
    for judgement in &mut past {
        judgement.all.gain = 0.0;
        judgement.trusted.correction = 0.0;
    }
    let past: Vec<Judgement> = past.iter().cycle().take(500).cloned().collect();
    let found = learned(&past).expect("decisions").assumptions;
    assert!(
        found.structure >= 0.01 && found.prior_sd >= 0.01,
        "{found:?}"
    );
    // Numbers that are none teach nothing.
    let mut broken = past[..1].to_vec();
    broken[0].trusted.correction_se = f64::NAN;
    broken[0].all.gain_sd = f64::NAN;
    assert_eq!(learned(&broken), None);
}
