//! The numbers against NumPy and scipy (`tests/golden/two_keys.py`), and what must hold of any evidence.

mod asked;
mod learned;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::evaluate::{ClassPredictions, Metric};

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    metric: Metric,
    trusted: Block,
    out_of_fold: Vec<Block>,
    unlabelled: Option<Block>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Block {
    champion: Vec<f64>,
    challenger: Vec<f64>,
    thresholds: [f64; 2],
    #[serde(default)]
    truth: Vec<u8>,
}

#[derive(Deserialize)]
struct Expected {
    labels: f64,
    labels_se: f64,
    unlabelled_differ: bool,
    calibration: f64,
    disagreement: Option<f64>,
    threshold_gain: f64,
    all: ExpectedKey,
    trusted: ExpectedKey,
}

#[derive(Deserialize)]
struct ExpectedKey {
    opinion: f64,
    opinion_se: f64,
    correction: f64,
    correction_se: f64,
    correction_weight: f64,
    gain: f64,
    gain_sd: f64,
    probability: f64,
    equivalent: f64,
    expected_loss: f64,
}

impl Block {
    fn both(&self) -> Both {
        let side = |probabilities: &[f64], threshold: f64| ClassPredictions {
            n_classes: 2,
            labels: probabilities
                .iter()
                .map(|&p| u32::from(p >= threshold))
                .collect(),
            probabilities: probabilities.to_vec(),
        };
        let champion = side(&self.champion, self.thresholds[0]);
        Both::of(&champion, &side(&self.challenger, self.thresholds[1])).expect("two classes")
    }

    fn labelled(&self) -> Labelled {
        Labelled {
            both: self.both(),
            positive: self.truth.iter().map(|&y| y == 1).collect(),
        }
    }
}

#[track_caller]
fn near(name: &str, got: f64, wanted: f64) {
    assert!(
        (got - wanted).abs() <= 1e-7 * (1.0 + wanted.abs()),
        "{name}: {got} instead of {wanted}"
    );
}

fn same_key(name: &str, got: &Key, wanted: &ExpectedKey) {
    let pairs = [
        ("opinion", got.opinion, wanted.opinion),
        ("opinion_se", got.opinion_se, wanted.opinion_se),
        ("correction", got.correction, wanted.correction),
        ("correction_se", got.correction_se, wanted.correction_se),
        ("weight", got.correction_weight, wanted.correction_weight),
        ("gain", got.gain, wanted.gain),
        ("gain_sd", got.gain_sd, wanted.gain_sd),
        ("probability", got.probability, wanted.probability),
        ("equivalent", got.equivalent, wanted.equivalent),
        ("expected_loss", got.expected_loss, wanted.expected_loss),
    ];
    for (what, got, wanted) in pairs {
        near(&format!("{name}, {what}"), got, wanted);
    }
}

#[test]
fn numbers_are_those_of_numpy_and_scipy() {
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/two_keys.json")).expect("JSON");
    assert!(golden.cases.len() >= 6);
    for case in golden.cases {
        let trusted = case.trusted.labelled();
        let blocks: Vec<Labelled> = case.out_of_fold.iter().map(Block::labelled).collect();
        let unlabelled = case.unlabelled.as_ref().map(Block::both);
        let judged = judge(&Evidence {
            metric: case.metric,
            trusted: &trusted,
            out_of_fold: &blocks,
            asked: None,
            unlabelled: unlabelled.as_ref(),
            assumptions: Assumptions::default(),
        })
        .expect("defined");
        let name = &case.name;
        near(name, judged.labels, case.expected.labels);
        near(name, judged.labels_se, case.expected.labels_se);
        assert_eq!(
            judged.unlabelled_differ, case.expected.unlabelled_differ,
            "{name}"
        );
        near(name, judged.calibration, case.expected.calibration);
        near(name, judged.threshold_gain, case.expected.threshold_gain);
        assert_eq!(
            judged.disagreement.is_some(),
            case.expected.disagreement.is_some()
        );
        if let Some((got, wanted)) = judged.disagreement.zip(case.expected.disagreement) {
            near(name, got, wanted);
        }
        same_key(&format!("{name}, all"), &judged.all, &case.expected.all);
        same_key(
            &format!("{name}, trusted"),
            &judged.trusted,
            &case.expected.trusted,
        );
    }
}

/// Rows whose true class follows the challenger's probability, with a champion that is noisier.
fn rows(seed: u64, n: usize) -> Labelled {
    let mut state = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut both = Both::default();
    let mut positive = Vec::new();
    for _ in 0..n {
        let z = 4.0 * (uniform() - 0.5);
        let noise = 3.0 * (uniform() - 0.5);
        let (old, new) = (z + noise, z + 0.2 * noise);
        both.champion_logits.push(old);
        both.challenger_logits.push(new);
        both.champion_labels.push(old >= 0.0);
        both.challenger_labels.push(new >= 0.0);
        positive.push(uniform() < 1.0 / (1.0 + (-z).exp()));
    }
    Labelled { both, positive }
}

fn judged(trusted: &Labelled, unlabelled: Option<&Both>) -> Judgement {
    judge(&Evidence {
        metric: Metric::F1,
        trusted,
        out_of_fold: &[],
        asked: None,
        unlabelled,
        assumptions: Assumptions::default(),
    })
    .expect("defined")
}

#[test]
fn a_better_challenger_is_believed_and_the_swapped_pair_is_not() {
    let (trusted, more) = (rows(7, 2_000), rows(8, 6_000));
    let found = judged(&trusted, Some(&more.both));
    assert!(found.all.probability > 0.95, "{found:#?}");
    assert_eq!(found.unlabelled_rows, 6_000);
    let swap = |both: &Both| Both {
        champion_logits: both.challenger_logits.clone(),
        challenger_logits: both.champion_logits.clone(),
        champion_labels: both.challenger_labels.clone(),
        challenger_labels: both.champion_labels.clone(),
    };
    let swapped = Labelled {
        both: swap(&trusted.both),
        positive: trusted.positive.clone(),
    };
    let found = judged(&swapped, Some(&swap(&more.both)));
    assert!(found.all.probability < 0.05, "{found:#?}");
    assert!(found.all.expected_loss > 0.0);
}

#[test]
fn two_copies_of_one_model_are_equivalent_and_never_better() {
    let mut trusted = rows(3, 500);
    trusted.both.challenger_logits = trusted.both.champion_logits.clone();
    trusted.both.challenger_labels = trusted.both.champion_labels.clone();
    let found = judged(&trusted, None);
    assert_eq!((found.labels, found.all.gain), (0.0, 0.0));
    assert_eq!(found.all.equivalent, 1.0);
    assert!(found.all.probability <= 0.5);
}

#[test]
fn labels_that_contradict_the_probabilities_veto_the_second_opinion() {
    let mut trusted = rows(5, 3_000);
    // Where the models differ the champion is always right, although its own probabilities say otherwise.
    for row in 0..trusted.positive.len() {
        let (old, new) = (
            trusted.both.champion_labels[row],
            trusted.both.challenger_labels[row],
        );
        if old != new {
            trusted.positive[row] = true;
        }
    }
    assert_eq!(judged(&trusted, None).veto, Some(Veto::Miscalibrated));
}

#[test]
fn unlabelled_rows_of_another_population_are_not_used() {
    let trusted = rows(11, 800);
    let mut other = rows(12, 5_000).both;
    for logit in other
        .champion_logits
        .iter_mut()
        .chain(&mut other.challenger_logits)
    {
        *logit += 1.0;
    }
    let found = judged(&trusted, Some(&other));
    assert!(found.unlabelled_differ);
    assert_eq!(found.unlabelled_rows, 0);
    assert_eq!(found.all, judged(&trusted, None).all);
}

#[test]
fn out_of_fold_rows_that_contradict_the_test_rows_do_not_outvote_them() {
    let trusted = rows(21, 800);
    let mut spoiled = rows(22, 8_000);
    // A batch in which the challenger learned from wrong labels: there it looks perfect.
    spoiled.positive = spoiled.both.challenger_labels.clone();
    let evidence = Evidence {
        metric: Metric::F1,
        trusted: &trusted,
        out_of_fold: std::slice::from_ref(&spoiled),
        asked: None,
        unlabelled: None,
        assumptions: Assumptions::default(),
    };
    let found = judge(&evidence).expect("defined");
    assert!(
        found.disagreement.expect("some").abs() > LARGE_Z,
        "{found:#?}"
    );
    assert!(found.all.correction_se > 0.3 * found.trusted.correction_se);
    assert_eq!(found.trusted, judged(&trusted, None).trusted);
}

#[test]
fn metrics_that_are_no_counts_of_labels_have_no_second_opinion() {
    let trusted = rows(1, 50);
    for metric in [
        Metric::RocAuc,
        Metric::LogLoss,
        Metric::Rmse,
        Metric::F1Weighted,
    ] {
        let evidence = Evidence {
            metric,
            trusted: &trusted,
            out_of_fold: &[],
            asked: None,
            unlabelled: None,
            assumptions: Assumptions::default(),
        };
        assert_eq!(judge(&evidence), None);
    }
}

proptest! {
    #[test]
    fn probabilities_are_probabilities_whatever_the_rows_say(
        cells in prop::collection::vec((0.0f64..=1.0, 0.0f64..=1.0, any::<bool>()), 1..80),
        cut in 0.05f64..0.95,
    ) {
        let side = |of: fn(&(f64, f64, bool)) -> f64| ClassPredictions {
            n_classes: 2,
            labels: cells.iter().map(|cell| u32::from(of(cell) >= cut)).collect(),
            probabilities: cells.iter().map(of).collect(),
        };
        let both = Both::of(&side(|cell| cell.0), &side(|cell| cell.1)).expect("two classes");
        let trusted = Labelled { both, positive: cells.iter().map(|cell| cell.2).collect() };
        for metric in [Metric::F1, Metric::Accuracy, Metric::Precision, Metric::Recall, Metric::F1Macro] {
            let found = judge(&Evidence { metric, trusted: &trusted, out_of_fold: &[], asked: None, unlabelled: None, assumptions: Assumptions::default() });
            if let Some(found) = found {
                for key in [found.all, found.trusted] {
                    prop_assert!((0.0..=1.0).contains(&key.probability));
                    prop_assert!((0.0..=1.0 + 1e-12).contains(&key.equivalent));
                    prop_assert!(key.expected_loss >= -1e-15 && key.gain_sd >= 0.0);
                    prop_assert!((0.0..=1.0).contains(&key.correction_weight));
                }
            }
        }
    }
}

#[derive(serde::Deserialize)]
struct Alone {
    trusted: Vec<f64>,
    truth: Vec<u8>,
    rows: Vec<f64>,
    cut: f64,
    metrics: std::collections::BTreeMap<String, AloneScore>,
}

#[derive(serde::Deserialize)]
struct AloneScore {
    value: f64,
    standard_error: f64,
}

#[test]
fn a_score_without_labels_is_that_of_the_formulas() {
    let text = include_str!("../../../tests/golden/live.json");
    let golden: serde_json::Value = serde_json::from_str(text).expect("the golden");
    let cases: Vec<Alone> = serde_json::from_value(golden["cases"].clone()).expect("cases");
    assert!(!cases.is_empty());
    for case in cases {
        let called = |of: &[f64]| -> Vec<bool> { of.iter().map(|p| *p >= case.cut).collect() };
        let (labels, trusted_labels) = (called(&case.rows), called(&case.trusted));
        let truth: Vec<bool> = case.truth.iter().map(|it| *it == 1).collect();
        for (name, expected) in &case.metrics {
            let metric: Metric = serde_json::from_value(serde_json::json!(name)).expect("a metric");
            let trusted = Side {
                probabilities: &case.trusted,
                labels: &trusted_labels,
            };
            let rows = Side {
                probabilities: &case.rows,
                labels: &labels,
            };
            let found = estimate_alone(metric, trusted, &truth, rows, 0.03).expect("an estimate");
            assert!(
                (found.value - expected.value).abs() < 1e-7,
                "{name}: {found:?}"
            );
            let error = (found.standard_error / expected.standard_error - 1.0).abs();
            assert!(
                error < 1e-4,
                "{name}: {found:?} {}",
                expected.standard_error
            );
        }
    }
}
