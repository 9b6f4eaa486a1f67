//! Requests against the slow reference: like the champion's rows, and not like those of an earlier champion.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::mistakes::bell;
use super::runs::project_of;
use crate::serve::Server;
use crate::support::{MODEL, Project};

/// Rows of a file as those of requests.
fn asked(text: &str) -> Vec<Value> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().expect("a number");
        json!({"x": number(0), "y": number(1), "plan": cells[2]})
    };
    text.lines().skip(1).map(row).collect()
}

/// A project whose champion was trained on rows a small step from those of the first version.
fn project() -> Project {
    let project = project_of(
        json!({"window_rows": 1200}),
        [&bell(0, 1200, 0), &bell(20_000, 20_600, 5)],
    );
    project.write("in/a.csv", &bell(1200, 2400, 5));
    let done = project.unseat(&["run", "--force", "--json"]);
    assert!(done.status.success(), "{done}");
    assert!(!done.stderr.contains("slow drift"), "{done}");
    if done.json()["outcome"] != "promote" {
        project.ok(&["promote", "latest", "--reason", "test"]);
    }
    project
}

/// Asks for rows, and ends the server, so that all of them are counted.
fn answered(project: &Project, text: &str) {
    let server = Server::of(project, &[]);
    for rows in asked(text).chunks(100) {
        server
            .post("/prediction", &json!({ "rows": rows }))
            .expect(200);
    }
    stop(server);
}

fn stop(server: Server) {
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
}

/// What a server says of drift once it has judged so many windows and told of slow drift so often.
fn judged(project: &Project, windows: usize, alarms: usize) -> Value {
    let server = Server::of(project, &[]);
    let path = format!("/models/{MODEL}/drift?of=requests&window=7d");
    let answer = server.until(&path, |answer| {
        let told = answer.json();
        let checks = told["history"]["checks"].as_array().into_iter().flatten();
        checks.filter(|it| it["kind"] == "requests").count() == windows
            && slow_episodes(&told).len() == alarms
    });
    let told = answer.json();
    stop(server);
    told
}

fn slow_episodes(told: &Value) -> Vec<Value> {
    let mut episodes = told["history"]["episodes"]
        .as_array()
        .expect("a list")
        .clone();
    episodes.retain(|it| it["kind"] == "slow");
    episodes
}

#[test]
fn requests_that_moved_slowly_are_told_once() {
    let project = project();
    answered(&project, &bell(30_000, 32_400, 10));
    // Before any window was judged, looked at once.
    let asked = project.json(&["drift", "--against", "24h"]);
    assert_eq!(asked["version"], 2, "{asked:#}");
    assert_eq!(
        (&asked["verdict"], &asked["rows"]),
        (&json!("ok"), &json!(2400)),
        "{asked:#}"
    );
    assert_eq!(
        (&asked["slow"]["version"], &asked["slow"]["verdict"]),
        (&json!(1), &json!("drift")),
        "{asked:#}"
    );
    assert_eq!(asked["slow"]["columns"], json!(["x"]), "{asked:#}");
    // Window after window: the second confirms the first.
    let told = judged(&project, 2, 1);
    let episodes = slow_episodes(&told);
    assert_eq!(episodes.len(), 1, "{told:#}");
    assert_eq!(episodes[0]["evidence"]["kind"], "requests", "{episodes:#?}");
    assert!(!episodes[0]["ended"].is_null(), "{episodes:#?}");
    // From the next champion on it is looked for again: not before.
    answered(&project, &bell(33_000, 34_200, 10));
    let told = judged(&project, 3, 1);
    assert_eq!(slow_episodes(&told).len(), 1, "{told:#}");
    assert_eq!(told["slow"], Value::Null, "{told:#}");
    assert_eq!(told["verdict"], "ok", "{told:#}");
}

#[test]
fn requests_like_those_of_the_first_champion_are_quiet() {
    let project = project();
    answered(&project, &bell(30_000, 32_400, 3));
    let told = judged(&project, 2, 0);
    assert_eq!(told["slow"]["verdict"], "ok", "{told:#}");
    assert_eq!(slow_episodes(&told), Vec::<Value>::new());
    assert_eq!(told["verdict"], "ok", "{told:#}");
}
