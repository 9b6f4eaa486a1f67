//! What is said of a target's labels, word by word.

use crate::checks::*;
use crate::config::{Checks, Severity};
use crate::data::Kind;

fn labels(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts
        .iter()
        .map(|(label, rows)| (label.to_string(), *rows))
        .collect();
    counts.sort();
    counts
}

fn file(path: &str, labels: &[(&str, Option<u64>)]) -> FileLabels {
    let place = |line: Option<u64>| line.map(|line| format!("line {line}"));
    FileLabels {
        path: path.to_string(),
        labels: labels
            .iter()
            .map(|(label, line)| (label.to_string(), place(*line)))
            .collect(),
        rows: vec![50; labels.len()],
    }
}

fn of<'a>(counts: &'a [(String, u64)], left_out: &'a [(String, String)]) -> Labels<'a> {
    Labels {
        target: "left",
        kind: Kind::Text,
        counts,
        rows: counts.iter().map(|(_, rows)| rows).sum(),
        is_class: true,
        is_parted: false,
        left_out,
    }
}

fn said(counts: &[(&str, u64)], files: &[FileLabels]) -> Vec<(Check, String)> {
    let counts = labels(counts);
    let labels = of(&counts, &[]);
    let found = look_at_target(&labels, files, &[], &Checks::default());
    assert!(
        found
            .iter()
            .all(|it| it.severity == Severity::Warn && it.value.is_finite())
    );
    // Where places are named, the files were looked at; where nothing is said, they are not.
    let is_named = |it: &Finding| {
        [
            Check::TargetSpelling,
            Check::TargetKinds,
            Check::TargetSingleRows,
        ]
        .contains(&it.check)
    };
    assert!(!found.iter().any(is_named) || needs_files(&labels));
    assert!(!found.is_empty() || !needs_files(&labels));
    found.into_iter().map(|it| (it.check, it.says)).collect()
}

fn one(check: Check, says: &str) -> Vec<(Check, String)> {
    vec![(check, says.to_string())]
}

#[test]
fn ordinary_classes_are_not_talked_about() {
    assert_eq!(said(&[("no", 300), ("yes", 100)], &[]), []);
    assert_eq!(
        said(
            &[("Month-to-month", 3), ("One year", 2), ("Two year", 2)],
            &[]
        ),
        []
    );
}

#[test]
fn classes_that_differ_in_spelling_are_named_with_their_files() {
    assert_eq!(
        said(
            &[("NO", 9), ("No", 8), ("YES", 7), ("Yes", 6)],
            &[file(
                "a.csv",
                &[("NO", None), ("No", None), ("YES", None), ("Yes", None)]
            )]
        ),
        one(
            Check::TargetSpelling,
            "classes of `left` differ in case only: `NO` beside `No`; `YES` beside `Yes` in a.csv; 4 classes where 2 are meant, so spell them alike, or compute the target in `derive`"
        )
    );
    // Three more of the kind: hyphens, forms over files, a pair among classes that are fine.
    assert_eq!(
        said(&[("two year", 9), ("two-year", 8), ("monthly", 7)], &[]),
        one(
            Check::TargetSpelling,
            "classes of `left` differ in blanks or hyphens only: `two year` beside `two-year`; 3 classes where 2 are meant, so spell them alike, or compute the target in `derive`"
        )
    );
    let files = [
        file("a.csv", &[("true", None), ("false", None)]),
        file("b.csv", &[("Y", None), ("N", None)]),
    ];
    let found = said(&[("true", 9), ("false", 8), ("Y", 7), ("N", 6)], &files);
    assert_eq!(
        found,
        [
            (
                Check::TargetSpelling,
                "classes of `left` differ in form only: `N` in b.csv beside `false` in a.csv; `Y` in b.csv beside `true` in a.csv; 4 classes where 2 are meant, so spell them alike, or compute the target in `derive`".to_string()
            ),
            (
                Check::TargetKinds,
                "`left` is of several kinds: booleans in a.csv, text in b.csv; write it the same way in every file".to_string()
            ),
        ]
    );
    assert_eq!(
        said(
            &[("gold", 9), ("Gold", 8), ("silver", 7), ("basic", 30)],
            &[]
        ),
        one(
            Check::TargetSpelling,
            "classes of `left` differ in case only: `Gold` beside `gold`; 4 classes where 3 are meant, so spell them alike, or compute the target in `derive`"
        )
    );
}

#[test]
fn files_whose_classes_are_others_are_named() {
    let file = |path: &str, labels: &[(&str, u64)]| FileLabels {
        path: path.to_string(),
        labels: labels
            .iter()
            .map(|(it, _)| (it.to_string(), None))
            .collect(),
        rows: labels.iter().map(|(_, rows)| *rows).collect(),
    };
    let said = |counts: &[(&str, u64)], files: &[FileLabels]| -> Vec<String> {
        let counts = labels(counts);
        let labels = Labels {
            is_parted: true,
            ..of(&counts, &[])
        };
        assert!(needs_files(&labels));
        let found = look_at_target(&labels, files, &[], &Checks::default());
        found.into_iter().map(|it| it.says).collect()
    };
    let all = [("good", 90), ("bad", 80), ("gut", 95), ("schlecht", 85)];
    let files = [
        file("a.csv", &[("bad", 80), ("good", 90)]),
        file("b.csv", &[("gut", 95), ("schlecht", 85)]),
    ];
    assert_eq!(
        said(&all, &files),
        [
            "`left` has other classes in some files: `bad`, `good` in a.csv; `gut`, `schlecht` in b.csv; where they mean the same, spell them alike, or compute the target in `derive`"
        ]
    );
    // Counted from 0 in one file, from 1 in the other.
    let files = [
        file("a.csv", &[("0", 80), ("1", 90)]),
        file("b.csv", &[("1", 95), ("2", 85)]),
    ];
    assert_eq!(said(&[("0", 80), ("1", 185), ("2", 85)], &files).len(), 1);
    // A new class comes in one file only; a rare one is absent by chance; a file may be of one class.
    for files in [
        [
            file("a.csv", &[("0", 80), ("1", 90)]),
            file("b.csv", &[("0", 80), ("1", 95), ("2", 85)]),
        ],
        [
            file("a.csv", &[("0", 8), ("1", 3)]),
            file("b.csv", &[("1", 9), ("2", 5)]),
        ],
        [
            file("a.csv", &[("0", 80)]),
            file("b.csv", &[("1", 9), ("2", 85)]),
        ],
    ] {
        let counts = [("0", 80), ("1", 185), ("2", 85)];
        assert_eq!(said(&counts, &files), [""; 0], "{files:?}");
    }
}

#[test]
fn a_file_that_was_left_out_for_its_target_is_named() {
    let counts = labels(&[("0", 200), ("1", 100)]);
    let left_out = [
        (
            "c.csv".to_string(),
            "expected integer, found text".to_string(),
        ),
        (
            "d.csv".to_string(),
            "expected integer, found text".to_string(),
        ),
    ];
    let labels = Labels {
        kind: Kind::Integer,
        ..of(&counts, &left_out)
    };
    let found = look_at_target(&labels, &[], &[], &Checks::default());
    let said: Vec<&str> = found.iter().map(|it| it.says.as_str()).collect();
    assert_eq!(
        said,
        [
            "`left` is of another kind in some files: c.csv and 1 more file are left out (expected integer, found text); write it the same way in every file, or set its kind in `schema`"
        ]
    );
}

#[test]
fn numbers_that_do_not_read_as_such_are_told() {
    let local = "are numbers that do not read as such (a currency, a per cent sign, or separators of another country), so they count as classes; set `ingest.decimal`, `ingest.thousands` or `ingest.currency`, or write plain numbers";
    for counts in [
        &[("$16.25", 4), ("$100.75", 3), ("-$2.00", 3)][..],
        &[("16,25", 4), ("100,75", 3), ("1.200,5", 3)],
        &[("12 %", 5), ("7 %", 5)],
        &[("1'200 CHF", 5), ("7 CHF", 5)],
    ] {
        let found = said(counts, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0],
            (
                Check::TargetNumbers,
                format!("10 of 10 labels of `left` {local}")
            )
        );
    }
    let found = said(
        &[("1", 200), ("0", 199), ("left", 1)],
        &[file(
            "a.csv",
            &[("0", None), ("1", None), ("left", Some(202))],
        )],
    );
    assert_eq!(
        found,
        [
            (
                Check::TargetNumbers,
                "399 of 400 labels of `left` are numbers and 1 is not, the first in a.csv, line 202; if that is a marker of missing labels, add it to `ingest.null_values`, else fix the file".to_string()
            ),
            (
                Check::TargetSingleRows,
                "`left` (a.csv, line 202) is a class of one row in `left`: a row that is no data, a slip of the pen, or too few to learn it; remove or fix it".to_string()
            ),
        ]
    );
}

#[test]
fn classes_that_look_like_missing_labels_are_told() {
    assert_eq!(
        said(&[("good", 90), ("bad", 80), ("?", 12)], &[]),
        one(
            Check::TargetMarkers,
            "`?` (12 rows) is a class of `left` and looks like a marker of a missing label; if so, add it to `ingest.null_values`"
        )
    );
    assert_eq!(
        said(&[("good", 90), ("Unknown", 8), ("-", 12), ("tbd", 2)], &[]),
        one(
            Check::TargetMarkers,
            "`-` (12 rows), `Unknown` (8 rows), `tbd` (2 rows) are classes of `left` and look like a marker of a missing label; if so, add it to `ingest.null_values`"
        )
    );
    // Whole numbers, too.
    let counts = labels(&[("0", 90), ("1", 80), ("-999", 7)]);
    let labels = Labels {
        kind: Kind::Integer,
        ..of(&counts, &[])
    };
    let found = look_at_target(&labels, &[], &[], &Checks::default());
    assert_eq!(
        found[0].says,
        "`-999` (7 rows) is a class of `left` and looks like a marker of a missing label; if so, add it to `ingest.null_values`"
    );
}

#[test]
fn classes_of_one_row_are_told_with_their_line() {
    let files = [
        file("a.csv", &[("x", None), ("y", None)]),
        file("b.csv", &[("TOTAL", Some(88)), ("z", Some(7))]),
    ];
    assert_eq!(
        said(&[("x", 90), ("y", 80), ("TOTAL", 1), ("z", 1)], &files),
        one(
            Check::TargetSingleRows,
            "`TOTAL` (b.csv, line 88), `z` (b.csv, line 7) are classes of one row each in `left`: a row that is no data, a slip of the pen, or too few to learn it; remove or fix them"
        )
    );
}

#[test]
fn labels_that_count_as_missing_are_counted() {
    let counts = labels(&[("Churned", 222)]);
    let labels = Labels {
        rows: 400,
        ..of(&counts, &[])
    };
    let null = |word: &str, cells| NullWord {
        word: word.to_string(),
        cells,
        path: "a.csv".to_string(),
    };
    let said = |nulls: &[NullWord]| -> Vec<String> {
        let found = look_at_target(&labels, &[], nulls, &Checks::default());
        found.into_iter().map(|it| it.says).collect()
    };
    assert_eq!(
        said(&[null("None", 178)]),
        [
            "178 cells `None` of `left` (44.5 % of the rows, the first in a.csv) count as missing by `ingest.null_values`, and such rows are not learned from; if they are a class, take the text out of `ingest.null_values`"
        ]
    );
    assert_eq!(
        said(&[null("NA", 40), null("?", 1)]),
        [
            "40 cells `NA`, 1 cell `?` of `left` (10.2 % of the rows, the first in a.csv) count as missing by `ingest.null_values`, and such rows are not learned from; if they are a class, take the text out of `ingest.null_values`"
        ]
    );
    // A few labels that are not known are not class.
    assert_eq!(said(&[null("NA", 4)]), [""; 0]);
}

#[test]
fn what_is_off_is_not_told_and_a_severity_is_kept() {
    let counts = labels(&[("NO", 9), ("No", 8), ("?", 7)]);
    let mut settings = Checks::default();
    settings.target_spelling.severity = Severity::Off;
    settings.target_markers.severity = Severity::Block;
    let found = look_at_target(&of(&counts, &[]), &[], &[], &settings);
    let found: Vec<_> = found.iter().map(|it| (it.check, it.severity)).collect();
    assert_eq!(found, [(Check::TargetMarkers, Severity::Block)]);
}
