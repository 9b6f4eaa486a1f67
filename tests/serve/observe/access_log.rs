//! The access log.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::Server;
use super::{predict, row, traced};
use crate::support::Project;

/// Lines, with what differs between two runs of the test taken out and looked at.
fn lines(text: &str) -> Vec<Value> {
    let read = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        let duration = line["duration_ms"].take();
        assert!(duration.as_f64().is_some_and(|it| it >= 0.0), "{duration}");
        line
    };
    text.lines().map(read).collect()
}

#[test]
fn each_request_is_a_line_in_a_file_and_no_line_holds_a_query() {
    let project = Project::promoted();
    project.set("server.access_log", "access.ndjson");
    let server = Server::of(&project, &[]);
    traced(
        &server,
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
    )
    .expect(200);
    let path = "/prediction?lastmonth_activity=123456";
    let rejected = server.get(path).expect(422);
    server.get("/nowhere").expect(404);
    let (ended, _) = server.stop(Signal::TERM);
    assert!(ended);
    let text = project.read("access.ndjson");
    assert!(!text.contains("123456"), "{text}");
    let found = lines(&text);
    assert_eq!(found.len(), 3, "{text}");
    let time = found[0]["time"].clone();
    assert_eq!(
        found[0],
        json!({
            "time": time, "request_id": "mine-1", "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "method": "POST", "route": "/prediction", "path": "/prediction", "status": 200,
            "duration_ms": null, "bytes": found[0]["bytes"], "rows": 2, "model": "attrition", "version": 1,
            "caller": "anonymous", "address": "127.0.0.1",
        })
    );
    assert_eq!(
        found[1],
        json!({
            "time": time, "request_id": rejected.header("x-request-id"), "trace_id": null,
            "method": "GET", "route": "/prediction", "path": "/prediction", "status": 422,
            "duration_ms": null, "bytes": rejected.body.len(), "rows": 0, "model": null, "version": null,
            "caller": "anonymous", "address": "127.0.0.1",
        })
    );
    assert_eq!(
        (&found[2]["route"], &found[2]["path"], &found[2]["caller"]),
        (&Value::Null, &json!("/nowhere"), &Value::Null)
    );
    // A server that is started again continues in the same file.
    predict(&Server::of(&project, &[]));
    let server = Server::of(&project, &[]);
    server.stop(Signal::TERM);
    assert!(project.read("access.ndjson").starts_with(&text));
}

#[test]
fn lines_go_to_stderr_on_request() {
    let project = Project::promoted();
    project.set("server.access_log", "stderr");
    let server = Server::of(&project, &[]);
    predict(&server);
    let (_, talk) = server.stop(Signal::TERM);
    let line = talk.lines().find(|line| line.contains("\"request_id\""));
    let line: Value = serde_json::from_str(line.expect("a line")).expect("JSON");
    assert_eq!(line["rows"], 1);
}

#[test]
fn a_line_is_there_soon_without_another_request() {
    let project = Project::promoted();
    project.set("server.access_log", "access.ndjson");
    let server = Server::of(&project, &[]);
    server.post("/prediction", &json!({"rows": [row()]}));
    server.until("/livez", |_| {
        project.read("access.ndjson").contains("/prediction")
    });
}

#[test]
fn a_log_that_cannot_be_opened_stops_the_start_with_a_reason() {
    let project = Project::promoted();
    project.set("server.access_log", "absent/access.ndjson");
    let done = project.unseat(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!done.status.success());
    assert!(
        done.stderr.contains("open `server.access_log`"),
        "{}",
        done.stderr
    );
}
