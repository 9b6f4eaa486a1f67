//! Other inputs of kinds of faults that were met in use: whole numbers with fractions, learners by default,
//! numbers with something around them, rows that only look like rows.

use serde_json::{Value, json};

use crate::support::Project;

pub(super) const ROWS: u32 = 300;

pub(super) fn spend(row: u32) -> f64 {
    f64::from(row * 7919 % 4001) / 10.0 + 0.25
}

pub(super) fn class(row: u32) -> u32 {
    u32::from(spend(row) + f64::from(row * 31 % 97) > 250.0)
}

/// `rows` written with a header, one line a row.
pub(super) fn lines(
    header: &str,
    rows: std::ops::Range<u32>,
    line: impl Fn(u32) -> String,
) -> String {
    let lines: String = rows.map(|row| line(row) + "\n").collect();
    format!("{header}\n{lines}")
}

/// A project of two folders and a target, with settings of its own.
pub(super) fn project(files: &[(&str, String)], target: &str, settings: Value) -> Project {
    let project = Project::empty();
    let mut config = json!({
        "name": "attrition", "target": target,
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "gate": {"replicates": 100, "first": "promote"},
    });
    for (key, value) in settings.as_object().expect("settings") {
        config[key] = value.clone();
    }
    project.write("config.json", &config.to_string());
    for folder in ["in", "test"] {
        std::fs::create_dir_all(project.path(folder)).expect("makes it");
    }
    for (name, text) in files {
        project.write(name, text);
    }
    project
}

/// The findings of the newest version, as `check column`.
fn findings(project: &Project) -> Vec<String> {
    let shown = project.json(&["versions", "show", "1"]);
    let checks = shown["version"]["record"]["checks"]
        .as_array()
        .expect("a list")
        .clone();
    let name = |it: &Value| {
        let column = it["column"].as_str().unwrap_or("-");
        format!("{} {column}", it["check"].as_str().expect("a name"))
    };
    checks.iter().map(name).collect()
}

#[test]
fn the_learner_by_default_learns_as_the_same_learner_by_name() {
    let number = |row: u32| format!("{},{},{:.2}", spend(row), row * 31 % 97, 3.0 * spend(row));
    let text = |row: u32| {
        let word = ["red", "green", "blue"][row as usize % 3];
        format!(
            "{},a {word} thing number {},{:.1}",
            spend(row),
            row % 7,
            spend(row) - 7.0
        )
    };
    for (header, line, settings) in [
        ("x,y,z", &number as &dyn Fn(u32) -> String, json!({})),
        (
            "x,y,z",
            &number,
            json!({"split": {"validation": 0.3, "refit": false}}),
        ),
        (
            "x,words,z",
            &text,
            json!({"features": {"columns": {"words": {"encode": "text"}}}}),
        ),
    ] {
        let files = [
            ("in/a.csv", lines(header, 0..ROWS, line)),
            ("test/a.csv", lines(header, ROWS..400, line)),
        ];
        let answers = |kind: Option<&str>| {
            let mut settings = settings.clone();
            if let Some(kind) = kind {
                settings["learner"] = json!({"kind": kind});
            }
            let project = project(&files, "z", settings);
            project.ok(&["run"]);
            project.ok(&["predict", "test/a.csv", "--json"]).stdout
        };
        let by_default = answers(None);
        assert_eq!(by_default.lines().count(), 100);
        assert_eq!(by_default, answers(Some("ridge")), "{header} {settings}");
    }
}

#[test]
fn numbers_with_something_around_them_are_told_and_long_ones_stay_apart() {
    let of = |write: &dyn Fn(u32) -> String| {
        let line = |row: u32| format!("{},{},{}", write(row), row * 31 % 97, class(row));
        let files = [
            ("in/a.csv", lines("spend,qty,left", 0..ROWS, line)),
            ("test/a.csv", lines("spend,qty,left", ROWS..400, line)),
        ];
        let project = project(&files, "left", json!({}));
        project.ok(&["run"]);
        project
    };
    for (write, words) in [
        (
            &(|row| format!("{} kg", spend(row))) as &dyn Fn(u32) -> String,
            "each has `kg` behind it",
        ),
        (&|row| format!("{}m²", row * 7), "each has `m²` behind it"),
        (
            &|row| format!("'{}'", spend(row)),
            "each has `'` and `'` around it",
        ),
    ] {
        let project = of(write);
        assert!(findings(&project).contains(&"file_cells spend".to_string()));
        let says = project.ok(&["versions", "show", "1", "--json"]).stdout;
        assert!(
            says.contains("300 of 300 cells are numbers, but") && says.contains(words),
            "{says}"
        );
    }
    // What is set is read.
    let kilograms = |row: u32| format!("{} kg,{},{}", spend(row), row * 31 % 97, class(row));
    let files = [
        ("in/a.csv", lines("spend,qty,left", 0..ROWS, kilograms)),
        ("test/a.csv", lines("spend,qty,left", ROWS..400, kilograms)),
    ];
    let set = project(&files, "left", json!({"ingest": {"currency": "kg"}}));
    set.ok(&["run"]);
    assert!(!findings(&set).contains(&"file_cells spend".to_string()));
    let plain = of(&|row| spend(row).to_string());
    let score = |project: &Project| {
        project.json(&["versions", "show", "1"])["score"]["challenger"]["f1"].clone()
    };
    assert_eq!(score(&set), score(&plain));

    // 20 digits name something: rows that differ in the last one stay apart.
    let long = |row: u32| format!("1234567890123456{:04},{},{}", row, row % 9, class(row));
    let files = [
        ("in/a.csv", lines("card,qty,left", 0..ROWS, long)),
        (
            "in/b.ndjson",
            format!(
                "{{\"card\": 12345678901234569999, \"qty\": 3, \"left\": {}}}\n",
                class(3)
            ),
        ),
        ("test/a.csv", lines("card,qty,left", ROWS..400, long)),
    ];
    let keyed = project(
        &files,
        "left",
        json!({"keys": ["card"], "ingest": {"keep": "accumulate"}}),
    );
    let run = keyed.json(&["run"]);
    assert_eq!(run["data"]["rows"], ROWS + 1, "{run:#}");
}

#[test]
fn what_is_no_row_and_no_value_is_told() {
    let line = |row: u32| {
        format!(
            "{},{},{},{}",
            row + 10_000,
            spend(row),
            row * 31 % 97,
            class(row)
        )
    };
    let header = "id,spend,qty,left";
    let of = |change: &dyn Fn(u32) -> String, tail: &str| {
        let train = lines(header, 0..ROWS, change) + tail;
        let files = [
            ("in/a.csv", train),
            ("test/a.csv", lines(header, ROWS..400, line)),
        ];
        project(&files, "left", json!({}))
    };
    // Without a header, the first row is taken for one.
    for (first, words) in [
        (
            "10000,17.25,31,1",
            "a.csv has only numbers in its header at line 1; where that is a row, set `ingest.header_row` to `none`",
        ),
        (
            "10000,17.25,red,1",
            "a.csv has 3 numbers among its 4 names in its header at line 1; where that is a row",
        ),
        (
            "10000,17.25,1,1",
            "a.csv:1 is quarantined: the header has this name twice, and it is a number; where the line is a row",
        ),
    ] {
        let rows: String = lines(first, 0..ROWS, line);
        let none = project(&[("in/a.csv", rows)], "left", json!({}));
        let done = none.unseat(&["run"]);
        assert!(done.stderr.contains(words), "{done}");
    }
    // Years as names are names.
    let years = |row: u32| format!("{},{},{}", spend(row), row * 31 % 97, class(row));
    let files = [
        ("in/a.csv", lines("2023,2024,left", 0..ROWS, years)),
        ("test/a.csv", lines("2023,2024,left", ROWS..400, years)),
    ];
    let wide = project(&files, "left", json!({}));
    assert!(!wide.ok(&["run"]).stderr.contains("in its header"));

    let marked = of(
        &|row| match row % 50 {
            7 => format!("{},-999,{},{}", row + 10_000, row * 31 % 97, class(row)),
            _ => line(row),
        },
        "",
    );
    marked.ok(&["run"]);
    assert!(findings(&marked).contains(&"sentinel_values spend".to_string()));

    // One row of totals does not make an identifier a feature.
    let totals = of(
        &line,
        &format!("Total,{:.2},,\n", (0..ROWS).map(spend).sum::<f64>()),
    );
    let done = totals.ok(&["run"]);
    assert!(
        done.stderr.contains(
            "`id` is identifier-like: another whole number in each of 300 rows that have one"
        ),
        "{done}"
    );

    for (tail, words) in [
        (
            "\0\0\0\0\0\0\0\0",
            ":302 is quarantined: behind the last record are only bytes that are not text",
        ),
        (
            "\u{1a}",
            ":302 is quarantined: behind the last record are only bytes that are not text",
        ),
    ] {
        let ended = of(&line, tail);
        let done = ended.unseat(&["run"]);
        assert!(done.stderr.contains(words), "{done}");
    }
    let spaced = lines(header, 0..ROWS, line).replace(',', "   ");
    let spaced = project(&[("in/a.csv", spaced)], "left", json!({}));
    let done = spaced.unseat(&["run"]);
    assert!(
        done.stderr
            .contains("columns of fixed width or set apart by blanks are not read"),
        "{done}"
    );
}
