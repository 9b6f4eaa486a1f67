//! A project that the program of commit 49dcaff made (`tests/fixtures/project_of_49dcaff/make.sh`) is opened, served, rolled
//! back and replayed by this one.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::serve::Server;
use crate::support::Project;

const MODEL: &str = "churn";

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/project_of_49dcaff")
}

fn old_project() -> Project {
    Project::of_folder(&fixture().join("project"))
}

/// What the old program said of the test rows: class and probability, as it wrote them.
fn predicted_then() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(fixture().join("predicted.csv")).expect("the predictions");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("id,age,plan,spend,left,prediction,probability")
    );
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[5].to_string(), cells[6].to_string())
    });
    rows.collect()
}

/// The columns of a CSV file that `predict` wrote.
fn predicted_now(project: &Project) -> Vec<(String, String)> {
    let text = project.ok(&["predict", "testdata/test.csv"]).stdout;
    let mut lines = text.lines();
    let heads: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let at = |name: &str| {
        heads
            .iter()
            .position(|head| *head == name)
            .expect("a column")
    };
    let (class, probability) = (at("prediction"), at("probability"));
    let rows = lines.map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[class].to_string(), cells[probability].to_string())
    });
    rows.collect()
}

#[test]
fn it_is_opened_and_says_what_it_said() {
    let project = old_project();
    let versions = project.json(&["versions", "list"]);
    let verdict = |number: i64| {
        let mut rows = versions.as_array().expect("a list").iter();
        let row = rows.find(|row| row["number"] == number);
        let row = row.unwrap_or_else(|| panic!("version {number}: {versions}"));
        (row["state"].clone(), row["verdict"].clone())
    };
    assert_eq!(verdict(1), (json!("ready"), json!("promote")));
    assert_eq!(verdict(2), (json!("ready"), json!("promote")));
    assert_eq!(verdict(3), (json!("ready"), json!("reject")));

    let runs = project.json(&["runs", "list"]);
    let outcomes = runs.as_array().expect("a list").iter();
    let outcomes: Vec<_> = outcomes.map(|run| &run["outcome"]).collect();
    assert_eq!(outcomes, ["reject", "promote", "promote"]);

    let live = project.json(&["at", "2026-02-03T08:30:00Z"]);
    assert_eq!(
        (&live["version"], &live["action"]),
        (&json!(1), &json!("pin"))
    );
    project.ok(&["verify"]);
    assert_eq!(predicted_now(&project), predicted_then());
}

#[test]
fn it_is_served_and_rolled_back() {
    let project = old_project();
    let server = Server::of(&project, &[]);
    let row = json!({"age": 21, "plan": "basic", "spend": 59.6});
    let body = json!({"rows": [row]});
    let answer = server.post("/prediction", &body).expect(200).json();
    assert_eq!(answer["version"], 2, "{answer}");
    let then = &predicted_then()[0];
    let prediction = &answer["predictions"][0];
    assert_eq!(prediction["prediction"], json!(then.0), "{answer}");
    let probability: f64 = then.1.parse().expect("a number");
    let now = prediction["probability"].as_f64().expect("a number");
    assert_eq!(now.to_bits(), probability.to_bits(), "{answer}");

    project.ok(&["rollback", "--reason", "back to the first"]);
    server.until(&format!("/models/{MODEL}"), |answer| {
        answer.json()["served"] == 1
    });
    let answer = server.post("/prediction", &body).expect(200).json();
    assert_eq!(answer["version"], 1, "{answer}");
}

#[test]
fn its_decisions_are_replayed_and_a_run_goes_on_from_them() {
    let project = old_project();
    let replayed = project.json(&["gate", "replay", "--set", "gate.first=promote"]);
    let text = replayed.to_string();
    let decisions = replayed["replayed"].as_array().expect("a list");
    assert_eq!(decisions.len(), 3, "{text}");
    for decision in decisions {
        assert_eq!(decision["then"], decision["now"], "{text}");
    }

    let report = project.json(&["run"]);
    assert_eq!(report["version"], 4, "{report}");
    assert_eq!(report["outcome"], "reject", "{report}");
    assert_eq!(report["champion"], 2, "{report}");
}
