//! A policy's numbers, one by one.

use serde_json::{Value, json};

use super::*;

/// The problems of a policy as `key: reason`.
fn problems(policy: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    policy.check(&mut |key, reason| found.push(format!("{key}: {reason}")));
    found
}

#[test]
fn the_default_policy_has_no_problem() {
    assert_eq!(problems(&Policy::default()), Vec::<String>::new());
    assert_eq!(from_value(json!({})), Ok(Policy::default()));
}

#[test]
fn every_number_that_makes_no_sense_is_told_with_its_key() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let policy = Policy {
            confidence: bad,
            margin: bad,
            floor: Some(bad),
            ceiling: Some(bad),
            max_leakage: bad,
            guards: vec![Guard {
                metric: Metric::Recall,
                max_fall: bad,
            }],
            slices: vec![SliceGuard {
                column: " ".to_string(),
                max_fall: bad,
                min_rows: 0,
            }],
            replicates: 99,
            ..Policy::default()
        };
        let keys: Vec<String> = problems(&policy)
            .iter()
            .map(|problem| problem.split(':').next().unwrap_or_default().to_string())
            .collect();
        assert_eq!(
            keys,
            [
                "confidence",
                "replicates",
                "margin",
                "max_leakage",
                "ceiling",
                "guards[0].max_fall",
                "slices[0].max_fall",
                "floor",
                "slices[0].column"
            ]
        );
    }
}

#[test]
fn bounds_below_zero_are_told_and_a_negative_floor_is_not() {
    let policy = Policy {
        margin: -0.1,
        ceiling: Some(-1.0),
        floor: Some(-0.5),
        ..Policy::default()
    };
    assert_eq!(
        problems(&policy),
        ["margin: -0.1 is below 0", "ceiling: -1 is below 0"]
    );
}

#[test]
fn a_policy_file_is_checked_for_shape_and_for_sense() {
    let said = |value: Value| -> Vec<String> {
        let problems = from_value(value).expect_err("rejected");
        problems.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        said(json!({"confidance": 0.9, "require": "beter"})),
        [
            "confidance: unknown key; did you mean `confidence`?",
            "require: `beter` is not one of better, not_worse, naive; did you mean `better`?"
        ]
    );
    assert_eq!(
        said(json!({"confidence": 0.2, "slices": [{"column": "region", "max_fall": -1}]})),
        [
            "confidence: 0.2 is not above 0.5 and at most 0.9999",
            "slices[0].max_fall: -1 is below 0"
        ]
    );
}

#[test]
fn the_configuration_names_the_policys_keys_below_gate() {
    let value = json!({
        "input_folder_path": "a", "output_folder_path": "b", "test_data_path": "c",
        "output_model_path": "d", "prod_deployment_path": "e",
        "gate": {"margin": -1, "ceiling": -2, "guards": [{"metric": "recall", "max_fall": -3}]},
    });
    let problems = crate::config::load::from_value(
        value,
        std::path::Path::new("."),
        &crate::config::Overrides::default(),
    )
    .expect_err("rejected");
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "gate.margin: -1 is below 0",
            "gate.ceiling: -2 is below 0",
            "gate.guards[0].max_fall: -3 is below 0"
        ]
    );
}
