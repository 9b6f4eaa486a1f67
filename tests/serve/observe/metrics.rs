//! `/metrics`.

use std::io::Write;
use std::net::TcpStream;
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
fn the_champion_s_score_is_known_from_the_start_and_follows_what_is_worked_out() {
    let name = r#"unseat_champion_score{metric="f1",model="attrition"}"#;
    let project = Project::promoted();
    let bundle = Server::of(&project, &["--bundle", "production_deployment"]);
    let copied = project.read("production_deployment/latestscore.txt");
    let copied: f64 = copied.trim().parse().expect("a number");
    let series = scrape(&bundle);
    let told = series
        .iter()
        .find(|(name, _)| name.starts_with("unseat_champion_score"));
    assert_eq!(told.map(|(_, score)| *score), Some(copied), "{series:#?}");

    let server = Server::of(&project, &[]);
    let before = scrape(&server)[name];
    assert_eq!(before, copied);
    let text = project.read("testdata/testdata.csv");
    let some: Vec<&str> = text.lines().take(100).collect();
    project.write("testdata/testdata.csv", &(some.join("\n") + "\n"));
    let scored = server.get("/scoring").expect(200).json();
    let score = scored["score"].as_f64().expect("a score");
    assert_ne!(score, before, "{scored}");
    assert_eq!(scrape(&server)[name], score);
}

#[test]
fn a_promotion_is_seen() {
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
}

#[test]
fn a_bundle_that_cannot_be_loaded_is_an_alarm_and_one_that_can_ends_it() {
    let project = Project::promoted();
    let server = Server::of(&project, &["--bundle", "production_deployment"]);
    let bundle = project.read("production_deployment/trainedmodel.json");
    project.write("production_deployment/trainedmodel.json", "{}");
    let alarm = |state: u8| format!("unseat_model_alarm{{model=\"attrition\"}} {state}\n");
    let answer = server.until("/metrics", |answer| answer.text().contains(&alarm(1)));
    let series = read(&answer.text());
    has(
        &series,
        &[
            (r#"unseat_model_version{model="attrition"}"#, 1.0),
            (
                r#"unseat_reloads_total{model="attrition",outcome="failed"}"#,
                1.0,
            ),
            ("unseat_ready", 1.0),
        ],
    );
    predict(&server);
    project.write("production_deployment/trainedmodel.json", &bundle);
    // The alarm goes a moment before the reload is counted. The file is not swapped in, so it may be read more than once.
    let counted = "unseat_reloads_total{model=\"attrition\",outcome=\"ok\"} ";
    server.until("/metrics", |answer| {
        let text = answer.text();
        text.contains(&alarm(0)) && text.contains(counted)
    });
}

#[test]
fn a_caller_who_goes_away_is_not_under_way_for_ever() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let address = server.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("connects");
    let head = "POST /prediction HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).expect("sends");
    let under_way = |count: u8| format!("unseat_http_requests_in_flight {count}\n");
    server.until("/metrics", |answer| answer.text().contains(&under_way(2)));
    drop(stream);
    let answer = server.until("/metrics", |answer| answer.text().contains(&under_way(1)));
    let series = read(&answer.text());
    let rejected = r#"unseat_http_requests_total{method="POST",route="/prediction",status="400"}"#;
    let ends = [rejected, "unseat_http_requests_abandoned_total"];
    let told: f64 = ends.iter().filter_map(|name| series.get(*name)).sum();
    assert_eq!(told, 1.0, "{series:#?}");
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
