//! Models by request: created, trained, answering, trained anew; and every refusal.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::Server;
use super::audited;
use crate::support::{MODEL, Project};

/// Rows of which `left` hangs on `age`, all but one in eleven.
fn rows(n: u32) -> Value {
    let row = |at: u32| {
        let age = 20 + at * 7 % 45;
        let left = (age > 40) != at.is_multiple_of(11);
        let team = if at.is_multiple_of(2) { "red" } else { "blue" };
        json!({"age": age, "team": team, "number": at, "left": u32::from(left)})
    };
    (0..n).map(row).collect()
}

fn project() -> Project {
    Project::promoted().with_real_clock()
}

/// The job's row once it has ended.
fn ended(server: &Server, job: &Value) -> Value {
    let path = format!("/jobs/{}", job["task_id"].as_str().expect("an id"));
    let until = Instant::now() + Duration::from_secs(120);
    loop {
        let row = server.get(&path).expect(200).json();
        if row["ended"].is_string() {
            return row;
        }
        assert!(Instant::now() < until, "{row}");
        std::thread::yield_now();
    }
}

/// Waits until another version than before answers, as the server sees it.
fn until_served(server: &Server, model: &str) -> i64 {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let view = server.get(&format!("/models/{model}")).expect(200).json();
        if let Some(version) = view["served"].as_i64() {
            return version;
        }
        assert!(Instant::now() < until, "{view}");
        std::thread::yield_now();
    }
}

/// Folders with rows that a model has.
fn places(project: &Project, model: &str) -> usize {
    let folder = std::fs::read_dir(project.path(&format!("models_data/{model}")));
    let names = folder.expect("a folder").flatten().map(|it| it.file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with("data_"))
        .count()
}

#[track_caller]
fn refused(server: &Server, body: &Value, status: u16) -> String {
    let said = server.post("/models", body).expect(status).json();
    let keys: Vec<_> = said.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["error"]);
    said["error"].as_str().expect("a text").to_string()
}

#[test]
fn a_model_is_created_answers_and_is_trained_anew() {
    let project = project();
    let server = Server::of(&project, &[]);
    // Another server of the project learns of it, too.
    let other = Server::of(&project, &[]);
    let body = json!({"id": "leavers", "data": rows(600), "target": "left"});
    let answer = server.post("/models", &body);
    let job = answer.expect(202).json();
    assert_eq!(job["status"], "model training started");
    assert_eq!(job["model"], "leavers");
    let row = ended(&server, &job);
    assert_eq!(row["state"], "done", "{row}");
    assert_eq!(row["outcome"], "promote", "{row}");
    for server in [&server, &other] {
        let until = Instant::now() + Duration::from_secs(30);
        while server.get("/models/leavers").status != 200 {
            assert!(Instant::now() < until, "it does not come");
        }
        assert_eq!(until_served(server, "leavers"), 1);
        let asked = server.get("/prediction?model=leavers&age=60&team=red&number=3");
        let asked = asked.expect(200).json();
        assert_eq!(asked["model"], "leavers", "{asked}");
        // What is asked without a name is what it was.
        let path = "/prediction?lastmonth_activity=1&lastyear_activity=2&number_of_employees=3";
        let usual = server.get(path).expect(200);
        assert_eq!(usual.header("x-model"), Some(MODEL));
    }
    // Other commands know it, and those without a name speak of the model of config.json.
    let listed = project.ok(&["models"]).stdout;
    assert!(listed.contains("leavers") && listed.contains(MODEL));
    project.ok(&["diagnose"]);

    assert_eq!(
        refused(&server, &body, 400),
        "Cannot update existing model. Use force_update:True"
    );
    let again =
        json!({"id": "leavers", "data": rows(900), "target": "left", "force_update": "True"});
    let job = server.post("/models", &again).expect(202).json();
    let row = ended(&server, &job);
    assert_eq!(row["state"], "done", "{row}");
    let versions = server.get("/models/leavers/versions").expect(200).json();
    assert_eq!(versions.as_array().map(Vec::len), Some(2), "{versions}");
    let job = json!({"id": "leavers", "force_update": true});
    let job = server.post("/models", &job).expect(202).json();
    assert_eq!(ended(&server, &job)["state"], "done");

    let third = json!({"id": "leavers", "data": rows(900), "target": "left", "force_update": true});
    let job = server.post("/models", &third).expect(202).json();
    assert_eq!(ended(&server, &job)["state"], "done");
    assert_eq!(places(&project, "leavers"), 2);

    // A model of config.json is trained as it is configured.
    let job = json!({"id": MODEL, "force_update": true});
    let job = server.post("/models", &job).expect(202).json();
    assert_eq!(ended(&server, &job)["state"], "done");
    let why = refused(
        &server,
        &json!({"id": MODEL, "data": rows(9), "force_update": true}),
        400,
    );
    assert!(why.contains("config.json says what this model learns from"));
    let lines = audited(&project);
    let made: Vec<_> = lines.iter().map(|line| &line["action"]).collect();
    assert!(made.iter().all(|action| *action == "create"), "{made:?}");
    assert_eq!(lines[0]["model"], "leavers");

    // A server that begins later knows it from the start.
    drop((server, other));
    let server = Server::of(&project, &[]);
    let asked = server.get("/prediction?model=leavers&age=60&team=red&number=3");
    asked.expect(200);
}

#[test]
fn what_cannot_be_created_is_refused_and_leaves_nothing() {
    let project = project();
    let server = Server::of(&project, &[]);
    let required = "Required parameters not supplied";
    for body in [json!({}), json!({"id": "a"}), json!({"data": rows(9)})] {
        assert_eq!(refused(&server, &body, 400), required, "{body}");
    }
    let existing = json!({"id": MODEL, "data": rows(9)});
    assert_eq!(
        refused(&server, &existing, 400),
        "Cannot update existing model. Use force_update:True"
    );
    for (body, expected) in [
        (json!({"id": "../x", "data": rows(9)}), "is no name"),
        (json!({"id": "a", "data": "/etc"}), "is no list of rows"),
        (json!({"id": "a", "data": rows(1)}), "too few rows"),
        (
            json!({"id": "a", "data": rows(9), "target": "gone"}),
            "has the `target` column",
        ),
        (
            json!({"id": "a", "data": rows(9), "input_folder_path": "/etc"}),
            "a key that is not known",
        ),
        (
            json!({"id": "a", "data": rows(99), "learner": {"c": -1}}),
            "learner.c",
        ),
        (
            json!({"id": "a", "data": rows(9), "force_update": 7}),
            "neither true nor false",
        ),
    ] {
        let said = refused(&server, &body, 400);
        assert!(said.contains(expected), "{said}");
    }
    server.send("POST", "/models", &[], b"[1]").expect(400);
    assert!(!project.path("models_data").exists());
    let models = server.get("/models").expect(200).json();
    assert_eq!(models.as_array().map(Vec::len), Some(1), "{models}");
}

#[test]
fn of_many_that_create_one_at_once_one_does() {
    let project = project();
    let server = Server::of(&project, &[]);
    let body = json!({"id": "one", "data": rows(600), "target": "left"});
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| server.post("/models", &body).status))
            .collect();
        let ended = callers.into_iter().map(|caller| caller.join());
        ended.map(|status| status.expect("it answers")).collect()
    });
    let begun = statuses.iter().filter(|status| **status == 202).count();
    assert_eq!(begun, 1, "{statuses:?}");
    let refused = statuses.iter().filter(|status| **status == 400).count();
    assert_eq!(refused, 5, "{statuses:?}");
    let jobs = server.get("/jobs?model=one").expect(200).json();
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs}");
    assert_eq!(places(&project, "one"), 1);
    ended(&server, &json!({"task_id": jobs[0]["id"]}));
}
