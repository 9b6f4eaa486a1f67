//! What runs tell at their end, and what is made up for when one dies before.

use serde_json::{Value, json};

use crate::support::Project;

/// A sample project whose messages are appended to a file.
fn project() -> Project {
    let project = Project::new();
    let argv = ["sh", "-c", "cat >> told.ndjson; echo >> told.ndjson"];
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "argv": argv}]}),
    );
    project
}

fn told(project: &Project) -> Vec<Value> {
    let text = std::fs::read_to_string(project.path("told.ndjson")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn kinds(project: &Project) -> Vec<String> {
    let told = told(project);
    told.iter()
        .map(|one| one["kind"].as_str().unwrap_or_default().to_string())
        .collect()
}

#[test]
fn a_run_tells_what_came_of_it_and_nothing_new_is_not_told() {
    let project = project();
    project.ok(&["run"]);
    let first = told(&project);
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(first[0]["kind"], "promoted");
    assert_eq!(first[0]["facts"]["version"], 1);
    assert_eq!(first[0]["model"], "attrition");
    project.ok(&["run"]);
    assert_eq!(kinds(&project), ["promoted"], "nothing new is not told");
    project.ok(&["run", "--force"]);
    assert_eq!(kinds(&project), ["promoted", "refused"]);
    std::fs::remove_dir_all(project.path("testdata")).expect("removes");
    project.unseat(&["run", "--force"]);
    project.unseat(&["run", "--force"]);
    assert_eq!(
        kinds(&project),
        ["promoted", "refused", "failed"],
        "the same failure is told once a day"
    );
    let listed = project.json(&["notify", "list"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(3), "{listed}");
    assert_eq!(listed[0]["body"]["kind"], "failed");
}

#[test]
fn a_run_that_dies_before_it_tells_is_told_of_by_the_next() {
    let project = project();
    let fault = ("UNSEAT_FAULT", "lock.released:kill");
    assert!(project.unseat_with(fault, &["run"]).is_killed());
    assert!(told(&project).is_empty());
    project.ok(&["notify", "send"]);
    assert_eq!(kinds(&project), ["promoted"]);
    project.ok(&["notify", "send"]);
    project.ok(&["run"]);
    assert_eq!(kinds(&project), ["promoted"], "once");
    let fault = ("UNSEAT_FAULT", "train.recorded:kill");
    let dead = project.unseat_with(fault, &["run", "--force"]);
    assert!(dead.is_killed());
    project.ok(&["run"]);
    assert_eq!(kinds(&project), ["promoted", "failed", "recovered"]);
    assert_eq!(told(&project)[1]["facts"]["state"], "interrupted");
}

#[test]
fn a_channel_that_fails_fails_no_run_and_a_test_says_so() {
    let project = Project::new();
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "argv": ["false"]}, {"kind": "command", "argv": ["true"]}]}),
    );
    project.ok(&["run"]);
    let done = project.unseat(&["notify", "test", "--json"]);
    assert_eq!(done.code(), 1, "{done}");
    let told = done.json();
    assert_eq!(told[0]["sent"], false);
    assert_eq!(told[1]["channel"], "command-2");
    assert_eq!(told[1]["sent"], true);
    let states: Vec<String> = project
        .json(&["notify", "list"])
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{} {}", one["channel"], one["state"]))
        .collect();
    assert_eq!(
        states,
        ["\"command-2\" \"sent\"", "\"command\" \"waiting\""]
    );
    let without = Project::new().unseat(&["notify", "test"]);
    assert_eq!(without.code(), 2, "{without}");
}
