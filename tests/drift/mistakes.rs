//! Mistakes that other monitors made and that were reported of them, tried on the whole program.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::runs::{column, project, project_of, rows};
use crate::serve::Server;
use crate::support::{MODEL, Project};

/// The same rows without a value in a column.
fn without(text: &str, column: usize) -> String {
    let line = |line: &str| {
        let mut cells: Vec<&str> = line.split(',').collect();
        cells[column] = "";
        cells.join(",")
    };
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().to_string();
    let lines: Vec<String> = std::iter::once(header).chain(lines.map(line)).collect();
    lines.join("\n") + "\n"
}

/// One column without a value stopped the report: in data sets, in requests, in test data, and one that never had any.
#[test]
fn a_column_without_a_value_is_a_finding_and_stops_nothing_else() {
    let project = project(json!({}));
    let with_gone = |text: String| {
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let rest: String = lines.map(|line| format!(",{line}\n")).collect();
        format!("gone,{header}\n{rest}")
    };
    project.write("in/a.csv", &with_gone(rows(0, 1200, 0)));
    project.write("test/test.csv", &with_gone(rows(4000, 4600, 0)));
    let report = project.json(&["run", "--force"]);
    assert_ne!(report["outcome"], "failed", "{report:#}");
    // A file, with NaN as some write it.
    let empty = without(&rows(2000, 2600, 60), 1).replace(",,", ",NaN,");
    project.write("empty.csv", &empty);
    let told = project.json(&["drift", "--against", "empty.csv"]);
    let y = column(&told, "y");
    assert_eq!(
        (&y["verdict"], &y["window"]["missing"]),
        (&json!("drift"), &json!(1.0))
    );
    assert!(
        y["reason"]
            .as_str()
            .is_some_and(|it| it.starts_with("no row has a value")),
        "{y:#}"
    );
    assert_eq!(
        column(&told, "x")["verdict"],
        "drift",
        "the others go on: {told:#}"
    );
    assert_eq!(column(&told, "plan")["verdict"], "ok", "{told:#}");
    // A data set, and the test data.
    let both = [
        ("in/a.csv", rows(1200, 2400, 0)),
        ("test/test.csv", rows(4600, 5200, 0)),
    ];
    for (name, text) in &both {
        project.write(name, &with_gone(without(text, 1)));
    }
    let report = project.json(&["run"]);
    assert_ne!(report["outcome"], "failed", "{report:#}");
    for of in ["data", "test"] {
        let told = project.json(&["drift", "--against", of]);
        assert_eq!(
            column(&told, "y")["window"]["missing"],
            1.0,
            "{of}: {told:#}"
        );
        assert_eq!(column(&told, "x")["verdict"], "ok", "{of}: {told:#}");
    }
    let diagnosed = project.json(&["diagnose"]);
    assert!(diagnosed.to_string().contains("\"gone\""), "{diagnosed:#}");
    // Requests.
    let server = Server::of(&project, &[]);
    for at in 0..6u64 {
        let row = |row: u64| {
            let plan = ["basic", "gold", "plus"][(row * 31 % 7 % 3) as usize];
            json!({"x": (row * 37) % 101, "y": null, "plan": plan})
        };
        let rows: Vec<Value> = (at * 100..at * 100 + 100).map(row).collect();
        server
            .post("/prediction", &json!({"rows": rows}))
            .expect(200);
    }
    let path = format!("/models/{MODEL}/drift");
    let told = server
        .until(&path, |answer| answer.json()["rows"] == 600)
        .json();
    let features = told["features"].as_array().expect("a list");
    let missing = |it: &Value| it["window"]["missing"] == 1.0;
    let champion_reads_y = features.iter().any(|it| it["name"] == "y");
    assert_eq!(
        features.iter().filter(|it| missing(it)).count(),
        usize::from(champion_reads_y),
        "{told:#}"
    );
    assert_eq!(column(&told, "x")["verdict"], "ok", "{told:#}");
    server.get(&format!("/ui/models/{MODEL}/drift")).expect(200);
    assert!(server.stop(Signal::TERM).0);
}

/// Ten runs over the same rows gave ten p-values.
#[test]
fn ten_times_the_same_question_is_answered_ten_times_alike() {
    let project = project(json!({"domain_classifier": true}));
    project.write("rows.csv", &rows(2000, 2600, 5));
    let ask = || {
        let mut answer = project.json(&["drift", "--against", "rows.csv"]);
        for key in ["from_ms", "to_ms", "window"] {
            answer[key] = Value::Null;
        }
        assert!(answer["joint"]["auc"].is_number(), "{answer:#}");
        answer.to_string()
    };
    let first = ask();
    for again in 1..10 {
        assert_eq!(ask(), first, "time {again}");
    }
}

/// No row was read, or those of another time, and that passed for well.
#[test]
fn nothing_to_compare_is_no_data_and_not_well() {
    let project = project(json!({}));
    project.write("none.csv", "x,y,plan,label\n");
    project.write("few.csv", &rows(2000, 2008, 0));
    project.write("alike.csv", &rows(2000, 2600, 0));
    let asked = |against: &str| {
        let done = project.unseat(&[
            "drift",
            "--against",
            against,
            "--detailed-exit-code",
            "--json",
        ]);
        (
            done.code(),
            done.json(),
            done.stderr.contains("warning: no data"),
        )
    };
    for nothing in ["none.csv", "requests", "24h", "2015-01-01T00:00:00Z"] {
        let (code, told, is_warned) = asked(nothing);
        assert_eq!(
            (code, &told["verdict"], is_warned),
            (12, &json!("unknown"), true),
            "{nothing}: {told:#}"
        );
        assert_eq!(told["rows"], 0, "{told:#}");
        assert!(
            told["reason"]
                .as_str()
                .is_some_and(|it| it.starts_with("no data")),
            "{told:#}"
        );
    }
    let (code, told, is_warned) = asked("few.csv");
    assert_eq!(
        (code, &told["verdict"], is_warned),
        (12, &json!("unknown"), false),
        "{told:#}"
    );
    assert_eq!(asked("alike.csv").0, 0);
    // A time without its offset could be any of two dozen.
    let naive = project.unseat(&["drift", "--against", "2015-01-01T00:00:00"]);
    assert_eq!(naive.code(), 2, "{}", naive.shown());
    let live = project.unseat(&["labels", "--detailed-exit-code", "--json"]);
    assert_eq!(live.code(), 12, "{live}");
    assert!(
        live.json()["reason"]
            .as_str()
            .is_some_and(|it| it.starts_with("no data")),
        "{live}"
    );
    assert!(live.stderr.contains("warning: no data"), "{live}");
}

/// Rows whose `x` is bell-shaped, so that a small step puts no share of them where there were none.
pub fn bell(from: u64, to: u64, shift: u64) -> String {
    let mut text = "x,y,plan,label\n".to_string();
    for row in from..to {
        let x = ((row * 37) % 101 + (row * 61) % 97) / 2;
        let label = u64::from(x + (row * 7919) % 40 > 70);
        text += &format!("{}.{row},{},basic,{label}\n", x + shift, (row * 53) % 89);
    }
    text
}

/// The reference was the last batch, so that what moves slowly was never seen.
#[test]
fn data_sets_that_move_a_little_each_time_are_told_once_and_anew_from_the_next_champion_on() {
    let project = project_of(json!({}), [&bell(0, 1200, 0), &bell(20_000, 20_600, 8)]);
    let note = json!({"channels": [{"kind": "command", "argv": ["true"], "on": ["drift"]}]});
    project.set("notify", note);
    project.ok(&["notify", "send"]);
    let mut alarms = Vec::new();
    for step in 1..=8u64 {
        project.write("in/a.csv", &bell(step * 1200, step * 1200 + 1200, 2 * step));
        let done = project.unseat(&["run", "--force", "--json"]);
        assert!(done.status.success(), "{done}");
        if done.stderr.contains("slow drift in the data set") {
            alarms.push(step);
        }
        let drift = project.json(&["drift", "--against", "data"]);
        assert_ne!(drift["verdict"], "drift", "no step is one: {drift:#}");
        if done.json()["outcome"] != "promote" {
            project.ok(&["promote", "latest", "--reason", "test"]);
        }
    }
    assert!((1..=4).contains(&alarms.len()), "{alarms:?}");
    assert!(alarms[0] <= 5, "{alarms:?}");
    assert!(
        alarms.windows(2).all(|pair| pair[1] > pair[0] + 1),
        "{alarms:?}"
    );
    let drift = project.json(&["drift", "--against", "data"]);
    let mut episodes = drift["history"]["episodes"]
        .as_array()
        .expect("a list")
        .clone();
    episodes.retain(|it| it["kind"] == "slow");
    assert_eq!(episodes.len(), alarms.len(), "{episodes:#?}");
    assert!(
        episodes.iter().all(|it| !it["ended"].is_null()),
        "{episodes:#?}"
    );
    let sent = project.json(&["notify", "list"]);
    let mut sent = sent.as_array().expect("a list").clone();
    sent.retain(|it| it["body"]["facts"]["rows"] == "slow");
    assert_eq!(sent.len(), alarms.len(), "{sent:#?}");
    // Nothing is to be done about it, and nothing is held back.
    let status = project.json(&["status"]);
    assert!(!status.to_string().contains("drift in slow"), "{status:#}");
}

/// A column that the settings name and nobody has: its drift was never acted on.
#[test]
fn columns_that_no_data_has_are_named_with_the_nearest() {
    let project = Project::empty();
    project.ok(&["init", ".", "--rows", "50"]);
    let cases = [
        (
            "drift.columns",
            json!({"lastmonth_activty": "freeze"}),
            "lastmonth_activity",
        ),
        (
            "schema",
            json!({"number_of_employes": "integer"}),
            "number_of_employees",
        ),
        (
            "gate.slices",
            json!([{"column": "corporatoin", "max_fall": 0.1}]),
            "corporation",
        ),
        (
            "features.columns",
            json!({"lastyear_activty": {"scale": "none"}}),
            "lastyear_activity",
        ),
        ("drop", json!(["corporaton"]), "corporation"),
    ];
    for (key, value, nearest) in cases {
        let project = project.copy();
        project.set(key, value);
        for command in [&["config", "check"][..], &["run"]] {
            let done = project.unseat(command);
            assert_ne!(done.code(), 0, "{key}: {done}");
            let said = done.to_string();
            assert!(said.contains(&format!("(`{key}`)")), "{said}");
            assert!(
                said.contains(&format!("did you mean `{nearest}`?")),
                "{said}"
            );
        }
    }
}
