//! `ingest.keep: accumulate` where a file of earlier runs was corrected, put back, moved or cut.

use std::fs;

use polars::prelude::DataFrame;
use serde_json::json;

use super::kinds::{ROWS, class, lines, project, spend};
use crate::support::Project;

/// The newest data set.
fn newest(project: &Project) -> DataFrame {
    let run = project.books().dataset_runs.last().cloned();
    let run = run.expect("there is one");
    let path = project.path(&format!("ingesteddata/finaldata_{run}.parquet"));
    unseat::data::read_parquet(&path).expect("reads")
}

/// A line of a file.
fn row(row: u32, qty: u32) -> String {
    format!("c{row},{},{qty},{}", spend(row), class(row))
}

#[test]
fn a_corrected_file_wins_by_key_in_whatever_way_it_was_corrected() {
    let line = |at: u32| row(at, at % 9);
    let first = lines("id,spend,qty,left", 0..200, line);
    let corrected = |at: u32| row(at, if at == 3 { 77 } else { at % 9 });
    let backwards = |row: u32| {
        let qty = if row == 3 { 77 } else { row % 9 };
        format!("{},{qty},{},c{row}", class(row), spend(row))
    };
    // Rows that the file no longer has stay: `accumulate` forgets none.
    for (way, text, n) in [
        (
            "a feature",
            lines("id,spend,qty,left", 0..200, corrected),
            200,
        ),
        (
            "with new rows",
            lines("id,spend,qty,left", 0..210, corrected),
            210,
        ),
        (
            "fewer rows",
            lines("id,spend,qty,left", 0..150, corrected),
            200,
        ),
        (
            "columns in another order",
            lines("left,qty,spend,id", 0..200, backwards),
            200,
        ),
    ] {
        let settings = json!({"keys": ["id"], "ingest": {"keep": "accumulate"}});
        let files = [
            ("in/a.csv", first.clone()),
            ("test/t.csv", lines("id,spend,qty,left", ROWS..400, line)),
        ];
        let project = project(&files, "left", settings);
        project.ok(&["run"]);
        project.write("in/a.csv", &text);
        let done = project.ok(&["run"]);
        let frame = newest(&project);
        let ids = frame.column("id").expect("is there").str().expect("texts");
        let qty = frame
            .column("qty")
            .expect("is there")
            .i64()
            .expect("whole numbers");
        let of_third: Vec<Option<i64>> = ids
            .iter()
            .zip(qty.iter())
            .filter_map(|(id, qty)| (id == Some("c3")).then_some(qty))
            .collect();
        assert_eq!(
            (frame.height(), of_third),
            (n, vec![Some(77)]),
            "{way}: {done}"
        );
    }
}

#[test]
fn a_file_that_is_put_back_counts_as_corrected_again() {
    let line = |at: u32| row(at, at % 9);
    let wrong = |at: u32| row(at, if at < 10 { 70 + at } else { at % 9 });
    let header = "id,spend,qty,left";
    let settings = json!({"keys": ["id"], "ingest": {"keep": "accumulate"}});
    let files = [
        ("in/a.csv", lines(header, 0..200, line)),
        ("test/t.csv", lines(header, ROWS..400, line)),
    ];
    let project = project(&files, "left", settings);
    let large = |project: &Project| {
        let frame = newest(project);
        let qty = frame.column("qty").expect("is there");
        let qty = qty.i64().expect("whole numbers");
        let large = qty.iter().flatten().filter(|qty| *qty >= 70).count();
        (frame.height(), large)
    };
    project.ok(&["run"]);
    project.write("in/a.csv", &lines(header, 0..200, wrong));
    project.ok(&["run"]);
    assert_eq!(large(&project), (200, 10));

    // The rows are those of the first run, and the sentence names it.
    project.write("in/a.csv", &lines(header, 0..200, line));
    let first = project.books().dataset_runs[0].clone();
    let back = project.json(&["run"]);
    assert_eq!(back["outcome"], "nothing_new", "{back:#}");
    assert!(back.to_string().contains(&first), "{first}: {back:#}");
    let again = project.json(&["run"]);
    assert!(again["reasons"].to_string().contains(&first), "{again:#}");

    // What comes next is beside the rows that the file has now.
    project.write("in/b.csv", &lines(header, 200..220, line));
    let done = project.ok(&["run"]);
    let says = "a.csv was changed since it was taken in: 10 earlier rows with the same `id` are replaced by the newest";
    assert!(done.stderr.contains(says), "{done}");
    assert_eq!(large(&project), (220, 0));
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");

    // A file that only moved replaces nothing; one with fewer rows says that the others stay.
    fs::remove_file(project.path("in/a.csv")).expect("removes");
    project.write("in/c.csv", &lines(header, 0..200, line));
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");
    project.write("in/b.csv", &lines(header, 200..215, wrong));
    project.write("in/d.csv", &lines(header, 220..230, line));
    let done = project.ok(&["run"]);
    let says = "b.csv has 5 rows fewer than when it was taken in";
    assert!(done.stderr.contains(says), "{done}");
    assert_eq!(large(&project), (230, 0));
}
