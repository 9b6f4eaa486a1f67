//! Who has which rows right, which scores are compared with each other, and groups.

use super::*;
use crate::model_types::VersionNumber;

fn answered(labels: &[u32]) -> Predictions {
    Predictions::Classes(ClassPredictions {
        n_classes: 3,
        labels: labels.to_vec(),
        probabilities: vec![1.0 / 3.0; 3 * labels.len()],
    })
}

#[test]
fn rows_are_told_apart_by_who_has_them_right() {
    let truth = Truth::Classes(vec![0, 0, 1, 1, 2, 2]);
    let found = flips(
        &truth,
        &answered(&[0, 0, 0, 1, 0, 1]),
        &answered(&[0, 1, 1, 1, 0, 0]),
    );
    let expected = Flips {
        rows: 6,
        both_right: 2,
        only_a_right: 1,
        only_b_right: 1,
        both_wrong_otherwise: 1,
    };
    assert_eq!(found, Some(expected));
    let numbers = Truth::Numbers(vec![1.0]);
    assert_eq!(
        flips(
            &numbers,
            &Predictions::Numbers(vec![1.0]),
            &Predictions::Numbers(vec![2.0])
        ),
        None
    );
}

#[test]
fn scores_on_the_same_rows_are_taken_before_newer_ones() {
    let score = |version, rows: &str, at_ms| ScoreRow {
        version,
        rows_hash: rows.to_string(),
        at_ms,
        record: serde_json::json!({}),
    };
    let scores = [
        score(VersionNumber::new(1), "x", 1),
        score(VersionNumber::new(1), "y", 5),
        score(VersionNumber::new(2), "x", 2),
        score(VersionNumber::new(2), "z", 9),
    ];
    let (a, b) = best_pair(&scores, VersionNumber::new(1), VersionNumber::new(2));
    assert_eq!(a.map(|it| it.at_ms), Some(1));
    assert_eq!(b.map(|it| it.at_ms), Some(2));
    let (a, b) = best_pair(&scores[1..], VersionNumber::new(1), VersionNumber::new(2));
    assert_eq!(
        (a.map(|it| it.at_ms), b.map(|it| it.at_ms)),
        (Some(5), Some(9))
    );
}

#[test]
fn a_group_is_scored_by_its_own_rows() {
    let truth = Truth::Classes(vec![0, 1, 2, 0]);
    let given = answered(&[0, 1, 0, 1]);
    assert_eq!(on(&truth, &given, &[0, 1]).accuracy, Some(1.0));
    assert_eq!(on(&truth, &given, &[2, 3]).accuracy, Some(0.0));
}
