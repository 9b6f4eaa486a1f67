//! Inputs that the tests draw and write.

mod small;

use self::small::{candidate, finding, importance, leaked, ranking};
use super::*;
use crate::evaluate::{Interval, IntervalMethod, Metric, MetricInterval, Scores, Task};
use crate::gate::{Comparison, Decision, Policy, Rule, RuleGroup, RuleOutcome, Verdict};
use crate::model_types::Outcome;

/// A second version that unseats the first.
pub(super) fn typical() -> ReportInput {
    ReportInput {
        model: "attrition".into(),
        version: 2,
        run: "20261121T075003Z-7f3a".into(),
        created: "2026-11-21T07:50:03Z".into(),
        learner: "logistic".into(),
        params: vec![
            ("c".into(), "1".into()),
            ("max_iterations".into(), "100".into()),
        ],
        target: "exited".into(),
        task: Task::Classification,
        classes: vec!["stayed".into(), "exited".into()],
        positive: Some("exited".into()),
        threshold: Some(0.4125),
        decided_by: Some("the best F1 on the validation rows".into()),
        calibrated: None,
        metric: Metric::F1,
        challenger: ScoredModel {
            version: 2,
            scores: scores(0.0),
            intervals: intervals(),
        },
        champion: Some(ScoredModel {
            version: 1,
            scores: scores(0.06),
            intervals: intervals(),
        }),
        decision: Some(decision()),
        roc: vec![curve("challenger v2", 3.0), curve("champion v1", 1.7)],
        precision_recall: vec![falling("challenger v2", 0.2), falling("champion v1", 0.45)],
        calibration: vec![
            calibration("challenger v2", 1.15),
            calibration("champion v1", 0.7),
        ],
        numbers: Vec::new(),
        coefficients: coefficients(12),
        ranking: None,
        importance: Some(importance()),
        history: history(5),
        findings: vec![finding()],
        leaderboard: vec![
            candidate("boosted_trees (depth 3)", Some(0.62)),
            candidate("text", None),
        ],
        data: data(),
        timings_ms: vec![
            ("ingest".into(), 21.4),
            ("train".into(), 33.0),
            ("score".into(), 1204.0),
        ],
        program_version: "0.1.0".into(),
        seed: 42,
    }
}

/// A second version of numbers that unseats the first.
pub(super) fn of_numbers() -> ReportInput {
    let scores = |error: f64| Scores {
        r2: Some(0.62 - error / 100.0),
        rmse: Some(41.7 + error),
        mae: Some(33.1 + error),
        spearman: Some(0.81),
        worst_overlap: Some(0.58),
        ..Scores::default()
    };
    let pairs = |name: &str, noise: f64| NumberPairs {
        name: name.into(),
        points: (0..400)
            .map(|row| {
                let truth = 40.0 + f64::from(row) * 0.75;
                let wave = (f64::from(row) * 12.9898).sin() * 43758.5453;
                (
                    truth,
                    120.0 + truth * 0.3 + noise * (wave - wave.floor() - 0.5),
                )
            })
            .collect(),
    };
    ReportInput {
        task: Task::Regression,
        classes: Vec::new(),
        positive: None,
        threshold: None,
        decided_by: None,
        calibrated: None,
        metric: Metric::R2,
        challenger: ScoredModel {
            version: 2,
            scores: scores(0.0),
            intervals: Vec::new(),
        },
        champion: Some(ScoredModel {
            version: 1,
            scores: scores(3.2),
            intervals: Vec::new(),
        }),
        decision: None,
        roc: Vec::new(),
        precision_recall: Vec::new(),
        calibration: Vec::new(),
        ranking: Some(ranking()),
        numbers: vec![pairs("challenger v2", 60.0), pairs("champion v1", 140.0)],
        ..typical()
    }
}

/// Nothing in it but names.
pub(super) fn bare() -> ReportInput {
    ReportInput {
        classes: vec!["only".into()],
        challenger: ScoredModel::default(),
        champion: None,
        decision: None,
        roc: vec![Curve::default()],
        precision_recall: vec![Curve::default()],
        calibration: vec![Calibration::default()],
        importance: None,
        coefficients: vec![Coefficient {
            weight: f64::NAN,
            ..Coefficient::default()
        }],
        history: Vec::new(),
        findings: Vec::new(),
        leaderboard: Vec::new(),
        data: DataFacts::default(),
        ..typical()
    }
}

fn scores(less: f64) -> Scores {
    let value = |value: f64| Some(value - less);
    Scores {
        f1: value(0.7312),
        f1_macro: value(0.8011),
        f1_weighted: value(0.8312),
        accuracy: value(0.8421),
        precision: value(0.7015),
        recall: value(0.7637),
        roc_auc: value(0.8914),
        pr_auc: value(0.7877),
        log_loss: Some(0.3611 + less),
        brier: Some(0.1124 + less),
        confusion: vec![vec![1290, 151], vec![110, 355]],
        ..Scores::default()
    }
}

fn intervals() -> Vec<MetricInterval> {
    let at = |metric, low, high| MetricInterval {
        metric,
        interval: Interval { low, high },
        method: IntervalMethod::default(),
    };
    vec![
        at(Metric::F1, 0.6712, 0.7811),
        at(Metric::Accuracy, 0.8263, 0.8577),
        at(Metric::RocAuc, 0.8731, 0.9088),
    ]
}

fn decision() -> Decision {
    let rule = |name: &str, group, outcome, value, bound, reason: &str| Rule {
        name: name.into(),
        group,
        outcome,
        value,
        bound,
        reason: reason.into(),
    };
    Decision {
        classes: Vec::new(),
        format_version: 1,
        judgement: None,
        wanted: None,
        retuned: None,
        verdict: Verdict::Promote,
        reasons: vec!["F1 rises by 0.0600 and the paired bootstrap is 99.8% sure of a rise".into()],
        rules: vec![
            rule(
                "finite_metrics",
                RuleGroup::Hard,
                RuleOutcome::Pass,
                None,
                None,
                "every metric is finite",
            ),
            rule(
                "max_leakage",
                RuleGroup::Hard,
                RuleOutcome::Warn,
                Some(0.011),
                Some(0.05),
                "21 of 1,906 test rows leak",
            ),
            rule(
                "ceiling",
                RuleGroup::Hard,
                RuleOutcome::Skipped,
                None,
                None,
                "no ceiling is configured",
            ),
            rule(
                "min_rows",
                RuleGroup::Evidence,
                RuleOutcome::Pass,
                Some(1906.0),
                Some(30.0),
                "1,906 rows, 30 required",
            ),
            rule(
                "better",
                RuleGroup::Comparison,
                RuleOutcome::Pass,
                Some(0.998),
                Some(0.95),
                "sure enough",
            ),
        ],
        comparison: Some(Comparison {
            metric: Metric::F1,
            challenger: 0.7312,
            champion: 0.6712,
            delta: 0.06,
            interval: Some(Interval {
                low: 0.021,
                high: 0.099,
            }),
            interval_level: Some(0.9),
            p_better: 0.998,
            only_challenger_right: 141,
            only_champion_right: 62,
            mcnemar_p: 2.6e-8,
        }),
        challenger: scores(0.0),
        champion: Some(scores(0.06)),
        baselines: vec![
            ("always_positive".into(), scores(0.3)),
            ("always_majority".into(), Scores::default()),
        ],
        rows: 1906,
        rows_hash: "c41f9b7d0a2e".into(),
        metric: Metric::F1,
        facts: leaked(21),
        policy: Policy::default(),
    }
}

fn curve(name: &str, power: f64) -> Curve {
    let points = (0..=200)
        .map(|step| f64::from(step) / 200.0)
        .map(|x| (x, 1.0 - (1.0 - x).powf(power)))
        .collect();
    Curve {
        name: name.into(),
        points,
        area: Some(1.0 - 1.0 / (power + 1.0)),
    }
}

fn falling(name: &str, depth: f64) -> Curve {
    let points = (0..=200)
        .map(|step| f64::from(step) / 200.0)
        .map(|x| (x, 1.0 - depth * x - 0.3 * x.powi(6)))
        .collect();
    Curve {
        name: name.into(),
        points,
        area: Some(0.8 - depth / 4.0),
    }
}

fn calibration(name: &str, power: f64) -> Calibration {
    let bins = (0..10u32).map(|bin| f64::from(bin) / 10.0 + 0.05);
    let points = bins
        .map(|mean| {
            (
                mean,
                mean.powf(power),
                (600.0 * (1.05 - mean).powi(2)) as u64,
            )
        })
        .collect();
    Calibration {
        name: name.into(),
        points,
    }
}

pub(super) fn coefficients(n: usize) -> Vec<Coefficient> {
    let name = [
        "lastmonth_activity",
        "lastyear_activity",
        "number_of_employees",
        "corporation = größe ж",
    ];
    let weight =
        |index: usize| if index % 3 == 1 { -1.9 } else { 2.4 } / (1.0 + index as f64 * 0.6);
    let one = |index: usize| Coefficient {
        feature: format!(
            "{}{}",
            name[index % 4],
            if index < 4 {
                String::new()
            } else {
                format!(" {index}")
            }
        ),
        class: None,
        weight: weight(index),
        original: Some(weight(index) / 130.0),
    };
    (0..n).map(one).collect()
}

pub(super) fn history(n: u64) -> Vec<HistoryPoint> {
    let one = |version: u64| {
        let value = 0.62
            + 0.11 * (version as f64 / n as f64)
            + if version.is_multiple_of(2) {
                0.02
            } else {
                -0.01
            };
        HistoryPoint {
            version,
            value: Some(value),
            low: Some(value - 0.05),
            high: Some(value + 0.045),
            verdict: Some(Outcome::Promote),
            champion_now: version + 1 == n,
            rows_hash: if version < 3 { "a".into() } else { "b".into() },
        }
    };
    (1..=n).map(one).collect()
}

fn data() -> DataFacts {
    let column = |name: &str, missing_share| ColumnFacts {
        name: name.into(),
        kind: "number".into(),
        missing_share,
        mean: Some(812.3311),
        std: Some(211.07),
        min: Some(0.0),
        max: Some(4_211.0),
        distinct: Some(1_211),
        note: String::new(),
    };
    DataFacts {
        rules: vec![("age".into(), "integer, 18 to 99; inferred".into())],
        files: vec![
            FileFacts {
                name: "practice/extract_a.csv".into(),
                sha256: "9f".repeat(32),
                rows: 5_000,
            },
            FileFacts {
                name: "practice/extract_b.csv".into(),
                sha256: "0b".repeat(32),
                rows: 4_800,
            },
        ],
        rows_read: 9_800,
        duplicates: 270,
        rows_used: 9_530,
        train_rows: 6_099,
        validation_rows: 1_525,
        in_folds: None,
        test_rows: 1_906,
        data_fingerprint: "d47a0c9e11".into(),
        config_fingerprint: "c0ffee7731".into(),
        test_rows_hash: "c41f9b7d0a2e".into(),
        quarantined: vec![Quarantined {
            file: "practice/bad.csv".into(),
            line: Some(7),
            reason: "3 fields, 5 expected".into(),
        }],
        columns: vec![
            column("lastmonth_activity", 0.012),
            column("number_of_employees", 0.31),
        ],
        dropped_columns: vec![("corporation".into(), "text that names each row".into())],
        notes: vec!["The test folder holds two files.".into()],
    }
}
