//! The champion moves while requests come in: none fails, and the answer changes once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use unseat::model_types::RunId;
use unseat::registry::Action;

use serde_json::{Value, json};

use super::Server;
use crate::support::{MODEL, Project};

fn body() -> Value {
    json!({"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]})
}

fn project_of_two() -> Project {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(project.books().champion(), Some(2));
    project
}

/// Versions in the order in which they answered, each run of equal ones once.
fn changes(versions: &[i64]) -> Vec<i64> {
    let mut changes = versions.to_vec();
    changes.dedup();
    changes
}

#[test]
fn a_promotion_under_load_loses_no_request_and_is_seen_once() {
    let project = project_of_two();
    let server = Server::of(&project, &[]);
    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let load = || {
        let mut versions = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let answer = server.post("/prediction", &body());
            assert_eq!(answer.status, 200, "{}", answer.text());
            let told = answer.json();
            let header = answer.header("x-model-version").map(str::to_string);
            assert_eq!(header, Some(told["version"].to_string()));
            versions.push(told["version"].as_i64().expect("a version"));
            answered.fetch_add(1, Ordering::Relaxed);
        }
        versions
    };
    let seen = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
        let shown = |version: i64| {
            let is_it = |answer: &super::Answer| answer.json()["version"] == version;
            server.until(
                "/prediction?lastmonth_activity=1&lastyear_activity=1&number_of_employees=1",
                is_it,
            );
            // What was under way at the swap has ended, and some more has come.
            let until = answered.load(Ordering::Relaxed) + 40;
            while answered.load(Ordering::Relaxed) < until {
                std::thread::yield_now();
            }
        };
        shown(2);
        project.ok(&["rollback", "--reason", "to see it"]);
        shown(1);
        project.ok(&["promote", "2", "--reason", "to see it"]);
        shown(2);
        is_over.store(true, Ordering::Relaxed);
        let join = |client: std::thread::ScopedJoinHandle<'_, Vec<i64>>| client.join();
        clients.into_iter().map(join).collect::<Vec<_>>()
    });
    for versions in seen {
        let versions = versions.expect("no request fails");
        assert_eq!(changes(&versions), [2, 1, 2]);
    }
}

#[test]
fn a_bad_bundle_keeps_the_old_version_and_raises_an_alarm() {
    let project = project_of_two();
    project.ok(&["rollback", "--reason", "to begin with version 1"]);
    let server = Server::of(&project, &[]);
    let file = project.version_file(2, "trainedmodel.json");
    let whole = std::fs::read(&file).expect("reads");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&file, &damaged).expect("writes");
    // Nothing of this program points at a damaged bundle; a disk may do it after the pointer moved.
    point_at(&project, 2);
    let alarmed = |answer: &super::Answer| answer.text().contains("checksum");
    let told = server.until("/readyz?verbose", alarmed).json();
    let check = &told["checks"][1];
    assert_eq!(
        (&told["ready"], &check["ok"]),
        (&json!(true), &json!(false))
    );
    let message = check["message"].as_str().expect("a text");
    assert!(message.starts_with("still version 1: "), "{message}");
    server.get("/readyz").expect(200);
    let answer = server.post("/prediction", &body()).expect(200);
    assert_eq!(answer.header("x-model-version"), Some("1"));
    // Fixed, it is served as soon as the pointer moves again.
    std::fs::write(&file, &whole).expect("writes");
    point_at(&project, 2);
    server.until("/readyz?verbose", |answer| {
        answer.text().contains("\"message\":\"version 2\"")
    });
    let answer = server.post("/prediction", &body()).expect(200);
    assert_eq!(answer.header("x-model-version"), Some("2"));
}

/// Moves the pointer in the registry alone.
fn point_at(project: &Project, version: i64) {
    use unseat::registry::Operation;
    project.registry(async |registry| {
        let lock = registry
            .take_lock(MODEL, &RunId::new("by-hand"), 1)
            .await
            .expect("free");
        let operation = Operation {
            action: Action::Promote,
            version: Some(version.into()),
            previous: None,
            reason: "by hand".to_string(),
            actor: "test".to_string(),
            run: None,
            at_ms: 1,
        };
        registry.operate(&lock, &operation).await.expect("moves");
        registry.release_lock(&lock).await.expect("released");
    });
}

#[test]
fn the_first_version_is_served_as_soon_as_it_is_there() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let told = server.get("/readyz").expect(503);
    assert_eq!(told.header("retry-after"), Some("1"));
    assert_eq!(
        told.json()["error"]["message"],
        "not ready: it has no champion yet"
    );
    server.get("/livez").expect(200);
    server.post("/prediction", &body()).expect(503);
    project.ok(&["run"]);
    server.until("/readyz", |answer| answer.status == 200);
    server.post("/prediction", &body()).expect(200);
}

#[test]
fn a_bundle_is_served_alone_and_followed() {
    let project = project_of_two();
    let elsewhere = Project::empty();
    let folder = elsewhere.path("copy");
    let copy = || {
        std::fs::create_dir_all(&folder).expect("makes it");
        for name in ["manifest.json", "trainedmodel.json"] {
            let from = project.path("production_deployment").join(name);
            // As a deployment does it: whole, or not there.
            let beside = folder.join(format!("{name}.new"));
            std::fs::copy(from, &beside).expect("copies");
            std::fs::rename(beside, folder.join(name)).expect("renames");
        }
    };
    copy();
    let path = folder.display().to_string();
    let server = Server::of(&elsewhere, &["--bundle", &path]);
    let of_project = Server::of(&project, &[]);
    let alone = server.post("/prediction", &body()).expect(200).json();
    let with_registry = of_project.post("/prediction", &body()).expect(200).json();
    assert_eq!(alone["version"], 2);
    assert_eq!(
        alone["predictions"][0]["probability"],
        with_registry["predictions"][0]["probability"]
    );
    let names: Vec<_> = elsewhere.listing().lines().map(str::to_string).collect();
    assert!(
        !names.iter().any(|name| name.contains("unseat.db")),
        "no database is made: {names:?}"
    );
    project.ok(&["rollback", "--reason", "to see it"]);
    copy();
    server.until(
        "/prediction?lastmonth_activity=1&lastyear_activity=1&number_of_employees=1",
        |answer| answer.json()["version"] == 1,
    );
}

#[test]
fn the_version_that_is_asked_for_answers_and_a_promoted_one_needs_no_restart() {
    let project = project_of_two();
    let server = Server::of(&project, &[]);
    let version = |path: &str| {
        let answer = server.post(path, &body()).expect(200);
        let header = answer.header("x-model-version").expect("a header");
        assert_eq!(header, answer.json()["version"].to_string());
        header.to_string()
    };
    let asked = |version: i64| format!("/prediction?version={version}");
    assert_eq!(version("/prediction"), "2");
    assert_eq!(version(&asked(1)), "1", "not the newest, nor the champion");
    assert_eq!(version(&asked(2)), "2");
    server.post(&asked(3), &body()).expect(404);
    project.ok(&["promote", "1", "--reason", "to see it"]);
    server.until(
        "/prediction?lastmonth_activity=1&lastyear_activity=1&number_of_employees=1",
        |answer| answer.json()["version"] == 1,
    );
    assert_eq!(version("/prediction"), "1");
    assert_eq!(version(&asked(2)), "2");
}
