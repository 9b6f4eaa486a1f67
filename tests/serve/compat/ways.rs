//! Ways of other systems that `server.compatibility` lets in.

use serde_json::{Value, json};

use super::row;
use crate::serve::Server;
use crate::support::Project;

#[test]
fn a_run_is_begun_by_naming_a_file_and_its_log_is_told() {
    let project = Project::promoted().with_real_clock();
    let server = Server::of(&project, &[]);
    for wrong in ["none.csv", "..%2Fconfig.json", "%2Fetc%2Fpasswd"] {
        server.get(&format!("/retrain/{wrong}")).expect(404);
    }
    let head = server.send("HEAD", "/retrain/dataset1.csv", &[], b"");
    assert_eq!(head.status, 405);
    let page = server.send(
        "GET",
        "/retrain/dataset1.csv",
        &[("origin", "http://evil.example")],
        b"",
    );
    assert_eq!(page.status, 403, "no page of elsewhere begins a run");

    let begun = server.get("/retrain/dataset1.csv").expect(302);
    assert_eq!(begun.header("location"), Some("/retrain-log"));
    let told = server.get("/retrain-log").expect(200);
    assert_eq!(
        told.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    let jobs = server.get("/jobs").json();
    assert_eq!(jobs[0]["model"], "attrition", "{jobs}");
}

#[test]
fn the_list_of_models_has_the_form_that_the_settings_say() {
    let project = Project::promoted();
    let own = Server::of(&project, &[]).get("/models").json();
    assert_eq!(own[0]["key"], "model");
    project.set(
        "server.compatibility",
        json!({"models": "retraining_service"}),
    );
    let listed = Server::of(&project, &[]).get("/models").json();
    assert_eq!(listed["1"]["key"], "attrition_1");
    let at = listed["1"]["last_modified"].as_str().expect("a time");
    assert!(at.starts_with("2026-03-01T"), "{at}");
    assert_eq!(listed.as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_health_check_says_200_only_where_it_was_told_to() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/v7/healthcheck").expect(404).text(), "Not OK");
    project.set(
        "server.compatibility",
        json!({"healthcheck_always_200": true}),
    );
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/v7/healthcheck").expect(200).text(), "Not OK");
    assert_eq!(server.get("/v1/healthcheck").expect(200).text(), "OK");
}

#[test]
fn a_file_of_the_allowed_folder_is_predicted_and_no_other() {
    let project = Project::promoted();
    let named = |file: &str| json!({"file_location": file});
    let server = Server::of(&project, &[]);
    server
        .post("/prediction", &named("testdata/testdata.csv"))
        .expect(400);

    project.set("server.compatibility", json!({"file_location": "testdata"}));
    project.write("testdata/rows.ndjson", &format!("{}\n", row()));
    let server = Server::of(&project, &[]);
    let csv = project.read("testdata/testdata.csv");
    let by_name = server
        .post("/prediction", &named("testdata/testdata.csv"))
        .expect(200);
    let by_body = server
        .send(
            "POST",
            "/prediction",
            &[("content-type", "text/csv")],
            csv.as_bytes(),
        )
        .expect(200);
    let of = |answer: &Value| -> Vec<Value> {
        let all = answer["predictions"].as_array().expect("a list").iter();
        all.map(|it| it["probability"].clone()).collect()
    };
    assert_eq!(of(&by_name.json()), of(&by_body.json()));
    assert_eq!(of(&by_name.json()).len(), csv.lines().count() - 1);
    assert_eq!(
        of(&server.post("/prediction", &named("rows.ndjson")).json()).len(),
        1
    );

    for wrong in [
        "../config.json.csv",
        "practicedata/dataset1.csv",
        "/etc/hosts.csv",
        "none.csv",
    ] {
        server.post("/prediction", &named(wrong)).expect(404);
    }
    server
        .post("/prediction", &named("config.json"))
        .expect(415);
    server
        .post("/prediction", &json!({"file_location": 3}))
        .expect(400);
    server
        .post("/prediction", &json!({"rows": [row()]}))
        .expect(200);
}
