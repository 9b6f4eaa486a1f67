//! `/set-model`, `/status`, `/current-model`.

use serde_json::{Value, json};

use super::rejected;
use crate::serve::Server;
use crate::support::Project;

fn versions(history: &Value) -> Vec<i64> {
    let history = history.as_array().expect("a list").iter();
    history
        .map(|it| {
            assert!(
                it["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')),
                "{it}"
            );
            it["current_version"].as_i64().expect("a version")
        })
        .collect()
}

#[test]
fn an_operator_switches_versions_and_is_answered_by_the_new_one_at_once() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    project.ok(&["pin"]);
    project.ok(&["unpin"]);
    let server = Server::of(&project, &[]);
    assert_eq!(
        server.get("/current-model").expect(200).text(),
        r#""attrition_2""#
    );
    assert_eq!(versions(&server.get("/status").expect(200).json()), [1, 2]);

    let answer = server.get("/set-model?version=1").expect(200);
    assert_eq!(versions(&answer.json()), [1, 2, 1]);
    assert_eq!(server.get("/current-model").text(), r#""attrition_1""#);
    assert_eq!(server.get("/status").json(), answer.json());
    server.get("/set-model?version=v2").expect(200);
    assert_eq!(server.get("/current-model").text(), r#""attrition_2""#);

    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(2));
    let newest = &books.operations[0];
    assert_eq!(
        (
            newest.action.name(),
            newest.reason.as_str(),
            newest.actor.as_str()
        ),
        ("promote", "set-model request", "anonymous")
    );
    let audit = project.read("audit.ndjson");
    let lines = audit
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let told: Vec<_> = lines
        .map(|line: Value| {
            json!([
                line["path"],
                line["model"],
                line["version"],
                line["outcome"]
            ])
        })
        .collect();
    let expected = [1, 2].map(|version| json!(["/set-model", "attrition", version, "done"]));
    assert_eq!(told, expected);
}

#[test]
fn what_cannot_be_switched_is_rejected_and_changes_nothing() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let message = |text: &str| json!({"message": text});
    let missing = "the parameter `version` is missing; send ?version=3";
    rejected(server.get("/set-model"), 400, &message(missing));
    let why = "the `version` is not a number like 3";
    for version in [
        "",
        "x",
        "champion",
        "-1",
        "0",
        "1.5",
        "99999999999999999999",
    ] {
        let answer = server.get(&format!("/set-model?version={version}"));
        rejected(answer, 400, &message(why));
    }
    let why = "no such version of the model; GET /models lists what there is";
    rejected(server.get("/set-model?version=7"), 404, &message(why));
    let answer = server
        .send("HEAD", "/set-model?version=1", &[], b"")
        .expect(405);
    assert_eq!(answer.header("allow"), Some("GET"));
    assert_eq!(project.assert_settled().operations.len(), 1);
}

#[test]
fn a_bundle_alone_tells_what_it_is_and_cannot_be_switched() {
    let project = Project::promoted();
    let server = Server::of(&project, &["--bundle", "production_deployment"]);
    assert_eq!(
        server.get("/current-model").expect(200).text(),
        r#""attrition_1""#
    );
    assert_eq!(versions(&server.get("/status").expect(200).json()), [1]);
    let why = "the server has a bundle and no project, so there is no other version; start it with `unseat serve` in a project";
    let answer = server.get("/set-model?version=1");
    rejected(answer, 409, &json!({"message": why}));
}

#[test]
fn each_of_several_models_is_asked_for_by_its_name() {
    let project = Project::new();
    let size = json!({"learner": {"c": 0.01}, "drop": ["number_of_employees"]});
    project.set("models", json!({"attrition": {}, "size": size}));
    project.ok(&["run"]);
    project.ok(&["run", "--model", "size", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    let name = |path: &str| server.get(path).expect(200).text();
    server.get("/set-model?version=2&model=size").expect(200);
    assert_eq!(name("/current-model?model=size"), r#""size_2""#);
    assert_eq!(name("/current-model?model=attrition"), r#""attrition_1""#);
    server.get("/set-model?version=1&model=size").expect(200);
    assert_eq!(name("/current-model?model=size"), r#""size_1""#);

    let body = json!({"data": [super::row()]});
    let answer = server
        .post("/predict?model=size&version=2", &body)
        .expect(200);
    assert_eq!(answer.header("x-model"), Some("size"));
    assert_eq!(answer.header("x-model-version"), Some("2"));
    let answer = server.post(
        "/invocations?model=size",
        &json!({"inputs": [super::row()]}),
    );
    assert_eq!(answer.expect(200).header("x-model"), Some("size"));
    assert_eq!(name("/v2/healthcheck?model=size"), "OK");
    server.get("/v2/healthcheck?model=attrition").expect(404);

    let why = "name the `model`: there are several; GET /models lists them";
    let message = json!({"message": why});
    for path in [
        "/current-model",
        "/status",
        "/set-model?version=1",
        "/v1/healthcheck",
    ] {
        rejected(server.get(path), 422, &message);
    }
    rejected(server.post("/v1/predict", &json!({})), 422, &message);
    rejected(server.post("/predict", &body), 422, &json!({"error": why}));
    let why = json!({"message": "no such model; GET /models lists them"});
    rejected(
        server.post("/v1/predict?model=other", &json!({})),
        404,
        &why,
    );
}

#[test]
fn a_damaged_version_is_not_switched_to_nor_well() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    std::fs::write(project.version_file(1, "trainedmodel.json"), "{}").expect("writes");
    assert_eq!(server.get("/v1/healthcheck").expect(503).text(), "Not OK");
    let why =
        "the version cannot be used, its bundle is damaged or too new; the server's log says more";
    let answer = server.get("/set-model?version=1");
    rejected(answer, 409, &json!({"message": why}));
    assert_eq!(server.get("/current-model").text(), r#""attrition_2""#);
}

#[test]
fn a_page_of_elsewhere_moves_no_champion_of_an_open_server() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &["--insecure"]);
    let asks = |more: &[(&'static str, &str)]| {
        let headers: Vec<_> = [("host", "192.168.1.5:8000")]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        server.send("GET", "/set-model?version=1", &headers, b"")
    };
    let why = "this GET changes something, and a page of another site may have made it: send the header `X-Requested-With` (any value), POST to /models/{model}/versions/{version}/promote, or set up tokens with `unseat token`";
    for more in [
        &[("referer", "http://evil.example/")][..],
        &[("accept", "image/webp,*/*")],
        &[("referer", "http://evil.example/192.168.1.5:8000/")],
    ] {
        rejected(asks(more), 403, &json!({"message": why}));
        assert_eq!(server.get("/current-model").text(), r#""attrition_2""#);
    }
    asks(&[("x-requested-with", "curl")]).expect(200);
    assert_eq!(server.get("/current-model").text(), r#""attrition_1""#);
}
