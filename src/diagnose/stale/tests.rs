//! A model is stale by its age, its score on test rows, its score by labels, or since no label comes.

use super::*;
use crate::live::LabelledSpan;
use crate::model_types::VersionNumber;

const NOW: i64 = 1_800_000_000_000;

fn days_ago(days: f64) -> Option<i64> {
    Some(NOW - (days * DAY_MS) as i64)
}

fn champion(pinned: bool) -> Option<Champion> {
    Some(Champion {
        version: VersionNumber::new(3),
        since_ms: NOW - 5,
        pinned,
    })
}

fn bounds() -> Health {
    Health {
        max_days_untrained: Some(7.0),
        max_days_unpromoted: Some(30.0),
        max_fall: Some(0.1),
        min_live_score: Some(0.6),
        max_label_age: Some(3.0),
    }
}

fn reasons(facts: &StaleFacts, bounds: &Health, metric: Metric) -> Vec<&'static str> {
    let found = stale(facts, bounds, metric, NOW);
    found.iter().map(|stale| stale.reason.name()).collect()
}

#[test]
fn each_bound_has_its_reason() {
    let well = StaleFacts {
        first_run_ms: days_ago(100.0),
        trained_ms: days_ago(6.9),
        promoted_ms: days_ago(29.9),
        champion: champion(false),
        scores: Some((0.8, 0.75)),
        ..StaleFacts::default()
    };
    let old = StaleFacts {
        trained_ms: days_ago(7.1),
        promoted_ms: days_ago(30.1),
        ..well.clone()
    };
    let pinned = StaleFacts {
        champion: champion(true),
        ..old.clone()
    };
    let fallen = StaleFacts {
        scores: Some((0.8, 0.65)),
        ..well.clone()
    };
    let never = StaleFacts {
        trained_ms: None,
        promoted_ms: None,
        champion: None,
        scores: None,
        ..well.clone()
    };
    let nan = StaleFacts {
        scores: Some((0.8, f64::NAN)),
        ..well.clone()
    };
    let cases: [(&str, &StaleFacts, &[&str]); 7] = [
        ("all is well", &well, &[]),
        ("old", &old, &["untrained", "unpromoted"]),
        ("pinned on purpose", &pinned, &["untrained"]),
        ("fallen", &fallen, &["fall"]),
        ("a score that is none", &nan, &["fall"]),
        ("runs, but no version", &never, &["untrained", "unpromoted"]),
        ("nothing at all", &StaleFacts::default(), &[]),
    ];
    for (name, facts, expected) in cases {
        assert_eq!(reasons(facts, &bounds(), Metric::F1), expected, "{name}");
    }
    let none = Health {
        max_days_untrained: None,
        max_days_unpromoted: None,
        max_fall: None,
        min_live_score: None,
        max_label_age: None,
    };
    for (name, facts, _) in cases {
        let found = reasons(facts, &none, Metric::F1);
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

fn live(metric: Metric, score: f64, labels: u64) -> Option<Summary> {
    Some(Summary {
        version: VersionNumber::new(3),
        metric,
        labelled: Some(LabelledSpan {
            from: String::new(),
            to: String::new(),
            answers: 1000,
            labels,
            score: Some(score),
            interval: None,
            difference: None,
            delay_ms: None,
        }),
        estimated: None,
        estimated_interval: None,
        answers: 1000,
    })
}

#[test]
fn answers_that_were_bad_and_labels_that_stay_away_are_told() {
    let of = |live: Option<Summary>, first_answer: f64, last_label: Option<f64>| StaleFacts {
        champion: champion(false),
        live,
        first_answer_ms: days_ago(first_answer),
        last_label_ms: last_label.and_then(days_ago),
        ..StaleFacts::default()
    };
    let f1 = |score, labelled| live(Metric::F1, score, labelled);
    let other = f1(0.1, 99).map(|live| Summary {
        version: VersionNumber::new(2),
        ..live
    });
    let cases: [(&str, StaleFacts, &[&str]); 8] = [
        ("good", of(f1(0.6, 99), 9.0, Some(2.9)), &[]),
        ("bad", of(f1(0.59, 30), 9.0, Some(2.9)), &["live_score"]),
        ("bad by few labels", of(f1(0.1, 29), 9.0, Some(2.9)), &[]),
        (
            "bad, but of another version",
            of(other, 9.0, Some(2.9)),
            &[],
        ),
        (
            "a small error",
            of(live(Metric::Rmse, 0.5, 99), 1.0, None),
            &[],
        ),
        (
            "a large error",
            of(live(Metric::Rmse, 0.7, 99), 1.0, None),
            &["live_score"],
        ),
        ("labels stopped", of(None, 9.0, Some(3.1)), &["unlabelled"]),
        ("labels never came", of(None, 3.1, None), &["unlabelled"]),
    ];
    for (name, facts, expected) in cases {
        assert_eq!(reasons(&facts, &bounds(), Metric::F1), expected, "{name}");
    }
    assert!(reasons(&StaleFacts::default(), &bounds(), Metric::F1).is_empty());
}

#[test]
fn a_loss_falls_by_growing() {
    let facts = |now| StaleFacts {
        champion: champion(false),
        scores: Some((0.3, now)),
        ..StaleFacts::default()
    };
    assert_eq!(reasons(&facts(0.1), &bounds(), Metric::LogLoss).len(), 0);
    assert_eq!(reasons(&facts(0.5), &bounds(), Metric::LogLoss), ["fall"]);
}

#[test]
fn an_error_in_the_targets_unit_falls_by_its_share() {
    let facts = |then, now| StaleFacts {
        champion: champion(false),
        scores: Some((then, now)),
        ..StaleFacts::default()
    };
    let of = |then, now| reasons(&facts(then, now), &bounds(), Metric::Rmse);
    assert_eq!(of(5000.0, 5400.0).len(), 0, "8 % more");
    assert_eq!(of(5000.0, 5600.0), ["fall"], "12 % more");
    assert_eq!(of(5000.0, 10.0).len(), 0, "less is better");
    assert_eq!(of(0.0, 0.0).len(), 0);
    assert_eq!(of(0.0, 1e-9), ["fall"]);
}
