//! A database that is replaced or taken away under a server is noticed: the server continues with the new one, or says why it is
//! not ready and changes nothing.

use std::fs;

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::Project;

fn two_versions() -> Project {
    let project = Project::promoted().with_real_clock();
    project.ok(&["run", "--input", "sourcedata"]);
    project
}

/// A whole copy of the database.
fn snapshot(project: &Project, to: &str) {
    let to = project.path(to);
    project.registry(async |registry| registry.snapshot(&to).await.expect("copies"));
}

fn take_away(project: &Project) {
    for name in ["unseat.db", "unseat.db-wal", "unseat.db-shm"] {
        let _ = fs::rename(project.path(name), project.path(&format!("away-{name}")));
    }
}

/// Asks until the answer is as wanted.
#[track_caller]
fn until(server: &Server, path: &str, is_wanted: impl Fn(u16, &str) -> bool) -> String {
    let answer = server.until(path, |answer| is_wanted(answer.status, &answer.text()));
    answer.text()
}

#[test]
fn a_server_goes_on_with_the_database_that_takes_the_place() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    snapshot(&project, "new.db");
    take_away(&project);
    fs::rename(project.path("new.db"), project.path("unseat.db")).expect("moves");
    project.ok(&["promote", "1"]);
    until(&server, "/current-model", |_, text| {
        text.contains("attrition_1")
    });
    assert_eq!(server.get("/readyz").expect(200).text(), "ok");
    let moved = server.post("/runs", &json!({}));
    assert!(moved.status < 300, "{}", moved.text());
}

#[test]
fn a_server_whose_database_is_gone_is_not_ready_and_changes_nothing() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    take_away(&project);
    let said = until(&server, "/readyz", |status, _| status == 503);
    assert!(
        said.contains("cannot use the database unseat.db: it is gone since this process opened it; nothing can be changed until it is back"),
        "{said}"
    );
    assert_eq!(server.post("/runs", &json!({})).status, 503);
    let row = json!({"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]});
    assert_eq!(
        server.post("/prediction", &row).status,
        200,
        "what was served stays"
    );
    for name in ["unseat.db", "unseat.db-wal", "unseat.db-shm"] {
        let _ = fs::rename(project.path(&format!("away-{name}")), project.path(name));
    }
    until(&server, "/readyz", |status, _| status == 200);
}

#[test]
fn a_server_beside_a_database_that_knows_no_champion_is_not_ready_until_it_is_adopted() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    take_away(&project);
    project.ok(&["models", "list"]);
    let said = until(&server, "/readyz?verbose", |status, text| {
        status == 503 && text.contains("unseat adopt")
    });
    let said: Value = serde_json::from_str(&said).expect("JSON");
    let model = said["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .find(|check| check["name"] == "model attrition")
        .expect("the model's");
    assert_eq!(model["ok"], false);
    assert!(
        model["message"].as_str().expect("a text").starts_with(
            "still version 2: production_deployment holds version 2 of `attrition`, and the database unseat.db does not know it"
        ),
        "{model}"
    );
    project.ok(&["adopt"]);
    until(&server, "/readyz", |status, _| status == 200);
    assert_eq!(
        server.get("/current-model").expect(200).text(),
        "\"attrition_2\""
    );
}
