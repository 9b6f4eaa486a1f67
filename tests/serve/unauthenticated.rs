//! Who shows a token where none is needed, and who is turned away where changes are made.

use serde_json::{Value, json};

use super::Server;
use crate::support::{Project, sha256};

fn entry(name: &str, role: &str, token: &str) -> Value {
    json!({"name": name, "role": role, "sha256": sha256(token.as_bytes())})
}

#[test]
fn on_open_paths_a_token_shows_its_holder_more_and_a_wrong_one_is_no_error() {
    let project = Project::promoted();
    project.set("server.tokens", json!([entry("looker", "read", "r")]));
    let server = Server::of(&project, &[]);
    let rows = |headers: &[(&str, &str)]| {
        let answer = server.send("GET", "/openapi.json", headers, b"");
        let document = answer.expect(200).json();
        document["components"]["schemas"]
            .get("Row_attrition")
            .is_some()
    };
    assert!(!rows(&[]));
    assert!(rows(&[("authorization", "Bearer r")]));
    for wrong in ["Bearer x", "Basic cA==", ""] {
        assert!(!rows(&[("authorization", wrong)]), "{wrong}");
        server
            .send("GET", "/livez", &[("authorization", wrong)], b"")
            .expect(200);
    }
    project.write("token", "r");
    let (url, file) = (server.base.as_str(), project.path("token"));
    let file = file.to_string_lossy();
    project.ok(&["call", "--url", url, "--token-file", &file, "-o", "answers"]);
    let kept = project.read("answers");
    assert!(kept.contains("Row_attrition"), "{kept}");
}

#[test]
fn who_is_turned_away_where_changes_are_made_stands_in_the_audit_log() {
    let project = Project::promoted();
    project.set("server.tokens", json!([entry("looker", "read", "r")]));
    let server = Server::of(&project, &[]);
    let rollback = "/models/attrition/rollback";
    let with = |token: &str| {
        let header = format!("Bearer {token}");
        let headers = [("authorization", header.as_str()), ("x-request-id", token)];
        server.send("POST", rollback, &headers, b"")
    };
    with("r").expect(403);
    with("x").expect(401);
    // Nothing would be changed by these.
    server.get("/models").expect(401);
    server.send("POST", "/prediction", &[], b"{}").expect(401);
    let text = project.read("audit.ndjson");
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let expected = [("r", "looker", 403), ("x", "anonymous", 401)].map(|(id, caller, status)| {
        json!({
            "time": null, "request_id": id, "caller": caller, "address": "127.0.0.1", "method": "POST",
            "path": rollback, "action": "admission", "model": null, "version": null,
            "outcome": "refused", "status": status,
        })
    });
    let told: Vec<Value> = lines
        .into_iter()
        .map(|mut line| {
            line["time"] = Value::Null;
            line
        })
        .collect();
    assert_eq!(told, expected);
}
