//! Labelled rows of production as test rows: served, logged, labelled, held out, judged by, and never learned from.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::serve::Server;
use crate::serve::observe::prediction_log::of_all_kinds;
use crate::support::Project;

pub const ROWS: usize = 160;

/// A row that no file has, like those that files have, its class, and its line in a file.
pub fn row(at: usize) -> (Value, &'static str, String) {
    let class = at % 2;
    let color = ["red", "green", "blue"][(at / 2 + class) % 3];
    let (visits, amount) = (
        at % 10 + 5 * class,
        at as f64 / 8.0 + 0.03 + 100.25 * class as f64,
    );
    let member = at.is_multiple_of(3);
    let name = ["no", "yes"][class];
    (
        json!({"visits": visits, "amount": amount, "member": member, "color": color}),
        name,
        format!("{visits},{amount},{member},{color},{name}"),
    )
}

/// Ids of the answers to some rows, once they are kept and logged.
pub fn answered(project: &Project, rows: &[Value]) -> Vec<String> {
    let server = Server::of(project, &[]);
    let answer = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    let kept = format!("unseat_answers_kept_total {}\n", rows.len());
    server.until("/metrics", |answer| answer.text().contains(&kept));
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well, "{talk}");
    let predictions = answer["predictions"].as_array().expect("a list").iter();
    let id = |it: &Value| it["id"].as_str().expect("an id").to_string();
    predictions.map(id).collect()
}

pub fn label(project: &Project, lines: &[String]) {
    let text = format!("id,label,observed_at,source\n{}\n", lines.join("\n"));
    project.write("outcomes.csv", &text);
    project.ok(&["labels", "outcomes.csv"]);
}

pub fn run(project: &Project) -> Value {
    project.json(&["run", "--force"])
}

/// Lines of the newest data set that are rows of production.
pub fn learned_of(project: &Project, report: &Value) -> BTreeSet<String> {
    let run = report["run"].as_str().expect("a run");
    let text = project.read(&format!("ingesteddata/finaldata_{run}.csv"));
    let ours: BTreeSet<String> = (0..ROWS).map(|at| row(at).2).collect();
    let lines = text.lines().map(str::to_string);
    lines.filter(|line| ours.contains(line)).collect()
}

#[test]
fn labelled_rows_of_production_judge_a_run_and_are_never_learned_from() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set_all([
        ("labels", json!({"test_share": 0.5})),
        ("ingest", json!({"keep": "accumulate", "format": "csv"})),
    ]);
    // One row more, which the champion learned from.
    let seen = project.read("practicedata/rows.csv");
    let seen: Vec<&str> = seen.lines().nth(1).expect("a row").split(',').collect();
    let seen = json!({
        "visits": seen[0].parse::<i64>().expect("a number"), "amount": seen[1].parse::<f64>().expect("a number"),
        "member": seen[2] == "true", "color": seen[3],
    });
    let mut rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    rows.push(seen);
    let ids = answered(&project, &rows);
    let line = |at: usize, label: &str, source: &str| {
        format!("{},{label},2026-04-01T00:00:00Z,{source}", ids[at])
    };
    let mut lines: Vec<String> = (0..ROWS).map(|at| line(at, row(at).1, "crm")).collect();
    lines.push(line(ROWS, "no", "crm"));
    label(&project, &lines);

    let first = run(&project);
    let fresh = &first["fresh"];
    let n = fresh["rows"].as_u64().expect("a count");
    assert!((50..=110).contains(&n), "{fresh:#}");
    assert_eq!(fresh["new"], fresh["rows"], "{fresh:#}");
    let others = fresh["of_training"].as_u64().expect("a count");
    let learned = fresh["learned"].as_u64().expect("a count");
    assert_eq!(n + others + learned, ROWS as u64 + 1, "{fresh:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["facts"]["fresh"]["rows"], n, "{decision:#}");
    assert_eq!(decision["facts"]["fresh"]["left_out"], 0);
    assert_eq!(decision["rows"], 300 + n);
    let says = format!(
        "{n} of {} test rows are labelled rows of production",
        300 + n
    );
    let reasons = decision["reasons"].as_array().expect("reasons");
    let told = |it: &Value| it.as_str().is_some_and(|it| it.starts_with(&says));
    assert!(reasons.iter().any(told), "{reasons:#?}");

    // Later the same rows come as training data.
    let mut late = "visits,amount,member,color,outcome\n".to_string();
    for at in 0..ROWS {
        let _ = writeln!(late, "{}", row(at).2);
    }
    project.write("practicedata/late.csv", &late);
    let second = run(&project);
    assert_eq!(second["data"]["rows_set_aside"], n, "{second:#}");
    assert_eq!(
        (&second["fresh"]["rows"], &second["fresh"]["new"]),
        (&json!(n), &json!(0))
    );
    let learned = learned_of(&project, &second);
    assert_eq!(learned.len() as u64, ROWS as u64 - n);
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["facts"]["leaked_rows"], 0, "{decision:#}");
    assert_eq!(decision["facts"]["fresh"]["rows"], n);

    // The file is gone and its rows are kept: on their sides.
    std::fs::remove_file(project.path("practicedata/late.csv")).expect("removes");
    let third = run(&project);
    assert_eq!(learned_of(&project, &third), learned);
    assert_eq!(third["fresh"]["rows"], n);

    // Somebody else says otherwise of all of them, of the very same time: none is evidence until that is settled.
    let other = |at: usize| if row(at).1 == "no" { "yes" } else { "no" };
    let against: Vec<String> = (0..ROWS).map(|at| line(at, other(at), "desk")).collect();
    label(&project, &against);
    let fourth = run(&project);
    assert_eq!(fourth["fresh"]["conflicts"], n, "{fourth:#}");
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(
        (&decision["rows"], &decision["facts"]["fresh"]),
        (&json!(300), &Value::Null)
    );
    assert_eq!(learned_of(&project, &fourth), learned);
}

#[test]
fn fresh_rows_alone_are_the_test_rows_once_there_are_enough() {
    let project = of_all_kinds(&["no", "yes"]);
    let alone = json!({"test_share": 1.0, "test_use": "alone", "test_min_rows": 100});
    project.set("labels", alone);
    let rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    let ids = answered(&project, &rows);
    let lines = |from: usize, to: usize| -> Vec<String> {
        let line = |at: usize| format!("{},{},2026-04-01T00:00:00Z,crm", ids[at], row(at).1);
        (from..to).map(line).collect()
    };
    label(&project, &lines(0, 60));
    run(&project);
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["rows"], 360, "{decision:#}");
    label(&project, &lines(60, ROWS));
    // Nothing but labels is new: the champion is scored again, on them.
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "rescored", "{report:#}");
    run(&project);
    let decision = project.json(&["gate", "explain", "latest"]);
    assert_eq!(decision["rows"], ROWS as u64, "{decision:#}");
    assert_eq!(decision["facts"]["fresh"]["is_alone"], true);
}

#[test]
fn rows_of_which_one_class_alone_has_labels_wait() {
    let project = of_all_kinds(&["no", "yes"]);
    project.set("labels", json!({"test_share": 1.0}));
    let rows: Vec<Value> = (0..ROWS).map(|at| row(at).0).collect();
    let server = Server::of(&project, &[]);
    let answer = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    let kept = format!("unseat_answers_kept_total {ROWS}\n");
    server.until("/metrics", |answer| answer.text().contains(&kept));
    assert!(server.stop(Signal::TERM).0);
    let predictions = answer["predictions"].as_array().expect("a list");
    let yes = predictions.iter().filter(|it| it["prediction"] == "yes");
    let lines: Vec<String> = yes
        .map(|it| {
            let id = it["id"].as_str().expect("an id");
            format!("{id},yes,2026-04-01T00:00:00Z,crm")
        })
        .collect();
    assert!((30..=130).contains(&lines.len()), "{}", lines.len());
    label(&project, &lines);
    let report = run(&project);
    assert_eq!(report["fresh"]["rows"], 0, "{report:#}");
    assert_eq!(report["fresh"]["waiting"], lines.len() as u64);
}
