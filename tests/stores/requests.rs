//! The prediction log in a store: servers bring closed files there, each once, and runs on any machine read them back.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::double::{Double, Rule};
use super::know_store;
use crate::labels::fresh::{ROWS, answered, label, row};
use crate::serve::Server;
use crate::serve::observe::prediction_log::of_all_kinds;
use crate::support::{Project, files_below};

/// A project whose servers log all requests into the store.
fn logging(double: &Double) -> Project {
    let project = of_all_kinds(&["no", "yes"]).with_real_clock();
    know_store(&project, &double.url);
    project.set_all([
        (
            "server.prediction_log.folder",
            json!("s3://bucket/requests"),
        ),
        (
            "artifacts",
            json!({"retry_seconds": 1, "request_seconds": 5}),
        ),
    ]);
    project
}

/// Keys of the log's files.
fn logged(double: &Double) -> Vec<String> {
    let keys = double.keys().into_iter();
    keys.filter(|key| key.starts_with("requests/kinds_") && key.ends_with(".ndjson.zst"))
        .collect()
}

fn waiting(project: &Project) -> Vec<String> {
    files_below(&project.path("predictionlog_waiting"))
        .into_keys()
        .collect()
}

fn ask(server: &Server, rows: usize) {
    let rows: Vec<Value> = (0..rows).map(|at| row(at).0).collect();
    server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200);
}

#[test]
fn what_two_servers_logged_is_read_back_from_the_store() {
    let double = Double::start();
    let project = logging(&double);
    project.set_all([
        ("labels", json!({"test_share": 0.5})),
        ("shadow", json!({"challenger": true, "rows": 50})),
    ]);
    let rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    let (first, second) = rows.split_at(ROWS / 2);
    let mut ids = answered(&project, first);
    ids.extend(answered(&project, second));
    assert_eq!(logged(&double).len(), 2, "{:?}", double.keys());
    assert_eq!(waiting(&project), [] as [String; 0]);
    assert!(!project.path("predictionlog").exists());
    let lines: Vec<String> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| format!("{id},{},2026-04-01T00:00:00Z,crm", row(at).1))
        .collect();
    label(&project, &lines);

    let report = project.json(&["run", "--force"]);
    let fresh = &report["fresh"];
    let count = |key: &str| fresh[key].as_u64().expect(key);
    assert_eq!(count("not_logged"), 0, "{fresh:#}");
    assert!(count("rows") > 30, "{fresh:#}");
    assert_eq!(
        count("rows") + count("of_training") + count("learned") + count("waiting"),
        ROWS as u64,
        "{fresh:#}"
    );
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["facts"]["shadow"]["rows"], 50, "{decision:#}");

    // What is old goes by the same bounds as in a folder.
    project.set(
        "retention",
        json!({"min_age_hours": 0.0, "prediction_log": {"count": 1}}),
    );
    let before = logged(&double);
    let would = project.json(&["gc", "--dry-run"]);
    assert!(would.to_string().contains("kinds_"), "{would:#}");
    assert_eq!(logged(&double), before);
    project.ok(&["gc"]);
    assert_eq!(logged(&double), before[1..], "the newest stays");
}

#[test]
fn a_file_is_closed_in_time_and_waits_for_a_store_that_is_away() {
    let double = Double::start();
    let project = logging(&double);
    project.set("server.prediction_log.segment_seconds", 0.05);
    let server = Server::of(&project, &[]);
    ask(&server, 3);
    server.until("/livez", |_| logged(&double).len() == 1);

    double.rule(Some(Rule::Down));
    ask(&server, 4);
    server.until("/metrics", |answer| {
        let text = answer.text();
        let failures = text
            .lines()
            .find_map(|line| line.strip_prefix("unseat_prediction_log_failures_total "));
        failures.is_some_and(|count| count != "0") && waiting(&project).len() == 1
    });
    assert_eq!(logged(&double).len(), 1);
    // Killed, its last file is not even closed; the next server finds both.
    project.set("server.prediction_log.segment_seconds", 60.0);
    server.stop(Signal::KILL);
    double.rule(None);
    let next = Server::of(&project, &[]);
    next.until("/livez", |_| logged(&double).len() == 2);
    ask(&next, 5);
    let is_open = |name: &String| name.ends_with(".part");
    next.until("/metrics", |answer| {
        let text = answer.text();
        let is_written = text.contains("unseat_prediction_log_written_total 5");
        // Beside it nothing waits any more.
        let waiting = waiting(&project);
        is_written && waiting.len() == 1 && waiting.iter().all(is_open)
    });
    next.stop(Signal::KILL);
    let last = Server::of(&project, &[]);
    // What is in the store is taken away here afterwards.
    last.until("/livez", |_| {
        logged(&double).len() == 3 && waiting(&project).is_empty()
    });
    last.stop(Signal::TERM);
}

#[test]
fn the_newest_files_are_kept_in_the_store_whatever_server_wrote_them() {
    let double = Double::start();
    let project = logging(&double);
    project.set("server.prediction_log.files", 2);
    let mut newest = Vec::new();
    for _ in 0..3 {
        let server = Server::of(&project, &[]);
        ask(&server, 2);
        server.until("/metrics", |answer| {
            answer
                .text()
                .contains("unseat_prediction_log_written_total 2")
        });
        let before = logged(&double);
        server.stop(Signal::TERM);
        newest.extend(
            logged(&double)
                .into_iter()
                .filter(|key| !before.contains(key)),
        );
    }
    assert_eq!(newest.len(), 3, "{newest:?}");
    assert_eq!(logged(&double), newest[1..]);
    project.set("server.prediction_log.folder", "ftp://host/x");
    let done = project.unseat(&["config", "check"]);
    assert!(
        done.code() == 2 && done.shown().contains("server.prediction_log.folder"),
        "{done}"
    );
}
