//! The gate on predicted numbers.

use std::collections::HashMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::{outcome, rule, says};
use crate::evaluate::tests::assert_close;
use crate::evaluate::{Centre, Metric, Predictions, Truth};
use crate::gate::paired::deltas_of_numbers;
use crate::gate::{
    Beyond, Decision, Evidence, Facts, Guard, Policy, Require, RuleOutcome, SliceGuard, Verdict,
    decide, explain, mcnemar,
};

/// Owned evidence on numbers.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) metric: Metric,
    pub(super) truth: Vec<f64>,
    pub(super) challenger: Vec<f64>,
    pub(super) champion: Option<Vec<f64>>,
    pub(super) centre: Option<Centre>,
    pub(super) slices: Vec<(String, Vec<String>)>,
}

impl Numbers {
    pub(super) fn decide(&self, policy: &Policy) -> Decision {
        decide(
            &Evidence {
                metric: self.metric,
                classes: &[],
                prior: &[],
                centre: self.centre.as_ref(),
                truth: &Truth::Numbers(self.truth.clone()),
                rows_hash: "a1b2",
                challenger: &Predictions::Numbers(self.challenger.clone()),
                champion: self.champion.clone().map(Predictions::Numbers).as_ref(),
                facts: &Facts {
                    load_failure: None,
                    differs_from_champion: true,
                    leaked_rows: 0,
                    doubts: Vec::new(),
                    attempts: 0,
                    let_in: None,
                    shadow: None,
                    is_retuned: false,
                    fresh: None,
                    calibration: None,
                    learned: None,
                    no_requests: None,
                    no_out_of_fold: None,
                },
                slices: &self.slices,
                beyond: &Beyond::default(),
            },
            policy,
        )
    }

    /// 200 rows from 0 to 199; the challenger misses each by `new`, the champion by `old`, up and down in turn.
    pub(super) fn missing_by(new: f64, old: f64) -> Numbers {
        let truth: Vec<f64> = (0..200).map(f64::from).collect();
        let off = |by: f64| -> Vec<f64> {
            let sign = |row: usize| if row % 4 < 2 { 1.0 } else { -1.0 };
            truth
                .iter()
                .enumerate()
                .map(|(row, y)| y + sign(row) * by)
                .collect()
        };
        Numbers {
            metric: Metric::R2,
            challenger: off(new),
            champion: Some(off(old)),
            centre: Centre::of(&truth),
            truth,
            slices: Vec::new(),
        }
    }
}

#[test]
fn a_clearly_better_challenger_of_numbers_is_promoted() {
    for metric in [Metric::R2, Metric::Rmse, Metric::Mae] {
        let stand = Numbers {
            metric,
            ..Numbers::missing_by(10.0, 20.0)
        };
        let decision = stand.decide(&Policy::default());
        assert_eq!(
            decision.verdict,
            Verdict::Promote,
            "{:#?}",
            decision.reasons
        );
        assert_eq!(outcome(&decision, "min_positives"), RuleOutcome::Skipped);
        assert_eq!(outcome(&decision, "min_discordant"), RuleOutcome::Skipped);
        let numbers = decision.comparison.as_ref().unwrap();
        assert!(numbers.delta > 0.0 && numbers.p_better == 1.0);
        assert_eq!(
            (numbers.only_challenger_right, numbers.only_champion_right),
            (200, 0)
        );
        says(
            &decision,
            "the challenger comes nearer to 200 rows and the champion to 0",
        );
        let (text, card) = (explain::text(&decision), explain::markdown(&decision));
        assert!(text.contains("exact sign test") && card.contains("comes nearer"));
        assert!(!text.contains("confusion"));
    }
}

#[test]
fn a_worse_challenger_of_numbers_is_rejected_whichever_way_the_metric_runs() {
    for metric in [Metric::R2, Metric::Rmse, Metric::Mae] {
        let stand = Numbers {
            metric,
            ..Numbers::missing_by(20.0, 10.0)
        };
        let decision = stand.decide(&Policy::default());
        assert_eq!(decision.verdict, Verdict::Reject, "{}", metric.name());
        assert_eq!(outcome(&decision, "better"), RuleOutcome::Reject);
    }
}

#[test]
fn it_must_beat_the_mean_and_the_median() {
    let decision = Numbers::missing_by(90.0, 95.0).decide(&Policy::default());
    assert_eq!(outcome(&decision, "beat_baselines"), RuleOutcome::Reject);
    says(&decision, "does not beat always_me");
    let first = Numbers {
        champion: None,
        ..Numbers::missing_by(90.0, 0.0)
    };
    let decision = first.decide(&Policy::default());
    assert_eq!(
        decision.verdict,
        Verdict::Inconclusive,
        "a first version is held"
    );
    assert_eq!(outcome(&decision, "beat_baselines"), RuleOutcome::Warn);
    let backwards = Numbers {
        metric: Metric::Spearman,
        challenger: first.truth.iter().map(|y| -y).collect(),
        ..Numbers::missing_by(1.0, 2.0)
    };
    let decision = backwards.decide(&Policy::default());
    assert_eq!(rule(&decision, "beat_baselines").bound, Some(0.0));
    assert_eq!(outcome(&decision, "beat_baselines"), RuleOutcome::Reject);
}

#[test]
fn floors_ceilings_guards_and_slices_hold_for_numbers() {
    let mut stand = Numbers {
        metric: Metric::Rmse,
        ..Numbers::missing_by(10.0, 20.0)
    };
    let side = |row: usize| if row < 100 { "low" } else { "high" };
    stand.slices = vec![(
        "side".into(),
        (0..200).map(|row| side(row).into()).collect(),
    )];
    let policy = Policy {
        floor: Some(15.0),
        ceiling: Some(5.0),
        guards: vec![Guard {
            metric: Metric::Mae,
            max_fall: 0.0,
        }],
        slices: vec![SliceGuard {
            column: "side".into(),
            max_fall: 0.0,
            min_rows: 30,
        }],
        ..Policy::default()
    };
    let decision = stand.decide(&policy);
    assert_eq!(
        outcome(&decision, "floor"),
        RuleOutcome::Pass,
        "RMSE 10 is below 15"
    );
    assert_eq!(
        outcome(&decision, "ceiling"),
        RuleOutcome::Reject,
        "a gain of 10 is above 5"
    );
    assert_eq!(outcome(&decision, "guard:mae"), RuleOutcome::Pass);
    assert_eq!(outcome(&decision, "slice:side=low"), RuleOutcome::Pass);
    // Better over all, worse in the lower half.
    for row in 0..100 {
        stand.challenger[row] = stand.truth[row] + 25.0;
        stand.champion.as_mut().unwrap()[row] = stand.truth[row] + 20.0;
    }
    for row in 100..200 {
        stand.challenger[row] = stand.truth[row];
    }
    let decision = stand.decide(&policy);
    assert_eq!(outcome(&decision, "slice:side=low"), RuleOutcome::Reject);
    assert_eq!(outcome(&decision, "slice:side=high"), RuleOutcome::Pass);
}

#[test]
fn classes_are_no_answer_where_numbers_are_asked_for() {
    let stand = Numbers::missing_by(10.0, 20.0);
    let classes = Predictions::Classes(super::labelled(&[1; 200]));
    let decision = decide(
        &Evidence {
            metric: Metric::R2,
            classes: &[],
            prior: &[],
            centre: None,
            truth: &Truth::Numbers(stand.truth.clone()),
            rows_hash: "a",
            challenger: &classes,
            champion: Some(&Predictions::Numbers(stand.challenger.clone())),
            facts: &Facts {
                load_failure: None,
                differs_from_champion: true,
                leaked_rows: 0,
                doubts: Vec::new(),
                attempts: 0,
                let_in: None,
                shadow: None,
                is_retuned: false,
                fresh: None,
                calibration: None,
                learned: None,
                no_requests: None,
                no_out_of_fold: None,
            },
            slices: &[],
            beyond: &Beyond::default(),
        },
        &Policy::default(),
    );
    assert_eq!(decision.verdict, Verdict::Reject);
    assert_eq!(outcome(&decision, "finite_metrics"), RuleOutcome::Reject);
}

#[derive(Deserialize)]
struct Golden {
    bootstrap: Bootstrap,
}

#[derive(Deserialize)]
struct Bootstrap {
    truth: Vec<f64>,
    challenger: Vec<f64>,
    champion: Vec<f64>,
    deltas: HashMap<Metric, Summary>,
    sign_test: SignTest,
}

#[derive(Deserialize)]
struct Summary {
    low: f64,
    high: f64,
    p_better: f64,
}

#[derive(Deserialize)]
struct SignTest {
    challenger: u64,
    champion: u64,
    p: f64,
}

#[test]
fn the_paired_bootstrap_of_numbers_equals_numpy_and_the_sign_test_scipy() {
    let golden: Golden =
        serde_json::from_str(include_str!("../../../tests/golden/regression.json")).unwrap();
    let case = golden.bootstrap;
    for (&metric, expected) in &case.deltas {
        let (new, old) = (&case.challenger, &case.champion);
        let found = deltas_of_numbers(metric, &case.truth, new, old, 6000, 11).unwrap();
        let interval = found.interval(0.95).unwrap();
        // Monte Carlo error, in the unit of the metric.
        let slack = match metric {
            // It goes in steps of a twelfth here; a quantile may fall on either side of one.
            Metric::WorstOverlap => 1.0 / 12.0 + 1e-9,
            _ => 0.04 * (expected.high - expected.low).max(0.1),
        };
        let near = |what: &str, a: f64, b: f64| {
            assert!(
                (a - b).abs() <= slack,
                "{what} of {}: {a} and {b}",
                metric.name()
            );
        };
        near("low", interval.low, expected.low);
        near("high", interval.high, expected.high);
        assert_close(metric.name(), found.p_better(), expected.p_better, 0.025);
    }
    let nearer = mcnemar::nearer(&case.truth, &case.challenger, &case.champion);
    assert_eq!(nearer, (case.sign_test.challenger, case.sign_test.champion));
    assert_close(
        "p",
        mcnemar::exact_p(nearer.0, nearer.1),
        case.sign_test.p,
        1e-10,
    );
}

proptest! {
    #[test]
    fn a_prediction_that_is_no_number_never_promotes(
        row in 0usize..200,
        faulty in prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        require in prop::sample::select(vec![Require::Better, Require::NotWorse, Require::Naive]),
        metric in prop::sample::select(Metric::OF_NUMBERS.to_vec()),
        alone in any::<bool>(),
    ) {
        let mut stand = Numbers { metric, ..Numbers::missing_by(10.0, 20.0) };
        stand.challenger[row] = faulty;
        if alone {
            stand.champion = None;
        }
        let policy = Policy { require, min_relative_gain: Some(0.0), replicates: 100, ..Policy::default() };
        prop_assert_eq!(stand.decide(&policy).verdict, Verdict::Reject);
    }

    #[test]
    fn nothing_in_numbers_makes_it_panic(
        truth in prop::collection::vec(prop::num::f64::ANY, 0..6),
        new in prop::collection::vec(prop::num::f64::ANY, 0..6),
        old in prop::collection::vec(prop::num::f64::ANY, 0..6),
        (asked, floor, mean) in (prop::num::f64::ANY, prop::num::f64::ANY, prop::num::f64::ANY),
        metric in prop::sample::select([&Metric::OF_NUMBERS[..], &Metric::ALL[..]].concat()),
    ) {
        let stand = Numbers {
            metric,
            truth,
            challenger: new,
            champion: Some(old),
            centre: Some(Centre { mean, median: mean }),
            slices: vec![("s".to_owned(), vec!["a".to_owned(); 3])],
        };
        let policy = Policy {
            min_relative_gain: Some(asked),
            min_absolute_gain: Some(asked),
            relative_gain_floor: floor,
            slices: vec![SliceGuard { column: "s".into(), max_fall: asked, min_rows: 1 }],
            replicates: 20,
            ..Policy::default()
        };
        let decision = stand.decide(&policy);
        prop_assert!(!explain::text(&decision).contains("NaN asked") || asked.is_nan());
        let json = serde_json::to_string(&stand.decide(&Policy { replicates: 20, ..Policy::default() })).unwrap();
        prop_assert!(serde_json::from_str::<Decision>(&json).is_ok());
    }
}
