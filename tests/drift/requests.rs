//! What servers answer, counted in windows.

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::sql::run_sql;
use crate::support::{MODEL, Project};

/// Rows for a request, shifted.
fn body(from: u64, n: u64, shift: u64) -> Value {
    let row = |row: u64| {
        json!({
            "lastmonth_activity": (row * 37) % 301 + shift, "lastyear_activity": (row * 53) % 4001,
            "number_of_employees": row % 41,
        })
    };
    json!({"rows": (from..from + n).map(row).collect::<Vec<_>>()})
}

/// A project whose model was trained on rows like those of the requests.
fn project() -> Project {
    let project = Project::empty();
    project.ok(&["init", ".", "--rows", "50"]);
    project.set("score.replicates", 100);
    project.set("gate.first", "promote");
    let rows = |from: u64, to: u64| {
        let mut text =
            "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n"
                .to_string();
        for row in from..to {
            let (month, year) = ((row * 37) % 301, (row * 53) % 4001);
            let exited = u64::from(month + (row * 7919) % 90 > 190);
            text += &format!("c{row},{month},{year},{},{exited}\n", row % 41);
        }
        text
    };
    for name in ["dataset1.csv", "dataset2.csv"] {
        std::fs::remove_file(project.path("practicedata").join(name)).expect("is there");
    }
    project.write("practicedata/rows.csv", &rows(0, 2000));
    project.write("testdata/testdata.csv", &rows(5000, 5600));
    project.ok(&["run"]);
    project
}

fn stop(server: Server) {
    let (is_well, talk) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well, "{talk}");
}

#[test]
fn requests_are_counted_by_all_servers_and_judged_together() {
    let project = project();
    let path = format!("/models/{MODEL}/drift");
    let (one, other) = (Server::of(&project, &[]), Server::of(&project, &[]));
    for at in 0..4 {
        one.post("/prediction", &body(at * 100, 100, 0)).expect(200);
        other
            .post("/prediction", &body(7000 + at * 100, 100, 0))
            .expect(200);
    }
    // One row alone, and by another protocol.
    one.get("/prediction?lastmonth_activity=3&lastyear_activity=4&number_of_employees=5")
        .expect(200);
    other
        .post(
            "/invocations",
            &json!({"dataframe_records": body(0, 9, 0)["rows"]}),
        )
        .expect(200);
    let counted = one
        .until(&path, |answer| answer.json()["rows"] == 810)
        .json();
    assert_eq!(counted["verdict"], "ok", "{counted:#}");
    assert_eq!(counted["prediction"]["verdict"], "ok", "{counted:#}");
    for at in 0..30 {
        other
            .post("/prediction", &body(at * 100, 100, 250))
            .expect(200);
    }
    stop(one);
    stop(other);
    // What was counted last was written at the end.
    let drift = project.json(&["drift", "--against", "24h"]);
    assert_eq!(drift["rows"], 3810, "{drift:#}");
    assert_eq!(drift["verdict"], "drift", "{drift:#}");
    assert_eq!(drift["features"][0]["name"], "lastmonth_activity");
}

#[test]
fn a_window_is_judged_when_it_has_ended_and_starts_a_run_once() {
    let project = project();
    project.set("drift", json!({"window_rows": 500, "action": "retrain"}));
    let server = Server::of(&project, &[]);
    for at in 0..12 {
        server
            .post("/prediction", &body(at * 100, 100, 280))
            .expect(200);
    }
    stop(server);
    // A later server, whose clock is past the windows, finds them.
    for _ in 0..2 {
        let server = Server::of(&project, &[]);
        let path = format!("/models/{MODEL}/drift?of=requests&window=7d");
        let answer = server.until(&path, |answer| {
            let episodes = &answer.json()["history"]["episodes"];
            let done = episodes[0]["done"].as_str();
            done.is_some_and(|done| !done.starts_with("a run is being started"))
        });
        let episodes = answer.json()["history"]["episodes"].clone();
        assert_eq!(episodes.as_array().map(Vec::len), Some(1), "{episodes:#}");
        let done = episodes[0]["done"]
            .as_str()
            .expect("it was done")
            .to_string();
        assert!(done.starts_with("run "), "{done}");
        stop(server);
    }
    let jobs = project.json(&["jobs", "list"]);
    assert_eq!(jobs.as_array().map(Vec::len), Some(1), "{jobs:#}");

    // What a server leaves that is killed while it starts the run.
    let left =
        "UPDATE drift_episodes SET done = 'a run is being started since 2026-01-01T00:00:00Z'";
    run_sql(&project.path("unseat.db"), left);
    let server = Server::of(&project, &[]);
    let path = format!("/models/{MODEL}/drift?of=requests&window=7d");
    let answer = server.until(&path, |answer| {
        let done = &answer.json()["history"]["episodes"][0]["done"];
        done.as_str().is_some_and(|done| done.starts_with("run "))
    });
    stop(server);
    let jobs = project.json(&["jobs", "list"]);
    let jobs = jobs.as_array().map(Vec::len);
    assert_eq!(jobs, Some(2), "{}", answer.text());
}

#[test]
fn what_is_asked_for_wrongly_is_rejected_in_words() {
    let project = project();
    let server = Server::of(&project, &[]);
    for query in [
        "window=yesterday",
        "window=2026-03-01T00:00:00",
        "of=everything",
    ] {
        let answer = server
            .get(&format!("/models/{MODEL}/drift?{query}"))
            .expect(400);
        assert!(answer.text().contains("parameter"), "{}", answer.text());
    }
    server
        .get(&format!("/models/{MODEL}/drift?of=data"))
        .expect(404);
    server.get("/models/nobody/drift").expect(404);
    let diagnosed = server.get("/diagnostics").expect(200).json();
    assert!(diagnosed["drift"].is_array(), "{diagnosed:#}");
    stop(server);
}
