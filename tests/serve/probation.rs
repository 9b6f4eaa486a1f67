//! Probation: a version that a run has promoted is confirmed or rolled back by the server, and no request notices.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use unseat::model_types::{Outcome, VersionNumber};
use unseat::registry::{Action, ProbationState};

use super::{Answer, Server};
use crate::support::{MODEL, Project};

/// A project with version 1 in production and these settings of `probation`.
fn project(settings: Value) -> Project {
    let project = Project::promoted();
    project.set("probation", settings);
    project
}

/// A run that promotes version 2.
fn promote_second(project: &Project) {
    project.ok(&["run", "--input", "sourcedata"]);
    assert_eq!(project.books().champion(), Some(2));
}

fn row(number: u64, employees: u64) -> Value {
    json!({
        "lastmonth_activity": 60 + number % 50,
        "lastyear_activity": 800 + number,
        "number_of_employees": employees,
    })
}

/// Usual rows, none of them twice, about each of which versions 1 and 2 are at odds.
fn rows_at_odds(project: &Project) -> Vec<Value> {
    let columns = [
        "lastmonth_activity",
        "lastyear_activity",
        "number_of_employees",
    ];
    let usual = columns.map(|column| usual_range(project, column));
    let mut text = columns.join(",") + "\n";
    let steps = |at: usize, step: usize| {
        let (low, high) = usual[at];
        low + (high - low) * step as f64 / 19.0
    };
    for number in 0..20 * 20 * 20 {
        let (month, year, employees) = (number / 400, number / 20 % 20, number % 20);
        text += &format!(
            "{:.3},{:.3},{:.3}\n",
            steps(0, month),
            steps(1, year),
            steps(2, employees)
        );
    }
    project.write("grid.csv", &text);
    let labels = |version: &str| -> Vec<Value> {
        project.ok(&[
            "predict",
            "grid.csv",
            "--version",
            version,
            "-o",
            "answers.csv",
        ]);
        let answers = project.read("answers.csv");
        let place = |line: &str| line.split(',').position(|name| name == "prediction");
        let place = place(answers.lines().next().expect("a head")).expect("predictions");
        let rows = answers.lines().skip(1);
        rows.map(|row| row.split(',').nth(place).into()).collect()
    };
    let rows = text
        .lines()
        .skip(1)
        .zip(labels("1").into_iter().zip(labels("2")));
    let at_odds = rows.filter(|(_, (old, new))| old != new).map(|(row, _)| {
        let cells = columns.iter().zip(row.split(','));
        cells
            .map(|(name, cell)| {
                (
                    name.to_string(),
                    Value::from(cell.parse::<f64>().expect("a number")),
                )
            })
            .collect()
    });
    let at_odds: Vec<Value> = at_odds.collect();
    assert!(at_odds.len() > 500, "{} rows at odds", at_odds.len());
    at_odds
}

/// From the tenth to the ninetieth percentile of a column, in both worlds of the sample.
fn usual_range(project: &Project, column: &str) -> (f64, f64) {
    let of = |folder: &str, file: &str| {
        let text = project.read(&format!("{folder}/{file}.csv"));
        let place = text
            .lines()
            .next()
            .expect("a head")
            .split(',')
            .position(|name| name == column);
        let place = place.expect("the column");
        let cells = text
            .lines()
            .skip(1)
            .filter_map(|row| row.split(',').nth(place)?.parse().ok());
        let mut numbers: Vec<f64> = cells.collect();
        numbers.sort_by(f64::total_cmp);
        (numbers[numbers.len() / 10], numbers[numbers.len() * 9 / 10])
    };
    let (first, second) = (of("practicedata", "dataset1"), of("sourcedata", "dataset3"));
    (first.0.max(second.0), first.1.min(second.1))
}

/// What `/models/{model}` says of probation.
fn told(answer: &Answer) -> Value {
    answer.json()["probation"].clone()
}

/// Waits until the server says that it is in this state.
fn until(server: &Server, state: &str) -> Value {
    let path = format!("/models/{MODEL}");
    told(&server.until(&path, |answer| told(answer)["state"] == state))
}

/// Sends rows on which the versions are at odds until version 1 answers.
fn ask_until_back(server: &Server, rows: &[Value]) {
    let began = std::time::Instant::now();
    for rows in rows.chunks(64).cycle() {
        let answer = server
            .post("/prediction", &json!({"rows": rows}))
            .expect(200);
        if answer.header("x-model-version") == Some("1") {
            return;
        }
        assert!(began.elapsed().as_secs() < 240, "it is never rolled back");
    }
}

/// The lines that probation wrote to the audit log.
fn audited(project: &Project) -> Vec<Value> {
    let text = std::fs::read_to_string(project.path("audit.ndjson")).unwrap_or_default();
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line
    });
    lines.filter(|line| line["caller"] == "probation").collect()
}

fn rollbacks(project: &Project) -> Vec<unseat::registry::Operation> {
    let mut operations = project.books().operations;
    operations.retain(|operation| operation.action == Action::Rollback);
    operations
}

#[test]
fn a_good_version_is_confirmed_after_so_many_requests() {
    let project = project(json!({"requests": 40}));
    let server = Server::of(&project, &[]);
    let ask = |number: u64| {
        let body = json!({"rows": [row(number, 12)]});
        server.post("/prediction", &body).expect(200)
    };
    // What version 1 does before the promotion is what is normal.
    (0..40).for_each(|number| drop(ask(number)));
    assert_eq!(told(&server.get(&format!("/models/{MODEL}"))), Value::Null);
    promote_second(&project);
    let watched = until(&server, "watching");
    assert_eq!(
        (&watched["version"], &watched["previous"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(watched["reasons"], json!([]));
    let shown = project.ok(&["versions"]).stdout;
    assert!(shown.contains("promote, on probation"), "{shown}");
    let shown = project.ok(&["models"]).stdout;
    assert!(shown.contains("2 (on probation)"), "{shown}");
    let text = server.get("/readyz?verbose").expect(200).text();
    assert!(text.contains("version 2 on probation"), "{text}");

    (0..39).for_each(|number| drop(ask(number)));
    let path = format!("/models/{MODEL}");
    server.until(&path, |answer| told(answer)["requests"] == 39);
    assert_eq!(told(&server.get(&path))["state"], "watching");
    ask(39);
    let confirmed = until(&server, "confirmed");
    let reason = confirmed["reasons"][0].as_str().expect("a reason");
    assert!(
        reason
            .starts_with("nothing spoke against it in 40 requests; its predictions were compared"),
        "with the past known: {reason}"
    );
    let metrics = server.get("/metrics").expect(200).text();
    for (state, value) in [("confirmed", 1), ("watching", 0), ("rolled_back", 0)] {
        let line = format!("unseat_probation{{model=\"{MODEL}\",state=\"{state}\"}} {value}");
        assert!(metrics.lines().any(|it| it == line), "{line}");
    }
    let lines = audited(&project);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["action"], "confirmed");
    assert_eq!(project.books().champion(), Some(2));
    let shown = project.ok(&["versions", "show", "2"]).stdout;
    assert!(
        shown.contains("confirmed: nothing spoke against it"),
        "{shown}"
    );
}

#[test]
fn a_version_that_predicts_otherwise_is_taken_back_and_no_request_fails() {
    let project = project(json!({"requests": 1_000_000, "max_score_shift": 0.2}));
    let server = Server::of(&project, &[]);
    promote_second(&project);
    let rows = rows_at_odds(&project);
    until(&server, "watching");
    let before = std::fs::read(project.version_file(2, "decision.json")).expect("reads");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let others: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        let body = json!({"rows": [row(1, 12)]});
                        server.post("/prediction", &body).expect(200);
                    }
                })
            })
            .collect();
        ask_until_back(&server, &rows);
        is_over.store(true, Ordering::Relaxed);
        for other in others {
            other.join().expect("no request fails");
        }
    });
    let view = until(&server, "rolled_back");
    let reason = view["reasons"][0].as_str().expect("a reason");
    assert!(reason.contains("rows of requests"), "{reason}");

    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(1));
    let operation = &books.operations[0];
    assert_eq!(
        (operation.actor.as_str(), operation.action.name()),
        ("probation", "rollback")
    );
    assert_eq!(
        (operation.version, operation.previous),
        (Some(VersionNumber::new(1)), Some(VersionNumber::new(2)))
    );
    assert_eq!(operation.reason, reason);
    let lines = audited(&project);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["reason"], reason);

    // What the run decided stays, and the same data and settings are not tried again.
    let second = books.versions.iter().find(|it| it.number == 2);
    let verdict = second.and_then(|it| it.verdict);
    assert_eq!(verdict, Some(Outcome::Promote));
    let after = std::fs::read(project.version_file(2, "decision.json")).expect("reads");
    assert_eq!(before, after);
    let again = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(again["outcome"], "nothing_new");
    assert_eq!(project.books().champion(), Some(1));
    let shown = project.ok(&["versions"]).stdout;
    assert!(shown.contains("promote, rolled back"), "{shown}");
}

#[test]
fn a_version_that_rejects_what_was_answered_before_is_rolled_back() {
    let project = Project::new();
    project.set("drop", json!(["lastmonth_activity"]));
    project.set("gate.first", json!("promote"));
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let ask = || {
        let body = json!({"rows": [{"lastyear_activity": 800, "number_of_employees": 12}]});
        server.post("/prediction", &body)
    };
    (0..50).for_each(|_| drop(ask().expect(200)));
    project.set("drop", json!([]));
    promote_second(&project);
    until(&server, "watching");
    let began = std::time::Instant::now();
    let mut rejected = 0;
    while ask().status != 200 {
        rejected += 1;
        assert!(began.elapsed().as_secs() < 240, "it is never rolled back");
    }
    assert!(rejected >= 10, "{rejected} requests are enough");
    let view = until(&server, "rolled_back");
    let reason = view["reasons"][0].as_str().expect("a reason");
    assert!(
        reason.contains("requests failed, 0 of 50 before it"),
        "{reason}"
    );
    assert_eq!(rollbacks(&project).len(), 1);
}

#[test]
fn of_two_servers_one_takes_back_and_both_follow() {
    let project = project(json!({"requests": 1_000_000, "max_score_shift": 0.2}));
    promote_second(&project);
    let rows = rows_at_odds(&project);
    let servers = [Server::of(&project, &[]), Server::of(&project, &[])];
    servers
        .iter()
        .for_each(|server| drop(until(server, "watching")));
    std::thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| ask_until_back(server, &rows));
        }
    });
    for server in &servers {
        until(server, "rolled_back");
    }
    assert_eq!(rollbacks(&project).len(), 1);
    assert_eq!(audited(&project).len(), 1);
    assert_eq!(project.books().champion(), Some(1));
}

#[test]
fn a_restart_counts_anew_and_the_time_goes_on() {
    // The clock of these projects stands still in a server, and advances by a minute with every command.
    let project = project(json!({"minutes": 4}));
    promote_second(&project);
    let first = Server::of(&project, &[]);
    until(&first, "watching");
    first
        .post("/prediction", &json!({"rows": [row(1, 12)]}))
        .expect(200);
    let path = format!("/models/{MODEL}");
    first.until(&path, |answer| told(answer)["requests"] == 1);
    drop(first);
    let second = Server::of(&project, &[]);
    second.until(&path, |answer| told(answer)["requests"] == 0);
    drop(second);
    (0..4).for_each(|_| drop(project.ok(&["versions"])));
    let third = Server::of(&project, &[]);
    let reason = until(&third, "confirmed")["reasons"][0].to_string();
    assert!(reason.contains("few requests"), "{reason}");
}

#[test]
fn what_a_person_decides_is_not_watched_and_ends_what_is() {
    let project = project(json!({}));
    let server = Server::of(&project, &[]);
    promote_second(&project);
    until(&server, "watching");
    project.ok(&["pin", "2", "--reason", "it stays"]);
    let ended = until(&server, "ended");
    let reason = ended["reasons"][0].as_str().expect("a reason");
    assert!(
        reason.starts_with("overtaken by pin of version 2 by"),
        "{reason}"
    );
    project.ok(&["unpin", "--reason", "it may go"]);
    project.ok(&["promote", "1", "--reason", "to see it"]);
    project.ok(&["promote", "2", "--reason", "to see it"]);
    server.until("/readyz?verbose", |answer| {
        answer.text().contains("\"version 2\"")
    });
    let rows = project.registry(async |registry| registry.probations(MODEL).await.expect("reads"));
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    assert_eq!(states, [ProbationState::Ended]);
}

#[test]
fn rows_unlike_any_that_were_trained_on_take_nothing_back() {
    let project = project(json!({"requests": 30, "max_score_shift": 0.2}));
    let server = Server::of(&project, &[]);
    promote_second(&project);
    until(&server, "watching");
    // Very large companies, about all of which the versions are at odds.
    for first in 0..30 {
        let rows: Vec<Value> = (0..64)
            .map(|at| row(64 * first + at, 2000 + 64 * first + at))
            .collect();
        server
            .post("/prediction", &json!({"rows": rows}))
            .expect(200);
    }
    until(&server, "confirmed");
    assert_eq!(project.books().champion(), Some(2));
}

#[test]
fn it_can_be_switched_off() {
    let project = project(json!({"enabled": false}));
    let server = Server::of(&project, &[]);
    promote_second(&project);
    server.until(
        "/prediction?lastmonth_activity=1&lastyear_activity=1&number_of_employees=1",
        |answer| answer.json()["version"] == 2,
    );
    assert_eq!(told(&server.get(&format!("/models/{MODEL}"))), Value::Null);
}
