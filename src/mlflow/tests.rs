//! What a version is to MLflow.

use serde_json::{Value, json};

use super::record;
use crate::model_types::{Outcome, RunId, Sha256, VersionNumber};
use crate::registry::{RunRow, RunState, VersionRow, VersionState};

fn version() -> VersionRow {
    VersionRow {
        model: "churn".to_string(),
        number: VersionNumber::new(7),
        run: RunId::new("r7"),
        state: VersionState::Ready,
        folder: "v7".to_string(),
        bundle_sha256: Some(Sha256::new("ab")),
        model_hash: None,
        data_hash: Some("d".repeat(64)),
        config_hash: Some("c".to_string()),
        verdict: Some(Outcome::Promote),
        created_ms: 1_772_323_200_000,
        record: Some(json!({"learner": "logistic"})),
    }
}

fn run(record: Value) -> RunRow {
    RunRow {
        id: RunId::new("r7"),
        model: "churn".to_string(),
        trigger: "schedule".to_string(),
        state: RunState::Done,
        stage: "report".to_string(),
        outcome: Some(Outcome::Promote),
        version: Some(VersionNumber::new(7)),
        started_ms: 1,
        ended_ms: Some(5),
        error: None,
        record: Some(record),
    }
}

fn value_of<'v>(pairs: &'v [Value], key: &str) -> Option<&'v Value> {
    pairs
        .iter()
        .find(|it| it["key"] == key)
        .map(|it| &it["value"])
}

#[test]
fn scores_of_both_models_are_metrics_and_what_is_no_number_is_none() {
    let run = run(json!({
        "scores": {
            "metric": "f1",
            "challenger": {"version": 7, "f1": 0.75, "note": "x", "intervals": [{"metric": "f1", "interval": {"low": 0.7, "high": 0.8}}]},
            "champion": {"version": 6, "f1": 0.5, "log_loss": null},
        },
        "timings_ms": {"train": 12.5},
        "data": {"rows": 900},
        "reasons": ["better", "by much"],
    }));
    let metrics = record::metrics(Some(&run), 5);
    let named: Vec<(String, f64)> = metrics
        .iter()
        .map(|it| {
            (
                it["key"].as_str().expect("a key").to_string(),
                it["value"].as_f64().expect("a number"),
            )
        })
        .collect();
    let wanted = [
        ("f1", 0.75),
        ("f1_low", 0.7),
        ("f1_high", 0.8),
        ("champion_f1", 0.5),
        ("train_ms", 12.5),
    ];
    assert_eq!(named, wanted.map(|(key, value)| (key.to_string(), value)));
    assert!(metrics.iter().all(|it| it["timestamp"] == 5));

    let params = record::params(&version(), Some(&run));
    assert_eq!(value_of(&params, "learner"), Some(&json!("logistic")));
    assert_eq!(value_of(&params, "rows"), Some(&json!("900")));
    assert_eq!(value_of(&params, "trigger"), Some(&json!("schedule")));
    let tags = record::verdict_tags(&version(), Some(&run));
    assert_eq!(value_of(&tags, "unseat.verdict"), Some(&json!("promote")));
    assert_eq!(
        value_of(&tags, "unseat.reasons"),
        Some(&json!("better\nby much"))
    );
    let input = record::dataset(&run, &"d".repeat(64));
    assert_eq!(input["dataset"]["digest"], "d".repeat(36));
}

#[test]
fn long_texts_are_cut_between_characters() {
    let tag = record::tag("k", &"ü".repeat(4000));
    assert_eq!(tag["value"].as_str().map(str::len), Some(5000));
    let tag = record::tag("k", &("x".to_string() + &"ü".repeat(4000)));
    assert_eq!(tag["value"].as_str().map(str::len), Some(4999));
}
