//! Models by request: created, trained, answering, trained again; and every rejection.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use unseat::model_types::RunId;

use super::super::{Answer, Server};
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

/// Waits until a server knows a model that another one has created.
fn until_there(server: &Server, model: &str) {
    server.until(&format!("/models/{model}"), |answer| answer.status == 200);
}

/// Waits until another version than before answers, as the server sees it.
fn until_served(server: &Server, model: &str) -> i64 {
    let until = Instant::now() + Duration::from_secs(240);
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
fn rejected(server: &Server, body: &Value, status: u16) -> String {
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
        until_there(server, "leavers");
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
        rejected(&server, &body, 400),
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
    let why = rejected(
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

/// A model of a name that is created and whose first run is over.
fn created(server: &Server, model: &str) -> Value {
    let body = json!({"id": model, "data": rows(600), "target": "left"});
    let job = server.post("/models", &body).expect(202).json();
    let row = ended(server, &job);
    assert_eq!(row["outcome"], "promote", "{row}");
    until_served(server, model);
    row
}

fn delete(server: &Server, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json")];
    server.send("DELETE", path, &headers, body.as_bytes())
}

#[track_caller]
fn not_deleted(server: &Server, path: &str, status: u16) -> String {
    let said = delete(server, path, "").expect(status).json();
    said["error"].as_str().expect("a text").to_string()
}

/// Runs, versions, jobs and operations that the registry has of a model, and its champion.
fn known_of(project: &Project, model: &str) -> [usize; 5] {
    project.registry(async |registry| {
        [
            registry.runs(Some(model), 100).await.expect("reads").len(),
            registry.versions(model).await.expect("reads").len(),
            registry.jobs(Some(model), 100).await.expect("reads").len(),
            registry.operations(model).await.expect("reads").len(),
            usize::from(registry.champion(model).await.expect("reads").is_some()),
        ]
    })
}

#[test]
fn a_model_is_deleted_with_all_that_is_its_own() {
    let project = project();
    let server = Server::of(&project, &[]);
    let other = Server::of(&project, &[]);
    let row = created(&server, "leavers");
    until_there(&other, "leavers");
    until_served(&other, "leavers");
    let log = format!("logs/{}.ndjson", row["run"].as_str().expect("a run"));
    assert!(project.path(&log).exists());

    // It is served, and stays.
    for path in ["/models/leavers", "/models/leavers?force=False"] {
        let why = not_deleted(&server, path, 409);
        assert!(why.contains("is being served; add ?force=true"), "{why}");
    }
    let why = not_deleted(&server, "/models/leavers?force=perhaps", 400);
    assert!(why.contains("neither true nor false"), "{why}");
    delete(&server, "/models/leavers", r#"{"really": true}"#).expect(400);
    assert_eq!(known_of(&project, "leavers"), [1; 5]);
    // Somebody is at it.
    let run = "20260101T000000Z-000000000";
    let lock = project.registry(async |registry| {
        let lock = registry.take_lock("leavers", &RunId::new(run), 1).await;
        lock.expect("it is free")
    });
    let why = not_deleted(&server, "/models/leavers?force=true", 409);
    assert!(why.contains(run), "{why}");
    project.registry(async |registry| registry.release_lock(&lock).await.expect("is given back"));
    assert_eq!(known_of(&project, "leavers"), [1; 5]);
    // What is not there, and what is not to be deleted by request.
    let unknown = "Requested Model ID does not exist";
    assert_eq!(
        not_deleted(&server, "/models/gone?force=true", 400),
        unknown
    );
    let path = format!("/models/{MODEL}?force=true");
    let why = not_deleted(&server, &path, 409);
    assert!(why.contains("remove it there"), "{why}");

    let said = delete(&server, "/models/leavers", r#"{"force": "True"}"#);
    let said = said.expect(200).json();
    let expected = json!({
        "key": "model", "sort": "leavers", "data": {"target": "left"}, "status": "deleted",
    });
    assert_eq!(said, expected);
    let models = server.get("/models").expect(200).json();
    assert_eq!(models.as_array().map(Vec::len), Some(1), "{models}");
    let asked = "/prediction?model=leavers&age=60&team=red&number=3";
    server.get(asked).expect(404);
    other.until(asked, |answer| answer.status == 404);
    assert_eq!(known_of(&project, "leavers"), [0; 5]);
    assert!(!project.path("models_data/leavers").exists());
    assert!(!project.path(&log).exists());
    assert!(!project.ok(&["models"]).stdout.contains("leavers"));
    assert_eq!(
        not_deleted(&server, "/models/leavers?force=true", 400),
        unknown
    );
    let again = json!({"id": "leavers", "force_update": true});
    assert_eq!(
        rejected(&server, &again, 400),
        "Required parameters not supplied"
    );
    let lines = audited(&project);
    let deleted = lines.iter().filter(|line| line["action"] == "delete");
    let done: Vec<_> = deleted.filter(|line| line["outcome"] == "done").collect();
    assert_eq!(done.len(), 1, "{lines:?}");
    assert_eq!(done[0]["model"], "leavers");

    // Another one of the name begins again.
    created(&server, "leavers");
    until_there(&other, "leavers");
    assert_eq!(until_served(&other, "leavers"), 1);
    assert_eq!(known_of(&project, "leavers"), [1; 5]);
    server.get(asked).expect(200);
}

#[test]
fn a_model_that_is_being_trained_is_deleted_with_its_job() {
    let project = project();
    let wait = [("UNSEAT_FAULT", "train.recorded:wait")];
    let server = Server::with(&project, &[], &wait);
    let body = json!({"id": "young", "data": rows(600), "target": "left"});
    server.post("/models", &body).expect(202);
    let until = Instant::now() + Duration::from_secs(60);
    while !project.path("waits").exists() {
        assert!(Instant::now() < until, "its run does not come that far");
        // Runs are at lower priority: they must not be kept from the processor by who waits for them.
        std::thread::park_timeout(Duration::from_millis(5));
    }
    assert_eq!(known_of(&project, "young"), [1, 1, 1, 0, 0]);
    // It is not served yet, so nothing has to be forced.
    delete(&server, "/models/young", "").expect(200);
    assert_eq!(known_of(&project, "young"), [0; 5]);
    assert!(!project.path("models_data/young").exists());
}

#[test]
fn a_removal_that_broke_off_is_finished_by_the_next_start_by_gc_and_by_the_next_of_the_name() {
    let project = project();
    let kill = [("UNSEAT_FAULT", "model.marked_removed:kill")];
    let folder = project.path("models_data/leavers");
    let broken_off = || {
        let server = Server::with(&project, &[], &kill);
        created(&server, "leavers");
        let path = "/models/leavers?force=true";
        assert_eq!(server.try_send("DELETE", path), None);
        drop(server);
        assert!(folder.join("versions").exists());
        assert_eq!(known_of(&project, "leavers"), [0; 5]);
        assert!(!project.ok(&["models"]).stdout.contains("leavers"));
    };
    broken_off();
    project.ok(&["gc", "--dry-run"]);
    assert!(folder.exists());
    project.ok(&["gc"]);
    assert!(!folder.exists());

    broken_off();
    let server = Server::of(&project, &[]);
    assert!(!folder.exists());
    server.get("/models/leavers").expect(404);

    // A server that was there all the time does not look again; who creates another one of the name does.
    broken_off();
    created(&server, "leavers");
    assert_eq!(known_of(&project, "leavers"), [1; 5]);
    assert_eq!(places(&project, "leavers"), 1);
    assert_eq!(until_served(&server, "leavers"), 1);
}

#[test]
fn what_cannot_be_created_is_rejected_and_leaves_nothing() {
    let project = project();
    let server = Server::of(&project, &[]);
    let required = "Required parameters not supplied";
    for body in [json!({}), json!({"id": "a"}), json!({"data": rows(9)})] {
        assert_eq!(rejected(&server, &body, 400), required, "{body}");
    }
    let existing = json!({"id": MODEL, "data": rows(9)});
    assert_eq!(
        rejected(&server, &existing, 400),
        "Cannot update existing model. Use force_update:True"
    );
    for (body, expected) in [
        (json!({"id": "../x", "data": rows(9)}), "is not a name"),
        (json!({"id": "a", "data": "/etc"}), "is not a list of rows"),
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
        let said = rejected(&server, &body, 400);
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
        let ended = callers.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|status| status.expect("it answers")).collect()
    });
    let begun = statuses.iter().filter(|status| **status == 202).count();
    assert_eq!(begun, 1, "{statuses:?}");
    let rejected = statuses.iter().filter(|status| **status == 400).count();
    assert_eq!(rejected, 5, "{statuses:?}");
    let jobs = server.get("/jobs?model=one").expect(200).json();
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs}");
    assert_eq!(places(&project, "one"), 1);
    ended(&server, &json!({"task_id": jobs[0]["id"]}));
}
