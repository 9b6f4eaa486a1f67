//! What counts as new, and what the data set is made of.

use std::fs;

use serde_json::{Value, json};

use crate::support::Project;

/// CSV rows about numbers, one column of which is a time.
fn rows(from: i64, to: i64) -> String {
    let mut text = "at,x,y,label\n".to_string();
    for row in from..to {
        let (day, x, y) = (row % 28 + 1, (row * 37) % 101, (row * 53) % 89);
        let month = row / 28 % 12 + 1;
        let label = u8::from((x + y + row % 7) % 190 > 90);
        text += &format!("2025-{month:02}-{day:02},{x},{y},{label}\n");
    }
    text
}

/// A project of our own data, which accumulates.
fn accumulating(window: Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "attrition", "time_column": "at", "target": "label",
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "ingest": {"keep": "accumulate", "window": window},
        "score": {"replicates": 100}, "gate": {"replicates": 100},
    });
    project.write("config.json", &config.to_string());
    project.write("test/test.csv", &rows(400, 500));
    project
}

/// First cell of each row of the newest data set, in order.
fn newest_data(project: &Project) -> Vec<i64> {
    let books = project.books();
    let run = books.dataset_runs.last().expect("there is one");
    let path = project.path(&format!("ingesteddata/finaldata_{run}.parquet"));
    let frame = unseat::data::read_parquet(&path).expect("reads");
    let column = |name: &str| {
        frame
            .column(name)
            .expect("is there")
            .i64()
            .expect("integers")
            .clone()
    };
    let (x, y) = (column("x"), column("y"));
    // Rows are told by their two numbers.
    let known: std::collections::HashMap<(i64, i64), i64> = (0..1000)
        .map(|row| (((row * 37) % 101, (row * 53) % 89), row))
        .collect();
    let cells = (0..frame.height()).map(|row| (x.get(row), y.get(row)));
    cells
        .map(|(x, y)| known[&(x.expect("a number"), y.expect("a number"))])
        .collect()
}

#[test]
fn a_renamed_or_moved_file_is_not_new_and_a_changed_one_is() {
    let project = Project::promoted();
    let products = project.products();
    fs::create_dir_all(project.path("practicedata/archive/2025")).expect("makes it");
    fs::rename(
        project.path("practicedata/dataset1.csv"),
        project.path("practicedata/archive/2025/renamed.csv"),
    )
    .expect("moves it");
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    assert_eq!(project.products(), products);

    let name = "practicedata/archive/2025/renamed.csv";
    let text = project.read(name);
    project.write(name, &format!("{text}changed,5,6,7,1\n"));
    let changed = project.json(&["run"]);
    assert_ne!(changed["outcome"], "nothing_new");
    assert_eq!(changed["version"], 2);
    assert_eq!(
        changed["data"]["files"][0]["path"],
        "archive/2025/renamed.csv"
    );
    project.assert_settled();
}

#[test]
fn new_test_data_alone_scores_the_champion_again() {
    let project = Project::promoted();
    let text = project.read("testdata/testdata.csv");
    project.write(
        "testdata/testdata.csv",
        text.trim_end().rsplit_once('\n').expect("has rows").0,
    );
    let again = project.json(&["run"]);
    assert_eq!(again["outcome"], "rescored", "{again:#}");
    assert_eq!(
        (&again["version"], &again["champion"]),
        (&json!(1), &json!(1))
    );
    assert!(again["scores"]["champion"]["f1"].is_number());
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    assert_eq!(project.assert_settled().versions.len(), 1);
}

#[test]
fn a_champion_that_falls_far_on_new_test_data_gets_a_challenger() {
    let project = Project::promoted();
    let text = project.read("testdata/testdata.csv");
    let turned: Vec<String> = text
        .lines()
        .map(|line| match line.rsplit_once(',') {
            Some((cells, "0")) => format!("{cells},1"),
            Some((cells, "1")) => format!("{cells},0"),
            _ => line.to_string(),
        })
        .collect();
    project.write("testdata/testdata.csv", &(turned.join("\n") + "\n"));
    let done = project.ok(&["run"]);
    assert!(
        done.stderr
            .contains("that is a fall by more than 0.05, so a challenger is trained"),
        "{done}"
    );
    let books = project.assert_settled();
    assert_eq!(books.versions.len(), 2);
    assert_eq!(
        books.champion(),
        Some(1),
        "trained on the same data, it is the same model"
    );
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
}

#[test]
fn accumulate_keeps_rows_whose_files_are_gone() {
    let project = accumulating(json!({}));
    project.write("in/a.csv", &rows(0, 100));
    assert_eq!(project.json(&["run"])["outcome"], "promote");
    fs::remove_file(project.path("in/a.csv")).expect("removes it");
    project.write("in/b.csv", &rows(80, 150));
    let second = project.json(&["run"]);
    assert_eq!(newest_data(&project), (0..150).collect::<Vec<_>>());
    let data = &second["data"];
    assert_eq!(
        (&data["rows"], &data["rows_kept"], &data["duplicates"]),
        (&json!(150), &json!(100), &json!(20)),
        "{data:#}"
    );
    assert_eq!(data["files"].as_array().map(Vec::len), Some(2));
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    fs::remove_file(project.path("in/b.csv")).expect("removes it");
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    project.assert_settled();
}

#[test]
fn a_window_of_rows_keeps_the_last_that_came_also_when_old_files_stay() {
    let project = accumulating(json!({"rows": 120}));
    // Named so that the order of names is not the order in which they came.
    project.write("in/z.csv", &rows(0, 160));
    project.ok(&["run"]);
    assert_eq!(newest_data(&project), (40..160).collect::<Vec<_>>());
    project.write("in/a.csv", &rows(160, 200));
    let second = project.json(&["run"]);
    assert_eq!(newest_data(&project), (80..200).collect::<Vec<_>>());
    assert_eq!(
        second["data"]["rows_outside_window"], 80,
        "{}",
        second["data"]
    );
    fs::remove_file(project.path("in/z.csv")).expect("removes it");
    project.write("in/b.csv", &rows(200, 220));
    project.ok(&["run"]);
    assert_eq!(newest_data(&project), (100..220).collect::<Vec<_>>());
}

#[test]
fn a_window_of_days_is_counted_from_the_newest_row() {
    let project = accumulating(json!({"days": 60}));
    project.write("in/a.csv", &rows(0, 112));
    project.ok(&["run"]);
    // Row n is of day n % 28 + 1 of month n / 28 + 1; the newest is of 28 April, and 60 days before it is 27 February.
    assert_eq!(newest_data(&project), (54..112).collect::<Vec<_>>());
    // 60 days before 28 May is 29 March, a day that no row has.
    project.write("in/b.csv", &rows(112, 140));
    project.ok(&["run"]);
    assert_eq!(newest_data(&project), (84..140).collect::<Vec<_>>());
}

#[test]
fn stages_run_one_by_one_keep_earlier_rows_too() {
    let project = accumulating(json!({}));
    project.write("in/a.csv", &rows(0, 100));
    for stage in ["ingest", "train", "score", "deploy"] {
        project.ok(&[stage]);
    }
    fs::remove_file(project.path("in/a.csv")).expect("removes it");
    project.write("in/b.csv", &rows(100, 150));
    project.ok(&["run"]);
    assert_eq!(newest_data(&project), (0..150).collect::<Vec<_>>());
}

#[test]
fn a_verdict_on_an_older_version_does_not_lose_newer_rows() {
    let project = accumulating(json!({}));
    project.write("in/a.csv", &rows(0, 100));
    project.ok(&["run"]);
    project.write("in/b.csv", &rows(100, 150));
    project.ok(&["run"]);
    project.ok(&["promote", "2"]);
    project.ok(&["deploy", "1"]);
    for file in ["in/a.csv", "in/b.csv"] {
        fs::remove_file(project.path(file)).expect("removes it");
    }
    project.write("in/c.csv", &rows(150, 180));
    project.ok(&["run"]);
    assert_eq!(newest_data(&project), (0..180).collect::<Vec<_>>());
}

#[test]
fn time_and_group_splits_and_many_classes_go_through() {
    let project = Project::empty();
    let config = json!({
        "name": "attrition", "target": "kind", "time_column": "at", "keys": ["who"],
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "split": {"kind": "time", "validation": 0.25},
        "score": {"replicates": 100}, "gate": {"replicates": 100},
    });
    project.write("config.json", &config.to_string());
    let rows = |from: i64, to: i64| {
        let mut text = "at,who,x,y,kind\n".to_string();
        for row in from..to {
            let (x, y) = ((row * 37) % 101, (row * 53) % 89);
            let kind =
                ["red", "green", "blue"][usize::from(x > 40) + usize::from(y > 45 && x > 40)];
            text += &format!(
                "2025-{:02}-{:02},w{},{x},{y},{kind}\n",
                row / 28 % 12 + 1,
                row % 28 + 1,
                row / 4
            );
        }
        text
    };
    project.write("in/a.csv", &rows(0, 240));
    project.write("test/t.csv", &rows(400, 520));
    let by_time = project.json(&["run"]);
    assert_eq!(by_time["outcome"], "promote", "{by_time:#}");
    assert!(
        by_time["scores"]["challenger"]["f1"]
            .as_f64()
            .is_some_and(|f1| f1 > 0.6)
    );
    assert_eq!(
        by_time["scores"]["challenger"]["f1"],
        by_time["scores"]["challenger"]["f1_macro"]
    );
    let bundle: Value = serde_json::from_slice(&project.bundle(1)).expect("is JSON");
    assert!(
        bundle.to_string().contains("\"validation_rows\":60"),
        "a quarter of 240"
    );
    let predicted = project.ok(&["predict", "test/t.csv"]).stdout;
    let header = predicted.lines().next().expect("a header");
    assert_eq!(
        header,
        "at,who,x,y,kind,prediction,probability_blue,probability_green,probability_red"
    );

    let by_group = project.json(&["run", "--set", "split.kind=group"]);
    assert_eq!(
        by_group["version"], 2,
        "other settings are other work: {by_group:#}"
    );
    project.assert_settled();
}

/// Rows about customers, each with a key.
fn customers(from: i64, to: i64, label: impl Fn(i64) -> i64) -> String {
    let mut text = "id,x,y,label\n".to_string();
    for row in from..to {
        text += &format!(
            "c{row},{},{},{}\n",
            (row * 37) % 101,
            (row * 53) % 89,
            label(row)
        );
    }
    text
}

#[test]
fn a_corrected_file_replaces_its_rows_by_key_and_is_told_of_where_there_is_none() {
    let label = |row: i64| i64::from((row * 90) % 190 > 90);
    let corrected = |row: i64| if row < 10 { 1 - label(row) } else { label(row) };
    let project = |settings: Value| {
        let project = Project::empty();
        let mut config = json!({
            "name": "attrition", "target": "label", "drop": ["id"],
            "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
            "output_model_path": "models", "prod_deployment_path": "production_deployment",
            "ingest": {"keep": "accumulate"}, "score": {"replicates": 100}, "gate": {"replicates": 100},
        });
        for (key, value) in settings.as_object().expect("settings") {
            config[key] = value.clone();
        }
        project.write("config.json", &config.to_string());
        project.write("in/a.csv", &customers(0, 200, label));
        project.write("test/test.csv", &customers(200, 300, label));
        project.ok(&["run"]);
        project.write("in/a.csv", &customers(0, 200, corrected));
        project.write("in/b.csv", &customers(300, 320, label));
        project
    };
    let labels = |project: &Project| -> (usize, Vec<Option<i64>>) {
        let books = project.books();
        let run = books.dataset_runs.last().expect("there is one");
        let path = project.path(&format!("ingesteddata/finaldata_{run}.parquet"));
        let frame = unseat::data::read_parquet(&path).expect("reads");
        let ids = frame.column("id").expect("is there").str().expect("texts");
        let labels = frame
            .column("label")
            .expect("is there")
            .i64()
            .expect("integers");
        let of_first = ids
            .iter()
            .zip(labels.iter())
            .filter(|(id, _)| *id == Some("c3"));
        (frame.height(), of_first.map(|(_, label)| label).collect())
    };

    let keyed = project(json!({"keys": ["id"], "drop": []}));
    let done = keyed.ok(&["run"]);
    assert!(done.stderr.contains("a.csv was changed since it was taken in: 10 earlier rows with the same `id` are replaced by the newest"), "{done}");
    assert_eq!(labels(&keyed), (220, vec![Some(corrected(3))]));

    let plain = project(json!({}));
    let done = plain.ok(&["run"]);
    assert!(done.stderr.contains("a.csv was changed since it was taken in: the earlier rows stay beside the new ones; with `keys`"), "{done}");
    assert_eq!(
        labels(&plain),
        (230, vec![Some(label(3)), Some(corrected(3))])
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "times of files are those of the system"
)]
fn a_file_that_was_just_changed_waits_where_the_settings_say_so() {
    let project = Project::empty().with_real_clock();
    project.ok(&["init", ".", "--rows", "200", "--seed", "42"]);
    let mut config = project.read_json("config.json");
    config["ingest"]["settle_seconds"] = json!(3600);
    project.write("config.json", &config.to_string());
    let age = |name: &str, seconds: u64| {
        let file = fs::File::options()
            .append(true)
            .open(project.path(name))
            .expect("opens");
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(seconds);
        file.set_modified(time).expect("sets the time");
    };
    for folder in ["practicedata", "testdata"] {
        for entry in fs::read_dir(project.path(folder)).expect("lists") {
            let name = entry.expect("an entry").file_name();
            age(&format!("{folder}/{}", name.to_string_lossy()), 7200);
        }
    }
    let text = project.read("practicedata/dataset1.csv");
    project.write("practicedata/late.csv", &text.replace('1', "2"));
    let run = project.json(&["run"]);
    assert_eq!(run["data"]["unsettled"], json!(["late.csv"]), "{run:#}");
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    age("practicedata/late.csv", 3700);
    let run = project.json(&["run"]);
    assert_eq!(run["data"]["unsettled"], json!([]), "{run:#}");
    assert_eq!(run["version"], 2);
}
