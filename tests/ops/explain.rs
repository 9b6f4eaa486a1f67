//! What `explain --row` says: flips that can be, and the words of a text.

use serde_json::{Value, json};

use crate::support::Project;

/// A project with two files of rows, and these settings beside the five.
fn project(rows: impl Fn(usize) -> String, head: &str, more: Value) -> Project {
    let project = Project::empty();
    let file = |from: usize, to: usize| {
        let lines: Vec<String> = (from..to).map(&rows).collect();
        format!("{head}\n{}\n", lines.join("\n"))
    };
    project.write("in/rows.csv", &file(0, 600));
    project.write("test/rows.csv", &file(600, 800));
    let mut config = json!({
        "input_folder_path": "in", "output_folder_path": "out", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production", "target": "y", "positive_class": "yes",
    });
    for (key, value) in more.as_object().expect("an object") {
        config[key] = value.clone();
    }
    project.write("config.json", &config.to_string());
    project.ok(&["run"]);
    project
}

/// A number that looks like chance, below a bound.
fn scattered(row: usize, salt: usize, below: usize) -> usize {
    (row * 7919 + salt * 104_729 + row * row * 31) % 1009 % below
}

fn flips(project: &Project, row: &Value, arguments: &[&str]) -> Vec<(String, Value)> {
    project.write("row.json", &row.to_string());
    let told = project.json(&[&["explain", "--row", "row.json"], arguments].concat());
    let flips = told["rows"][0]["flips"].as_array().expect("flips").clone();
    let of = |flip: &Value| {
        let column = flip["column"].as_str().expect("a column").to_string();
        (column, flip["value"].clone())
    };
    flips.iter().map(of).collect()
}

#[test]
fn a_flip_is_a_value_that_was_seen_unless_others_are_asked_for() {
    let project = project(
        |row| {
            let (size, visits, flag) = (scattered(row, 1, 100), scattered(row, 2, 10), row % 2);
            let noise = scattered(row, 3, 40);
            let is_yes = size + visits + 5 * flag + noise > 75;
            format!(
                "{size}.5,{visits},{flag},{}",
                if is_yes { "yes" } else { "no" }
            )
        },
        "size,visits,flag,y",
        json!({"gate": {"first": "promote"}}),
    );
    let row = json!({"size": 95.5, "visits": 5, "flag": 1});
    let seen = flips(&project, &row, &[]);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].0, "size");
    assert!(
        seen[0]
            .1
            .as_f64()
            .is_some_and(|size| size > 0.0 && size < 95.5),
        "{seen:?}"
    );
    let all = flips(&project, &row, &["--unseen"]);
    let of = |column: &str| all.iter().find(|(name, _)| name == column);
    let visits = of("visits").expect("beyond what was seen");
    assert!(
        visits.1.as_f64().is_some_and(|visits| visits < 0.0),
        "{all:?}"
    );
    assert_eq!(of("flag"), None, "there is no third value of two: {all:?}");
    let said = project
        .ok(&["explain", "--row", "row.json", "--unseen"])
        .stdout;
    assert!(said.contains("(beyond the training data)"), "{said}");
}

#[test]
fn a_text_is_explained_word_by_word() {
    const GOOD: [&str; 3] = ["great", "lovely", "superb"];
    const BAD: [&str; 3] = ["awful", "broken", "dreadful"];
    const OTHER: [&str; 6] = [
        "the box",
        "my desk",
        "a cable",
        "two days",
        "one phone",
        "this shop",
    ];
    let project = project(
        |row| {
            let is_yes = scattered(row, 1, 2) == 1;
            let word = if is_yes { GOOD[row % 3] } else { BAD[row % 3] };
            let (one, other) = (OTHER[scattered(row, 2, 6)], OTHER[scattered(row, 3, 6)]);
            format!(
                "{one} {word} {other} {row},{}",
                if is_yes { "yes" } else { "no" }
            )
        },
        "note,y",
        json!({"learner": {"kind": "text"}, "gate": {"first": "promote"}}),
    );
    project.write(
        "row.json",
        "{\"note\": \"the box is great, one cable is broken and superb\"}",
    );
    let told = project.json(&["explain", "--row", "row.json", "--version", "1"]);
    let contributions = &told["rows"][0]["contributions"];
    let words = contributions["words"]["note"].as_array().expect("words");
    let of = |word: &str| {
        let found = words.iter().find(|it| it["word"] == word);
        found.map(|it| it["contribution"].as_f64().expect("a number"))
    };
    assert!(of("great").is_some_and(|it| it > 0.1), "{words:?}");
    assert!(of("superb").is_some_and(|it| it > 0.1), "{words:?}");
    assert!(of("broken").is_some_and(|it| it < -0.1), "{words:?}");
    assert_eq!(of("awful"), None, "it does not stand there");
    let sum: f64 = words
        .iter()
        .map(|it| it["contribution"].as_f64().expect("a number"))
        .sum();
    let column = contributions["columns"]["note"].as_f64().expect("a number");
    assert!(
        (sum - column).abs() < 1e-6 * column.abs().max(1.0),
        "{sum} {column}"
    );
    let said = project
        .ok(&["explain", "--row", "row.json", "--version", "1"])
        .stdout;
    assert!(said.contains("words of note"), "{said}");
}
