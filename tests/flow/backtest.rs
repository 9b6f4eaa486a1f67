//! The flow over past data, by its time column.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::Project;

/// 200 days of four rows each; from day 100 on the other column decides.
fn project() -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1", "time_column": "at",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"}, "gate": {"replicates": 200, "first": "promote"},
    });
    project.write("config.json", &config.to_string());
    let mut text = "at,a,b,y\n".to_string();
    for row in 0..800_u64 {
        let day = row / 4;
        let date = chrono_date(day);
        let (a, b) = ((row * 37) % 100, (row * 61) % 100);
        let decides = if day < 100 { a } else { b };
        let noise = (row * 13) % 20;
        let _ = writeln!(text, "{date},{a},{b},{}", u8::from(decides + noise > 60));
    }
    project.write("practicedata/rows.csv", &text);
    project.write(
        "testdata/rows.csv",
        &text.lines().take(100).collect::<Vec<_>>().join("\n"),
    );
    project
}

/// The n-th day of 2026 as a date.
fn chrono_date(day: u64) -> String {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (mut month, mut left) = (0, day);
    while left >= lengths[month] {
        left -= lengths[month];
        month += 1;
    }
    format!("2026-{:02}-{:02}", month + 1, left + 1)
}

#[test]
fn each_policy_lives_through_the_past_and_nothing_is_recorded() {
    let project = project();
    project.ok(&["ingest"]);
    let asked = [
        "gate",
        "backtest",
        "--from",
        "2026-02-01",
        "--to",
        "2026-07-19",
        "--every",
        "2w",
        "-o",
        "plot.svg",
    ];
    let played = project.json(&asked);
    let steps = played["steps"].as_array().expect("steps");
    assert_eq!(steps.len(), 12, "{played:#}");
    // What is learned from ends where the test rows begin, and those end where the later rows begin.
    assert_eq!(
        (&steps[0]["train_rows"], &steps[0]["test_rows"]),
        (&json!(68), &json!(56))
    );
    assert_eq!(steps[0]["policies"][0]["verdict"], "promote");
    let names: Vec<_> = played["summaries"]
        .as_array()
        .expect("summaries")
        .iter()
        .map(|it| it["policy"].clone())
        .collect();
    assert_eq!(names, ["the project's", "naive", "labels"]);
    for it in played["summaries"].as_array().expect("summaries") {
        let number = |key: &str| it[key].as_f64().expect("a number");
        assert!(
            number("cost") >= 0.0 && number("promoted") >= number("worse"),
            "{it:#}"
        );
    }
    let svg = project.read("plot.svg");
    assert!(svg.starts_with("<svg") && svg.contains("best so far"));
    assert_eq!(project.json(&asked), played);
    assert_eq!(project.json(&["versions", "list"]), json!([]));
    let text = project.ok(&asked).shown();
    assert!(text.contains("below the best"), "{text}");
}

#[test]
fn data_sets_that_were_kept_are_played_one_a_step() {
    let project = project();
    let all = project.read("practicedata/rows.csv");
    let lines: Vec<&str> = all.lines().collect();
    let night = |from: usize, to: usize| {
        let rows = [&lines[..1], &lines[1 + from..1 + to]].concat();
        rows.join("\n") + "\n"
    };
    project.set("time_column", json!(null));
    project.set("drop", json!(["at"]));
    project.write("testdata/rows.csv", &night(640, 800));
    project.write("practicedata/rows.csv", &night(0, 160));
    project.ok(&["ingest"]);
    let (code, why) = {
        let done = project.unseat(&["gate", "backtest", "--data-sets"]);
        (done.code(), done.shown())
    };
    assert!(code == 1 && why.contains("at least 2 are needed"), "{why}");
    for (file, from, to) in [
        ("b.csv", 160, 320),
        ("c.csv", 320, 480),
        ("d.csv", 480, 640),
    ] {
        project.write(&format!("practicedata/{file}"), &night(from, to));
        project.ok(&["ingest"]);
    }
    let asked = ["gate", "backtest", "--data-sets", "-o", "plot.svg"];
    let played = project.json(&asked);
    let steps = played["steps"].as_array().expect("steps");
    let rows = |key: &str| -> Vec<u64> {
        let of = |step: &serde_json::Value| step[key].as_u64().expect("a count");
        steps.iter().map(of).collect()
    };
    // Each step learns its whole data set; what comes with the next one says how good it is, and after the last nothing does.
    assert_eq!(rows("train_rows"), [160, 320, 480, 640], "{played:#}");
    assert_eq!(rows("later_rows"), [160, 160, 160, 0]);
    assert_eq!(rows("test_rows"), [160; 4]);
    assert_eq!(steps[3]["policies"][0]["score"], serde_json::Value::Null);
    assert_eq!(steps[0]["policies"][1]["verdict"], "promote");
    assert!(project.read("plot.svg").contains("best so far"));
    assert_eq!(project.json(&asked), played);
    assert_eq!(project.json(&["versions", "list"]), json!([]));
    // Within a time that has none of them there is nothing to play.
    let done = project.unseat(&["gate", "backtest", "--data-sets", "--to", "2020-01-01"]);
    assert!(
        done.code() == 1 && done.shown().contains("play 0 data sets"),
        "{}",
        done.shown()
    );
}

#[test]
fn what_cannot_be_played_is_told() {
    let project = project();
    let span = ["--from", "2026-02-01", "--to", "2026-03-01"];
    let with = |more: &[&str]| {
        let words = [&["gate", "backtest"], more].concat();
        let done = project.unseat(&words);
        (done.code(), done.shown())
    };
    let (code, why) = with(&span);
    assert!(code == 1 && why.contains("find a data set"), "{why}");
    project.ok(&["ingest"]);
    let (code, why) = with(&["--from", "2026-03-01", "--to", "2026-02-01"]);
    assert!(
        code != 0 && why.contains("`--from`, `--to` and `--every`"),
        "{why}"
    );
    let (code, why) = with(&["--from", "spring", "--to", "2026-02-01"]);
    assert!(
        code == 2 && why.contains("give it like 2026-01-01"),
        "{why}"
    );
    project.set("time_column", json!(null));
    let (code, why) = with(&span);
    assert!(code != 0 && why.contains("set `time_column`"), "{why}");
}
