//! `predict` leaves a file's own columns as they stand, whatever it is, and says what it cannot read.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};
use unseat::data::{ReadOptions, read_file};

use crate::support::{Done, Project};

const HEADER: &str = "id,corporation,lastmonth_activity,lastyear_activity,number_of_employees,note";

/// The row without the columns that the model adds.
fn own(line: &str) -> &str {
    let mut parts = line.rsplitn(3, ',');
    parts.nth(2).expect("two columns more")
}

#[test]
fn cells_of_a_csv_file_stand_as_they_did() {
    let project = Project::promoted();
    let rows = [
        "00123,gnlf,38,510.50,46,1e3",
        "00124,rknm,039,+1841,26,\"a, \"\"b\"\"\"",
        "9007199254740993, wxhx ,44,2073,35,NA",
        "-0,bmcs,,741,22,",
    ];
    project.write("rows.csv", &format!("{HEADER}\n{}\n", rows.join("\n")));
    let out = project.ok(&["predict", "rows.csv"]).stdout;
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], format!("{HEADER},prediction,probability"));
    for (line, row) in lines[1..].iter().zip(rows) {
        assert_eq!(own(line), row);
    }
    assert_eq!(lines.len(), 5);

    // As JSON, what JSON would write otherwise is a text.
    let json = project.ok(&["predict", "rows.csv", "--json"]).stdout;
    let first = json.lines().next().expect("a row");
    assert!(first.starts_with(r#"{"id":"00123","corporation":"gnlf","lastmonth_activity":"38","lastyear_activity":"510.50","number_of_employees":46,"note":"1e3","prediction":""#), "{first}");
    project.ok(&["predict", "rows.csv", "-o", "out.parquet"]);
    let frame = read_file(&project.path("out.parquet"), &ReadOptions::default()).expect("reads");
    let ids: Vec<Option<&str>> = frame
        .column("id")
        .expect("is there")
        .str()
        .expect("texts")
        .iter()
        .collect();
    assert_eq!(
        ids,
        [
            Some("00123"),
            Some("00124"),
            Some("9007199254740993"),
            Some("-0")
        ]
    );
    let employees = frame.column("number_of_employees").expect("is there");
    assert_eq!(employees.i64().expect("integers").get(3), Some(22));
}

#[test]
fn records_that_are_no_rows_are_left_out_of_what_is_written() {
    let project = Project::promoted();
    project.set("ingest.comment", "#");
    let head = "corporation,lastmonth_activity,lastyear_activity,number_of_employees";
    let quoted = "\"Corporation\",\"lastmonth_activity\", LASTYEAR_ACTIVITY ,number_of_employees";
    for no_row in ["   ", "# half", head, quoted, ""] {
        project.write(
            "rows.csv",
            &format!("{head}\ngnlf,38,510,46\n{no_row}\nrknm,39,1841,26\n"),
        );
        let out = project.ok(&["predict", "rows.csv"]).stdout;
        let lines: Vec<&str> = out.lines().skip(1).map(own).collect();
        assert_eq!(lines, ["gnlf,38,510,46", "rknm,39,1841,26"], "{no_row:?}");
    }
}

#[test]
fn a_column_that_is_needed_itself_is_never_taken_for_another() {
    let project = Project::promoted();
    let lacking = "corporation,lastmonth_activity,lastyear_actvty,number_of_employees";
    for (header, hint) in [
        (lacking, "`lastyear_actvty` may be `lastyear_activity`"),
        (
            &lacking.replace("lastyear_actvty", "x"),
            "the file has `corporation`, `lastmonth_activity`, `x`",
        ),
    ] {
        project.write("rows.csv", &format!("{header}\na,38,1,46\n"));
        let out = project.unseat(&["predict", "rows.csv"]);
        assert_eq!(out.status.code(), Some(1), "{out}");
        assert!(out.stderr.contains(hint), "{out}");
    }
}

#[test]
fn numbers_and_members_of_json_stand_as_they_did() {
    let project = Project::promoted();
    let records = [
        r#"{"id":"00123","corporation":"gnlf","lastmonth_activity":38,"lastyear_activity":510.50,"number_of_employees":46,"tags":["x"]}"#,
        r#"{"id":7,"corporation":"rknm","lastmonth_activity":null,"lastyear_activity":1.8410e3,"number_of_employees":26}"#,
    ];
    for (name, text) in [
        ("rows.json", format!("[{},\n {}]", records[0], records[1])),
        ("rows.ndjson", records.join("\n")),
    ] {
        project.write(name, &text);
        let out = project.ok(&["predict", name, "-o", "out.ndjson"]);
        assert!(out.stdout.is_empty(), "{out}");
        for (line, record) in project.read("out.ndjson").lines().zip(records) {
            let start = record.trim_end_matches('}');
            assert!(
                line.starts_with(&format!("{start},\"prediction\":")),
                "{line}"
            );
        }
        let list: Value = {
            project.ok(&["predict", name, "-o", "out.json"]);
            project.read_json("out.json")
        };
        assert_eq!(list.as_array().map(Vec::len), Some(2));
        let csv = project.ok(&["predict", name]).stdout;
        let rows: Vec<&str> = csv.lines().skip(1).map(own).collect();
        assert_eq!(
            rows,
            [
                "00123,gnlf,38,510.50,46,\"[\"\"x\"\"]\"",
                "7,rknm,,1.8410e3,26,"
            ]
        );
    }
}

#[test]
fn a_parquet_file_keeps_the_types_of_its_columns() {
    let project = Project::promoted();
    project.write("rows.csv", &format!("{HEADER}\n00123,gnlf,38,510.5,46,x\n"));
    project.ok(&["predict", "rows.csv", "-o", "first.parquet"]);
    project.ok(&["predict", "first.parquet", "-o", "second.parquet"]);
    let frame = read_file(&project.path("second.parquet"), &ReadOptions::default()).expect("reads");
    let names: Vec<String> = frame
        .get_column_names_owned()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(names[..6], HEADER.split(',').collect::<Vec<_>>());
    assert_eq!(
        names[6..],
        ["prediction", "probability", "prediction_2", "probability_2"]
    );
    assert_eq!(
        frame
            .column("id")
            .expect("is there")
            .str()
            .expect("texts")
            .get(0),
        Some("00123")
    );
}

#[test]
fn a_name_that_the_file_has_goes_to_the_file() {
    let project = Project::promoted();
    let row = "gnlf,38,510,46,yes";
    project.write("rows.csv", &format!("corporation,lastmonth_activity,lastyear_activity,number_of_employees,prediction\n{row}\n"));
    let done = project.ok(&["predict", "rows.csv", "-q"]);
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert!(
        lines[0].ends_with(",prediction,prediction_2,probability"),
        "{done}"
    );
    assert_eq!(own(lines[1]), row);
    assert!(
        done.stderr.contains(
            "the file has a column `prediction`; the model's is written as `prediction_2`"
        ),
        "{done}"
    );
}

/// Predicts what is on stdin.
fn piped(project: &Project, arguments: &[&str], bytes: &[u8]) -> Done {
    let mut child = project
        .command(arguments)
        .stdin(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(bytes)
        .expect("writes");
    project.finish(child, arguments)
}

#[test]
fn stdin_is_read_by_its_first_bytes_or_by_format() {
    let project = Project::promoted();
    let csv = format!("{HEADER}\n00123,gnlf,38,510,46,x\n");
    let json = br#"[{"corporation":"gnlf","lastmonth_activity":38,"lastyear_activity":510,"number_of_employees":46}]"#;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(csv.as_bytes()).expect("compresses");
    let packed = packed.finish().expect("ends");
    project.write("rows.csv", &csv);
    let wanted = project.ok(&["predict", "rows.csv"]).stdout;
    let wanted = wanted.lines().nth(1).expect("a row");
    let score = wanted.rsplit(',').next().expect("a cell");
    for bytes in [csv.as_bytes(), &packed] {
        let done = piped(&project, &["predict", "-"], bytes);
        assert_eq!(done.stdout.lines().nth(1), Some(wanted), "{done}");
    }
    let done = piped(&project, &["predict", "-"], json);
    assert!(
        done.stdout
            .lines()
            .nth(1)
            .is_some_and(|line| line.ends_with(score)),
        "{done}"
    );
    let tabs = csv.replace(',', "\t");
    let done = piped(
        &project,
        &["predict", "-", "--format", "tsv"],
        tabs.as_bytes(),
    );
    assert_eq!(done.stdout.lines().nth(1), Some(wanted), "{done}");
    let done = piped(
        &project,
        &["predict", "-", "--format", "json"],
        csv.as_bytes(),
    );
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("failed to read `stdin`"), "{done}");
    assert_eq!(
        project
            .unseat(&["predict", "rows.csv", "--format", "csv"])
            .code(),
        2
    );
}

#[test]
fn a_row_that_cannot_be_read_fails_unless_it_is_asked_to_count_or_go() {
    let project = Project::promoted();
    project.write(
        "rows.csv",
        &format!("{HEADER}\n1,gnlf,38,510,46,x\n2,rknm,few,1841,26,x\n3,wxhx,44,2073,thirty,x\n4,bmcs,,741,22,x\n"),
    );
    let done = project.unseat(&["predict", "rows.csv"]);
    assert_eq!((done.code(), done.stdout.as_str()), (1, ""), "{done}");
    let said = "error: failed to read rows.csv, line 3, column `lastmonth_activity`: a number is expected; \
                1 of 3 cells of `lastmonth_activity` cannot be read (a number is expected); \
                1 of 4 cells of `number_of_employees` cannot be read (a number is expected)";
    assert_eq!(done.stderr.lines().next(), Some(said), "{done}");

    // A warning is none that `-q` takes away.
    let done = project.ok(&["predict", "rows.csv", "--on-bad-row", "missing", "-q"]);
    assert_eq!(done.stdout.lines().count(), 5, "{done}");
    assert_eq!(done.stderr.lines().count(), 2, "{done}");
    assert!(done.stderr.contains("warning: 1 of 3 cells of `lastmonth_activity` cannot be read (a number is expected); they count as missing"), "{done}");
    project.write("gap.csv", &format!("{HEADER}\n2,rknm,,1841,26,x\n"));
    let gap = project.ok(&["predict", "gap.csv"]).stdout;
    let score = |line: Option<&str>| {
        line.and_then(|line| line.rsplit(',').next())
            .map(str::to_string)
    };
    assert_eq!(score(done.stdout.lines().nth(2)), score(gap.lines().nth(1)));

    let done = project.ok(&[
        "predict",
        "rows.csv",
        "--on-bad-row",
        "skip",
        "-o",
        "out.csv",
        "--json",
    ]);
    let told = done.json();
    assert_eq!(
        told,
        json!({"version": 1, "rows": 2, "skipped": 2, "written": "out.csv", "unreadable": [
            {"column": "lastmonth_activity", "cells": 1, "of": 3}, {"column": "number_of_employees", "cells": 1, "of": 4}
        ]})
    );
    let written = project.read("out.csv");
    let ids: Vec<&str> = written
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(ids, ["1", "4"]);
    let whole = project
        .ok(&["predict", "rows.csv", "--on-bad-row", "missing"])
        .stdout;
    assert_eq!(written.lines().nth(2), whole.lines().nth(4));
}

#[test]
fn a_column_of_which_nothing_can_be_read_always_fails() {
    let project = Project::promoted();
    project.write(
        "rows.csv",
        &format!("{HEADER}\n1,gnlf,38,n/k,46,x\n2,rknm,39,n/k,26,x\n"),
    );
    for policy in ["fail", "missing", "skip"] {
        let done = project.unseat(&["predict", "rows.csv", "--on-bad-row", policy]);
        assert_eq!((done.code(), done.stdout.as_str()), (1, ""), "{done}");
        let said = "error: failed to read the column `lastyear_activity` of rows.csv: none of its 2 cells can be read; a number is expected";
        assert_eq!(done.stderr.lines().next(), Some(said), "{done}");
    }
}

#[test]
fn a_missing_column_is_named_with_the_nearest_that_is_there() {
    let project = Project::promoted();
    project.write(
        "rows.csv",
        "corporation,lastmonth_activity,LastYear_Activity,number_of_employees\ngnlf,38,510,46\n",
    );
    let done = project.unseat(&["predict", "rows.csv"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(
        done.stderr.contains(
            "failed to find the column `lastyear_activity` that the model was trained on"
        ),
        "{done}"
    );
    assert!(
        done.stderr.contains(
            "hint: `LastYear_Activity` may be `lastyear_activity`; rename it in the file"
        ),
        "{done}"
    );
}

#[test]
fn numbers_in_another_form_than_the_training_data_has_are_rejected_as_a_request_is() {
    let project = Project::promoted();
    let header = "corporation;lastmonth_activity;lastyear_activity;number_of_employees";
    project.write("commas.csv", &format!("{header}\nabcd;78,5;1024,25;12\n"));
    let header = header.replace(';', ",");
    project.write("points.csv", &format!("{header}\nabcd,78.5,1024.25,12\n"));
    let commas = project.unseat(&["predict", "commas.csv"]);
    assert_eq!((commas.code(), commas.stdout.as_str()), (1, ""), "{commas}");
    let said = "failed to read the column `lastmonth_activity` of commas.csv: none of its 1 cell can be read; a number is expected";
    assert!(commas.stderr.contains(said), "{commas}");
    project.ok(&["predict", "points.csv"]);
}
