//! A share of predicted numbers is flagged, by a number that each version chooses on rows it had not learned from.

use serde_json::{Value, json};

use super::numbers::{prices, rows};
use crate::serve::Server;
use crate::support::Project;

/// The flag in a version's bundle.
fn flag(project: &Project, version: i64) -> Value {
    let path = project.version_file(version, "trainedmodel.json");
    let text = std::fs::read_to_string(path).expect("reads");
    let bundle: Value = serde_json::from_str(&text).expect("JSON");
    bundle["bundle"]["flag"].clone()
}

fn card(project: &Project, version: i64) -> String {
    std::fs::read_to_string(project.version_file(version, "model_card.md")).expect("reads")
}

/// Prediction and flag of each row of a written file.
fn predicted(project: &Project) -> Vec<(f64, bool)> {
    project.ok(&["predict", "test/a.csv", "--output", "out.csv"]);
    let out = project.read("out.csv");
    let mut lines = out.lines();
    let header = lines.next().expect("a header");
    assert!(header.ends_with(",prediction,flagged"), "{header}");
    lines
        .map(|line| {
            let cells: Vec<&str> = line.rsplit(',').take(2).collect();
            (cells[1].parse().expect("a number"), cells[0] == "true")
        })
        .collect()
}

fn decided(more: Value) -> Value {
    let mut decision = json!({"by": "capacity", "capacity": 0.1});
    for (key, value) in more.as_object().into_iter().flatten() {
        decision[key] = value.clone();
    }
    json!({"kind": "ridge", "decision": decision})
}

#[test]
fn the_largest_tenth_is_flagged_wherever_the_version_answers() {
    let project = prices();
    project.write("input/a.csv", &rows(0, 500, 6.0));
    project.set("learner", decided(json!({})));
    let first = project.json(&["run"]);
    assert_eq!(first["outcome"], "promote", "{first:#}");
    let chosen = flag(&project, 1);
    assert_eq!(
        (&chosen["side"], &chosen["share"]),
        (&json!("largest"), &json!(0.1))
    );
    let from = chosen["from"].as_f64().expect("a number");
    let said = format!(
        "A row with a prediction of at least {from}, which at most 10 % of 500 training rows \\(each predicted"
    );
    let card_text = card(&project, 1);
    assert!(
        card_text.contains(&said.replace("\\(", "(")),
        "{said}: {card_text}"
    );
    let shown = project.ok(&["versions", "show"]).stdout;
    assert!(
        shown.contains(&format!("a prediction of at least {from}")),
        "{shown}"
    );

    let rows = predicted(&project);
    assert!(
        rows.iter()
            .all(|(number, flagged)| *flagged == (*number >= from))
    );
    let n = rows.iter().filter(|(_, flagged)| *flagged).count();
    assert!((5..=30).contains(&n), "about a tenth of 150 rows: {n}");

    project.set("server", json!({"prediction_log": {"sample": 1.0}}));
    let server = Server::of(&project, &[]);
    let large = json!({"size": 139, "age": 0, "district": "harbour"});
    let small = json!({"size": 20, "age": 59, "district": "north"});
    let answer = server
        .post("/prediction", &json!({"rows": [large, small]}))
        .expect(200)
        .json();
    let flags: Vec<&Value> = answer["predictions"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| &row["flagged"])
        .collect();
    assert_eq!(flags, [true, false], "{answer}");
    let query = server
        .get("/prediction?size=139&age=0&district=harbour")
        .expect(200)
        .json();
    assert_eq!(query["predictions"][0]["flagged"], true, "{query}");
    server.stop(rustix::process::Signal::TERM);

    project.ok(&["export", "--format", "json", "--output", "model.json"]);
    assert_eq!(project.read_json("model.json")["flag"], chosen);
}

#[test]
fn the_smallest_are_flagged_by_the_validation_part_where_rows_are_many() {
    let project = prices();
    project.write("input/a.csv", &rows(0, 500, 6.0));
    project.set("split", json!({"fold_rows": 0}));
    project.set("learner", decided(json!({"flags": "smallest"})));
    project.ok(&["run"]);
    let chosen = flag(&project, 1);
    let from = chosen["from"].as_f64().expect("a number");
    assert_eq!(chosen["side"], "smallest");
    let said = format!(
        "A row with a prediction of at most {from}, which at most 10 % of the validation rows have is flagged."
    );
    let card_text = card(&project, 1);
    assert!(card_text.contains(&said), "{card_text}");
    let rows = predicted(&project);
    assert!(
        rows.iter()
            .all(|(number, flagged)| *flagged == (*number <= from))
    );
    assert!(rows.iter().any(|(_, flagged)| *flagged));
}

#[test]
fn what_cannot_be_flagged_is_said_before_training_or_with_it() {
    let project = prices();
    for (learner, key) in [
        (
            json!({"kind": "ridge", "decision": {"by": "cost", "cost": {"false_negative": 2}}}),
            "learner.decision.by: `cost` is for classes, and a number is predicted",
        ),
        (
            decided(json!({"capacity": 1.0})),
            "learner.decision.capacity: 1 flags no row or every row",
        ),
        (
            json!({"kind": "logistic", "decision": {"by": "capacity", "capacity": 0.1, "flags": "largest"}}),
            "learner.decision.flags: is for numbers, and classes are predicted",
        ),
    ] {
        project.set("learner", learner);
        let done = project.unseat(&["config", "check"]);
        assert!(done.code() == 2 && done.shown().contains(key), "{done}");
    }
    project.set("learner", decided(json!({})));
    project.set("split", json!({"validation": 0.0}));
    let done = project.unseat(&["config", "check"]);
    assert!(
        done.code() == 2 && done.shown().contains("learner.decision.capacity"),
        "{done}"
    );
    // Too few rows to choose by.
    project.set("split", json!({"validation": 0.2}));
    project.write("input/a.csv", &rows(0, 30, 1.0));
    project.ok(&["run"]);
    assert_eq!(flag(&project, 1), Value::Null);
    let card_text = card(&project, 1);
    assert!(
        card_text.contains("no row is flagged: 6 rows that were held back"),
        "{card_text}"
    );
}

/// The same rows with a day each, from Wednesday on.
fn dated(begin: usize, n: usize, spread: f64) -> String {
    let text = rows(begin, n, spread);
    let mut lines = text.lines();
    let mut out = format!("day,{}\n", lines.next().expect("a header"));
    for (at, line) in lines.enumerate() {
        out += &format!("2026-0{}-{:02},{line}\n", 3 + at % 28 / 14, 4 + at % 14);
    }
    out
}

#[test]
fn the_ranking_of_the_test_rows_is_scored_altogether_and_by_week() {
    let project = prices();
    project.write("input/a.csv", &dated(0, 120, 12.0));
    project.write("test/a.csv", &dated(5000, 140, 1.0));
    project.set_all([
        ("learner", decided(json!({}))),
        ("time_column", json!("day")),
        ("drop", json!(["day"])),
        ("split", json!({"kind": "random"})),
    ]);
    project.ok(&["run"]);
    project.write("input/b.csv", &dated(200, 400, 1.0));
    let second = project.json(&["run"]);
    assert_eq!(second["outcome"], "promote", "{second:#}");
    let score = std::fs::read_to_string(project.version_file(2, "score.json")).expect("reads");
    let score: Value = serde_json::from_str(&score).expect("JSON");
    let ranking = &score["ranking"];
    for (at, value) in [
        ("challenger", &ranking["challenger"]["worst_10"]),
        ("champion", &ranking["champion"]["worst_10"]),
        ("spearman", &ranking["agreement"]["spearman"]),
        ("worst 10", &ranking["agreement"]["worst_10"]),
        ("worst 20", &ranking["agreement"]["worst_20"]),
    ] {
        let value = value.as_f64().expect(at);
        assert!((0.5..=1.0).contains(&value), "{at}: {value} in {ranking:#}");
    }
    let flagged = &ranking["challenger"]["flagged"];
    assert_eq!(flagged["from"], flag(&project, 2)["from"]);
    assert!(flagged["rows"].as_u64() > Some(0), "{ranking:#}");
    let weeks = ranking["weeks"].as_array().expect("weeks");
    let total: u64 = weeks.iter().filter_map(|it| it["rows"].as_u64()).sum();
    assert_eq!(total, 140, "{weeks:#?}");
    assert_eq!(weeks[0]["from"], "2026-03-02T00:00:00Z");
    assert!(
        weeks
            .iter()
            .all(|week| week["challenger"].as_f64() > Some(0.9)
                && week["champion"].as_f64().is_some()),
        "{weeks:#?}"
    );
    let card_text = card(&project, 2);
    for said in ["## Ranking", "Overlap of the worst 10 %", "2026-03-02"] {
        assert!(card_text.contains(said), "{said}: {card_text}");
    }
    // Answers of numbers are ranked by week as their labels come.
    let server = Server::of(&project, &[]);
    let asked: Vec<Value> = (0..20)
        .map(|at| json!({"size": 20 + 5 * at, "age": 10, "district": "north"}))
        .collect();
    let answer = server
        .post("/prediction", &json!({"rows": asked}))
        .expect(200)
        .json();
    let labels: Vec<Value> = answer["predictions"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| json!({"id": row["id"], "label": row["prediction"]}))
        .collect();
    server
        .post("/labels", &json!({"labels": labels}))
        .expect(200);
    let live = server.until("/models/attrition/live", |answer| {
        answer.json()["weeks"][0]["labelled"] == 20
    });
    let live = live.json();
    let week = &live["weeks"][0];
    assert_eq!(
        (&week["version"], &week["answers"]),
        (&json!(2), &json!(20))
    );
    assert_eq!(
        (&week["spearman"], &week["worst_10"]),
        (&json!(1.0), &json!(1.0))
    );
    server.stop(rustix::process::Signal::TERM);
    let shown = project.ok(&["labels"]).stdout;
    assert!(
        shown.contains("week from") && shown.contains("1.0000"),
        "{shown}"
    );
}
