//! Columns of times: in whatever form they are written, what was decided in training holds for test data, files and requests.

use serde_json::{Value, json};

use crate::support::Project;

/// A day of 2025 in ISO 8601.
fn day(row: i64) -> (i64, i64) {
    (row / 28 % 12 + 1, row % 28 + 1)
}

/// Rows in which the month decides much, with the day as `form` writes it.
fn rows(from: i64, to: i64, form: impl Fn(i64, i64) -> String) -> String {
    let mut text = "at,x,y,label\n".to_string();
    for row in from..to {
        let (x, y) = ((row * 37) % 101, (row * 53) % 89);
        let (month, day) = day(row);
        let label = u8::from((x + y + month * 5) % 190 > 90);
        text += &format!("{},{x},{y},{label}\n", form(month, day));
    }
    text
}

fn project(config: Value, form: impl Fn(i64, i64) -> String) -> Project {
    let project = Project::empty();
    let mut whole = json!({
        "name": "attrition", "target": "label",
        "input_folder_path": "in", "output_folder_path": "ingesteddata", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "gate": {"replicates": 100},
    });
    for (key, value) in config.as_object().expect("settings") {
        whole[key] = value.clone();
    }
    project.write("config.json", &whole.to_string());
    project.write("in/rows.csv", &rows(0, 300, &form));
    project.write("test/test.csv", &rows(300, 400, &form));
    project
}

fn weights(project: &Project) -> Value {
    let bundle: Value = serde_json::from_slice(&project.bundle(1)).expect("a bundle");
    bundle["bundle"]["predictor"].clone()
}

#[test]
fn a_day_in_any_form_makes_the_same_model() {
    let dates = json!({"features": {"columns": {"at": {"encode": "date"}}}});
    let iso = project(dates.clone(), |month, day| {
        format!("2025-{month:02}-{day:02}")
    });
    iso.ok(&["run"]);
    let wanted = weights(&iso);
    let seconds = |month: i64, day: i64| {
        let days = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        (20_089 + days[month as usize - 1] + day - 1) * 86_400
    };
    type Form = Box<dyn Fn(i64, i64) -> String>;
    let forms: [(&str, Form); 6] = [
        (
            "`at` is read as times: `%d.%m.%Y` or ISO 8601",
            Box::new(|month, day| format!("{day:02}.{month:02}.2025")),
        ),
        (
            "`at` is read as times: `%m/%d/%Y` or ISO 8601",
            Box::new(|month, day| format!("{month}/{day}/2025")),
        ),
        (
            "`at` is read as times: milliseconds since 1970",
            Box::new(move |month, day| (seconds(month, day) * 1000).to_string()),
        ),
        (
            "`at` is read as times: days as one number, YYYYMMDD",
            Box::new(|month, day| format!("2025{month:02}{day:02}")),
        ),
        (
            "`at` is read as times: days of a spreadsheet",
            Box::new(move |month, day| (seconds(month, day) / 86_400 + 25_569).to_string()),
        ),
        (
            "",
            Box::new(move |month, day| seconds(month, day).to_string()),
        ),
    ];
    for (said, form) in forms {
        let project = project(dates.clone(), form);
        let done = project.ok(&["run"]);
        assert!(done.stderr.contains(said), "{done}");
        assert_eq!(weights(&project), wanted, "{said}");
    }
    // Without a setting, a column of texts that are all days is one of times, too.
    let found = project(json!({}), |month, day| format!("{day:02}.{month:02}.2025"));
    found.ok(&["run"]);
    assert_eq!(weights(&found), wanted);
}

#[test]
fn what_is_not_beyond_doubt_is_asked() {
    let dates = json!({"features": {"columns": {"at": {"encode": "date"}}}});
    // The days of the first twelve are months as well.
    let both = project(dates.clone(), |month, day| {
        format!("{:02}/{month:02}/2025", day % 12 + 1)
    });
    let done = both.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr.contains("failed to read the times of the column `at`: its dates read as `%d/%m/%Y` and as `%m/%d/%Y` alike; name the one that is meant in `ingest.date_formats`"),
        "{done}"
    );
    both.set("ingest", json!({"date_formats": ["%d/%m/%Y"]}));
    both.ok(&["run"]);
    // Without a setting it is a text, and that is said.
    let free = project(json!({}), |month, day| {
        format!("{:02}/{month:02}/2025", day % 12 + 1)
    });
    let done = free.ok(&["run"]);
    assert!(
        done.stderr
            .contains("`at` is not read as dates: its dates read as"),
        "{done}"
    );

    let small = project(dates.clone(), |month, day| (month * 31 + day).to_string());
    let done = small.unseat(&["run"]);
    assert!(done.stderr.contains("its numbers lie in the years 1971 to 2100 in no unit; name what they count in `ingest.epoch_unit`"), "{done}");
    small.set("ingest", json!({"epoch_unit": "days"}));
    small.ok(&["run"]);

    let words = project(dates, |month, _| format!("month {month}"));
    let done = words.unseat(&["run"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr
            .contains("no cell of it is a time; name its form in `ingest.date_formats`"),
        "{done}"
    );

    small.set("ingest", json!({"date_formats": ["dd.mm.yyyy"]}));
    let done = small.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr
            .contains("ingest.date_formats[0]: is not a strftime form that holds a whole day"),
        "{done}"
    );
}

#[test]
fn a_time_in_another_form_than_was_learned_is_counted() {
    let project = project(json!({}), |month, day| format!("2025-{month:02}-{day:02}"));
    project.write(
        "test/test.csv",
        &(rows(300, 390, |month, day| format!("2025-{month:02}-{day:02}"))
            + rows(390, 400, |month, day| format!("{day:02}.{month:02}.2025"))
                .split_once('\n')
                .expect("a header")
                .1),
    );
    let done = project.ok(&["run"]);
    assert!(
        done.stderr.contains("test data: 10 of 100 cells of `at` cannot be read (a time is expected: ISO 8601, as in 2025-01-31); they count as missing"),
        "{done}"
    );
    project.write("rows.csv", "at,x,y\n2025-03-01,1,2\n31.05.2025,3,4\n");
    let done = project.unseat(&["predict", "rows.csv"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("failed to read rows.csv, line 3, column `at`: a time is expected: ISO 8601, as in 2025-01-31"), "{done}");
    let done = project.ok(&["predict", "rows.csv", "--on-bad-row", "missing"]);
    assert!(
        done.stderr.contains("warning: 1 of 2 cells of `at`"),
        "{done}"
    );
    project.write("far.csv", "at,x,y\n9999-01-01,3,4\n2025-09-01,3,4\n");
    let done = project.ok(&["predict", "far.csv"]);
    assert!(
        done.stderr
            .contains("warning: `at`: 1 cell far outside the times of training"),
        "{done}"
    );
    project.write("whole.csv", "at,x,y\n31.05.2025,3,4\n01.06.2025,3,4\n");
    let done = project.unseat(&["predict", "whole.csv", "--on-bad-row", "missing"]);
    assert_eq!(done.code(), 1, "{done}");
}

#[test]
fn a_window_reaches_back_in_the_unit_of_the_column() {
    let seconds = |month: i64, day: i64| (20_089 + (month - 1) * 28 + day - 1) * 86_400;
    for unit in [1, 1000, 1_000_000] {
        let project = project(
            json!({"time_column": "at", "ingest": {"keep": "accumulate", "window": {"days": 30}}}),
            move |month, day| (seconds(month, day) * unit).to_string(),
        );
        let run = project.json(&["run"]);
        // The last of 300 days is row 299; 31 days are inside.
        assert_eq!(run["data"]["rows"], 31, "{unit}: {run:#}");
        assert_eq!(run["data"]["rows_outside_window"], 269, "{unit}");
    }
}
