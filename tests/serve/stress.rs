//! `unseat ready` and `unseat stress` against a running server.

use serde_json::Value;

use super::Server;
use crate::support::Project;

#[test]
fn a_health_check_says_by_its_exit_code_whether_the_server_is_ready() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let ready = project.ok(&["ready", "--url", &server.base]);
    assert_eq!(ready.stdout, "ok\n");
    let json = project.json(&["ready", "--url", &server.base]);
    assert_eq!(
        (&json["ready"], &json["status"]),
        (&true.into(), &200.into())
    );

    let empty = Project::new();
    let server = Server::of(&empty, &[]);
    let ready = empty.unseat(&["ready", "--url", &server.base]);
    assert_eq!(
        ready.code(),
        1,
        "no version in production: {}",
        ready.stdout
    );

    let nobody = project.unseat(&["ready", "--url", "http://127.0.0.1:1"]);
    assert_eq!(nobody.code(), 1);
    assert!(
        nobody.stderr.contains("failed to reach the server"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn a_load_reports_every_answer_and_holds_the_server_to_a_budget() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let load = |more: &[&str]| {
        let mut args = vec![
            "stress",
            "--url",
            &server.base,
            "--users",
            "3",
            "--seconds",
            "1",
        ];
        args.extend(more);
        project.unseat(&args)
    };
    let done = load(&["--output", "load.json"]);
    assert_eq!(done.code(), 0, "{}{}", done.stdout, done.stderr);
    let report = project.read_json("load.json");
    let requests = report["requests"].as_u64().expect("a number");
    assert!(requests >= 3, "{report}");
    let (p50, max) = (&report["times_ms"]["p50"], &report["times_ms"]["max"]);
    assert!(p50.as_f64() <= max.as_f64(), "{report}");
    let metrics = server.get("/metrics").text();
    let counted = format!("route=\"/prediction\",status=\"200\"}} {requests}\n");
    assert!(
        metrics.contains(&counted),
        "{requests} are not what the server counted: {metrics}"
    );

    let missed = load(&["--rows", "testdata/testdata.csv", "--max-p99", "0.0001"]);
    assert_eq!(missed.code(), 1);
    assert!(
        missed.stdout.contains("the budget is 0.0001 ms"),
        "{}",
        missed.stdout
    );

    project.write("wrong.ndjson", "{\"no_such_column\": 1}\n");
    let failed = load(&["--rows", "wrong.ndjson", "--json"]);
    assert_eq!(failed.code(), 1);
    let report: Value = serde_json::from_str(&failed.stdout).expect("JSON");
    assert_eq!(report["failures"]["422"], report["requests"]);
}
