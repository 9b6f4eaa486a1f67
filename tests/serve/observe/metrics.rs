//! `/metrics`.

use std::process::Command;

use serde_json::json;

use super::super::Server;
use super::exposition::{Series, read};
use super::{predict, row};
use crate::support::Project;

fn scrape(server: &Server) -> Series {
    let answer = server.get("/metrics").expect(200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    read(&answer.text())
}

#[track_caller]
fn has(series: &Series, expected: &[(&str, f64)]) {
    for (name, value) in expected {
        assert_eq!(series.get(*name), Some(value), "{name}\n{series:#?}");
    }
}

#[test]
fn requests_rows_and_predictions_are_counted() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answer = predict(&server);
    server.post("/prediction", &json!({"rows": [row(), row()]}));
    server
        .post("/prediction", &json!({"rows": [{}]}))
        .expect(422);
    server.send("HEAD", "/livez", &[], b"").expect(200);
    server.get("/nowhere?row=secret").expect(404);
    server.send("DELETE", "/livez", &[], b"").expect(405);
    let predicted = answer.json()["predictions"][0]["prediction"].to_string();
    let predicted = format!(
        r#"unseat_predictions_total{{model="attrition",prediction="{predicted}",version="1"}}"#
    );
    let series = scrape(&server);
    has(
        &series,
        &[
            (
                r#"unseat_http_requests_total{method="POST",route="/prediction",status="200"}"#,
                2.0,
            ),
            (
                r#"unseat_http_requests_total{method="POST",route="/prediction",status="422"}"#,
                1.0,
            ),
            (
                r#"unseat_http_requests_total{method="HEAD",route="/livez",status="200"}"#,
                1.0,
            ),
            (
                r#"unseat_http_requests_total{method="GET",route="unmatched",status="404"}"#,
                1.0,
            ),
            (
                r#"unseat_http_requests_total{method="DELETE",route="unmatched",status="405"}"#,
                1.0,
            ),
            (
                r#"unseat_http_request_duration_seconds_count{method="POST",route="/prediction"}"#,
                3.0,
            ),
            (
                r#"unseat_prediction_rows_total{model="attrition",version="1"}"#,
                3.0,
            ),
            (predicted.as_str(), 3.0),
            // The scrape itself.
            ("unseat_http_requests_in_flight", 1.0),
            ("unseat_http_requests_abandoned_total", 0.0),
            ("unseat_ready", 1.0),
        ],
    );
    let text = format!("{series:?}");
    assert!(!text.contains("secret") && !text.contains("nowhere"));
    let series = scrape(&server);
    has(
        &series,
        &[(
            r#"unseat_http_requests_total{method="GET",route="/metrics",status="200"}"#,
            1.0,
        )],
    );
}

#[test]
fn the_model_in_production_is_told_with_its_age_score_and_alarm() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let books = project.books();
    let since = books.champion.expect("a champion").since_ms as f64 / 1e3;
    let series = scrape(&server);
    has(
        &series,
        &[
            (r#"unseat_model_version{model="attrition"}"#, 1.0),
            (
                r#"unseat_model_promoted_timestamp_seconds{model="attrition"}"#,
                since,
            ),
            (r#"unseat_model_alarm{model="attrition"}"#, 0.0),
            (
                &format!(
                    r#"unseat_build_info{{version="{}"}}"#,
                    env!("CARGO_PKG_VERSION")
                ),
                1.0,
            ),
        ],
    );
    let record: serde_json::Value = serde_json::from_slice(
        &std::fs::read(project.version_file(1, "score.json")).expect("a score"),
    )
    .expect("JSON");
    let f1 = record["challenger"]["f1"].as_f64().expect("a number");
    has(
        &series,
        &[(
            r#"unseat_champion_score{metric="f1",model="attrition"}"#,
            f1,
        )],
    );
    assert!(series.contains_key("process_cpu_seconds_total"));
    for name in [
        "process_open_fds",
        "process_resident_memory_bytes",
        "process_start_time_seconds",
        r#"unseat_model_loaded_timestamp_seconds{model="attrition"}"#,
    ] {
        assert!(
            series.get(name).is_some_and(|value| *value > 0.0),
            "{name}: {series:#?}"
        );
    }
}

#[test]
fn a_promotion_and_a_bundle_that_cannot_be_loaded_are_seen() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project.ok(&["rollback"]);
    let server = Server::of(&project, &[]);
    has(
        &scrape(&server),
        &[(r#"unseat_model_version{model="attrition"}"#, 1.0)],
    );
    project.ok(&["promote", "2"]);
    server.until("/readyz?verbose", |answer| {
        answer.text().contains("version 2")
    });
    let reloads = r#"unseat_reloads_total{model="attrition",outcome="ok"}"#;
    let answer = server.until("/metrics", |answer| answer.text().contains(reloads));
    let series = read(&answer.text());
    has(
        &series,
        &[
            (reloads, 1.0),
            (r#"unseat_model_version{model="attrition"}"#, 2.0),
            (r#"unseat_model_alarm{model="attrition"}"#, 0.0),
        ],
    );
    std::fs::write(project.version_file(1, "trainedmodel.json"), "{}").expect("spoils it");
    project.unseat(&["promote", "1"]);
    // The command may refuse a bundle that is spoiled; the server must not have swapped to it.
    assert_eq!(
        scrape(&server).get(r#"unseat_model_version{model="attrition"}"#),
        Some(&2.0)
    );
}

#[test]
fn the_public_reader_reads_the_same() {
    let Ok(python) = std::env::var("UNSEAT_CLIENTS_PYTHON") else {
        println!("left out: UNSEAT_CLIENTS_PYTHON names no Python with prometheus_client");
        return;
    };
    let script = "import sys, json
try:
    from prometheus_client.parser import text_string_to_metric_families as read
except ImportError:
    print('null'); sys.exit()
print(json.dumps({m.name: [m.type, len(m.samples)] for m in read(sys.stdin.read())}))";
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    predict(&server);
    project.write("metrics.txt", &server.get("/metrics").text());
    let input = std::fs::File::open(project.path("metrics.txt")).expect("opens");
    let done = Command::new(python)
        .args(["-c", script])
        .stdin(input)
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let read: serde_json::Value = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    if read.is_null() {
        println!("left out: that Python has no prometheus_client");
        return;
    }
    assert_eq!(read["unseat_http_requests"], json!(["counter", 1]));
    assert_eq!(
        read["unseat_http_request_duration_seconds"],
        json!(["histogram", 17])
    );
    assert_eq!(read["unseat_model_version"], json!(["gauge", 1]));
}
