//! Models, versions and runs over HTTP: what is told of them, what changes them, and what is rejected.

mod changes;
mod created;
mod files;
mod looking;
mod runs;

use serde_json::Value;

use super::Answer;
use crate::support::Project;

/// A project with two versions, of which the second is the champion.
fn two_versions() -> Project {
    let project = Project::promoted();
    let second = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(second["champion"], 2, "{second}");
    project
}

/// The message of a problem in the native shape.
#[track_caller]
fn message(answer: Answer, status: u16, code: &str) -> String {
    let body = answer.expect(status).json();
    assert_eq!(body["error"]["code"], code, "{body}");
    let text = body["error"]["message"].as_str();
    text.unwrap_or_else(|| panic!("no message: {body}"))
        .to_string()
}

/// The audit log's lines.
fn audited(project: &Project) -> Vec<Value> {
    let text = project.read("audit.ndjson");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}
