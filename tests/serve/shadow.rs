//! A challenger answers past requests before it may go in.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::Server;
use super::observe::prediction_log::of_all_kinds;
use crate::support::Project;

/// A run on more data, whose challenger differs; the rule of the logged requests, and the whole decision.
fn challenged(project: &Project) -> (Value, Value) {
    let more = project
        .read("practicedata/rows.csv")
        .replace("red", "purple");
    project.write("practicedata/more.csv", &more);
    project.ok(&["run", "--force"]);
    let decision = project.json(&["gate", "explain", "latest"]);
    let rules = decision["rules"].as_array().expect("rules");
    let rule = rules.iter().find(|rule| rule["name"] == "shadow_flips");
    (rule.cloned().unwrap_or_default(), decision)
}

#[test]
fn the_challenger_answers_logged_requests_before_the_gate_decides() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set("shadow", json!({"challenger": true, "rows": 50}));
    let (rule, decision) = challenged(&project);
    assert_eq!(rule["outcome"], "skipped", "{decision:#}");
    assert!(
        rule["reason"]
            .as_str()
            .is_some_and(|why| why.contains("server.prediction_log.sample")),
        "{rule:#}"
    );
    let server = Server::of(&project, &[]);
    let row = |at: usize| json!({"visits": at % 15, "amount": at as f64 * 2.0, "member": at.is_multiple_of(2), "color": "red"});
    let rows: Vec<Value> = (0..80).map(row).collect();
    server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200);
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");

    let (rule, decision) = challenged(&project);
    assert_eq!(rule["outcome"], "pass", "{decision:#}");
    let shadow = &decision["facts"]["shadow"];
    assert_eq!(shadow["rows"], 50, "{shadow:#}");
    assert!(
        shadow["flips"].as_u64().is_some_and(|flips| flips <= 50),
        "{shadow:#}"
    );
    for micros in shadow["micros_per_row"].as_array().expect("two") {
        assert!(
            micros.as_f64().is_some_and(|micros| micros > 0.0),
            "{shadow:#}"
        );
    }
    for changed in shadow["most_changed"].as_array().expect("rows") {
        // Told by its answer's id: no value of a column is in a decision.
        assert!(
            changed["id"].as_str().is_some_and(|id| !id.is_empty()),
            "{changed}"
        );
        assert_eq!(
            changed.as_object().map(serde_json::Map::len),
            Some(4),
            "{changed}"
        );
    }
    let text = project.ok(&["gate", "explain", "latest"]).shown();
    assert!(text.contains("of the last 50 logged requests"), "{text}");
}

#[test]
fn a_bound_that_nothing_can_be_held_against_leaves_the_verdict_open() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set_all([
        ("shadow", json!({"challenger": true})),
        ("gate.max_flips", json!(0.1)),
        ("gate.max_slower", json!(50.0)),
    ]);
    let (rule, decision) = challenged(&project);
    assert_eq!(rule["outcome"], "inconclusive", "{decision:#}");
    assert_ne!(decision["verdict"], "promote", "{decision:#}");
    let rules = decision["rules"].as_array().expect("rules");
    let slower = rules.iter().find(|rule| rule["name"] == "shadow_latency");
    assert_eq!(
        slower.map(|rule| &rule["outcome"]),
        Some(&json!("inconclusive")),
        "{decision:#}"
    );
}
