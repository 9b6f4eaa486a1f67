//! What is told: `/models`, `/models/{m}`, their versions; with a project, without a champion, without a project.

use serde_json::{Value, json};

use super::super::{Answer, Server};
use super::{message, two_versions};
use crate::support::{MODEL, Project};

/// Keys of an object, in their order.
fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("an object");
    object.keys().map(String::as_str).collect()
}

#[test]
fn a_model_is_told_with_its_own_fields_and_those_of_an_older_service() {
    let project = two_versions();
    let books = project.books();
    let server = Server::of(&project, &[]);
    // The watch over the new champion begins a moment after the server.
    let path = format!("/models/{MODEL}");
    let is_watched = |answer: &Answer| answer.json()["probation"]["requests"] == 0;
    let one = server.until(&path, is_watched).json();
    let all = server.get("/models").expect(200).json();
    assert_eq!(all, json!([one]));
    let since = books.champion.as_ref().expect("a champion").since_ms;
    let since = unseat::clock::rfc3339(since);
    assert_eq!(
        keys(&one),
        [
            "key",
            "sort",
            "data",
            "status",
            "name",
            "champion",
            "served",
            "alarm",
            "metric",
            "target",
            "score",
            "probation",
            "versions"
        ]
    );
    for (key, expected) in [
        ("key", json!("model")),
        ("sort", json!(MODEL)),
        ("status", json!("active")),
        ("name", json!(MODEL)),
        (
            "champion",
            json!({"version": 2, "since": since, "pinned": false}),
        ),
        ("served", json!(2)),
        ("alarm", Value::Null),
        ("metric", json!("f1")),
        ("target", json!("exited")),
        ("versions", json!(2)),
    ] {
        assert_eq!(one[key], expected, "{key}");
    }
    let score = project.read_json(
        project
            .version_file(2, "score.json")
            .to_str()
            .expect("a path of letters"),
    );
    assert_eq!(one["score"], score["challenger"]["f1"]);
    assert_eq!(one["data"]["target"], "exited");
    assert_eq!(one["data"]["learner"]["kind"], "logistic");
    let text = one.to_string();
    assert!(
        !text.contains("folder") && !text.contains("sourcedata"),
        "{text}"
    );
}

#[test]
fn versions_are_told_newest_first_and_each_with_all_that_is_stored() {
    let project = two_versions();
    let books = project.books();
    let server = Server::of(&project, &[]);
    let path = format!("/models/{MODEL}/versions");
    let all = server.get(&path).expect(200).json();
    let all = all.as_array().expect("a list");
    let numbers: Vec<_> = all.iter().map(|it| it["version"].clone()).collect();
    assert_eq!(numbers, [2, 1]);
    for version in all {
        let number = version["version"].as_i64().expect("a number");
        let row = books.version(number);
        assert_eq!(version["state"], "ready");
        assert_eq!(version["verdict"], "promote");
        assert_eq!(version["run"], row.run.as_str());
        assert_eq!(version["created"], unseat::clock::rfc3339(row.created_ms));
        assert_eq!(version["is_champion"], number == 2);
        assert_eq!(version["scores"]["version"], number);
        assert_eq!(version["score"], version["scores"]["f1"]);
        assert_eq!(version["bundle_sha256"], json!(row.bundle_sha256));
    }
    let ids = [
        ("2", 2),
        ("v2", 2),
        ("champion", 2),
        ("latest", 2),
        ("v1", 1),
    ];
    for (id, number) in ids {
        let one = server.get(&format!("{path}/{id}")).expect(200).json();
        assert_eq!(one["version"], number, "{id}");
        assert_eq!(one["decision"]["verdict"], "promote");
        assert_eq!(one["scoring"]["challenger"]["version"], number);
        assert_eq!(one["record"], json!(books.version(number).record));
        let files = one["files"].as_array().expect("a list");
        assert_eq!(
            files[0],
            format!("/models/{MODEL}/versions/{number}/report.html")
        );
        for file in files {
            server.get(file.as_str().expect("a path")).expect(200);
        }
    }
}

#[test]
fn a_model_without_a_version_is_started() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let one = server.get(&format!("/models/{MODEL}")).expect(200).json();
    assert_eq!(one["status"], "started");
    assert_eq!(
        [&one["champion"], &one["served"], &one["score"]],
        [&Value::Null; 3]
    );
    assert_eq!(one["versions"], 0);
    let path = format!("/models/{MODEL}/versions");
    assert_eq!(server.get(&path).expect(200).json(), json!([]));
    assert_eq!(server.get("/runs").expect(200).json(), json!([]));
    for id in ["champion", "latest", "1"] {
        server.get(&format!("{path}/{id}")).expect(404);
    }
}

#[test]
fn what_is_not_there_is_told_in_words() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let model = "no such model; GET /models lists them";
    let version = "no such version of the model; GET /models/<model>/versions lists them";
    let run = "no such run; GET /runs lists them";
    for (path, expected) in [
        ("/models/other", model),
        ("/models/other/versions", model),
        ("/models/other/versions/1", model),
        ("/models/other/versions/1/report", model),
        ("/models/attrition/versions/9", version),
        ("/models/attrition/versions/x", version),
        ("/models/attrition/versions/..%2f1", version),
        ("/models/attrition/versions/9/report", version),
        ("/models/attrition/versions/99999999999999999999", version),
        ("/runs?model=other", model),
        ("/runs/x", run),
        ("/runs/..%2f..%2fconfig.json", run),
        ("/runs/x/log", run),
    ] {
        assert_eq!(
            message(server.get(path), 404, "not_found"),
            expected,
            "{path}"
        );
    }
}

#[test]
fn one_bundle_is_told_from_memory_and_what_needs_a_registry_is_rejected() {
    let project = Project::promoted();
    let server = Server::of(&project, &["--bundle", "production_deployment"]);
    let one = server.get(&format!("/models/{MODEL}")).expect(200).json();
    assert_eq!(one["served"], 1);
    assert_eq!(one["champion"]["version"], 1);
    assert_eq!(one["target"], "exited");
    assert_eq!(one["metric"], Value::Null);
    let versions = server.get(&format!("/models/{MODEL}/versions"));
    let versions = versions.expect(200).json();
    assert_eq!(versions[0]["version"], 1);
    assert_eq!(
        versions[0]["bundle_sha256"],
        json!(project.books().version(1).bundle_sha256)
    );
    let version = server.get(&format!("/models/{MODEL}/versions/v1"));
    assert_eq!(version.expect(200).json()["is_champion"], true);
    server
        .get(&format!("/models/{MODEL}/versions/2"))
        .expect(404);
    let expected = "this server serves one bundle and has no registry; `unseat serve` in the project's folder has";
    for (method, path) in [
        ("GET", "/models/attrition/versions/1/report"),
        ("GET", "/models/attrition/versions/1/roc.png"),
        ("POST", "/models/attrition/versions/1/promote"),
        ("POST", "/models/attrition/rollback"),
        ("DELETE", "/models/attrition/versions/1"),
        ("GET", "/runs"),
        ("GET", "/runs/latest"),
        ("GET", "/runs/latest/log"),
        ("POST", "/runs"),
    ] {
        let answer = server.send(method, path, &[], b"");
        assert_eq!(
            message(answer, 409, "conflict"),
            expected,
            "{method} {path}"
        );
    }
}
