//! Times and records that are nearly what is read: what is guessed is said, and what is not read is named.

use serde_json::json;

use super::kinds::{ROWS, class, lines, project, spend};

#[test]
fn times_with_a_zone_in_part_are_told() {
    let line = |zone: &'static str| {
        move |row: u32| {
            let day = format!(
                "2025-{:02}-{:02}T{:02}:00:00",
                1 + row % 12,
                1 + row % 28,
                row % 24
            );
            format!("{day}{zone},{},{}", spend(row), class(row))
        }
    };
    let header = "at,spend,left";
    for (first, second, words) in [
        (
            "Z",
            "",
            Some("150 of 300 times of `at` have a zone, and the others count as UTC"),
        ),
        ("+02:00", "", Some("150 of 300 times of `at` have a zone")),
        ("-0500", "Z", None),
        ("", "", None),
    ] {
        let files = [
            ("in/a.csv", lines(header, 0..150, line(first))),
            ("in/b.csv", lines(header, 150..ROWS, line(second))),
            ("test/a.csv", lines(header, ROWS..400, line(first))),
        ];
        let done = project(&files, "left", json!({})).ok(&["run"]);
        match words {
            Some(words) => assert!(done.stderr.contains(words), "{done}"),
            None => assert!(!done.stderr.contains("a zone"), "{done}"),
        }
    }
}

#[test]
fn json_that_is_nearly_records_is_named() {
    let record = |row: u32| {
        json!({"spend": spend(row), "qty": row * 31 % 97, "left": class(row)}).to_string()
    };
    let records: Vec<String> = (0..ROWS).map(record).collect();
    for (name, text, words) in [
        (
            "in/a.ndjson",
            records.join(",\n") + ",\n",
            "a.ndjson:1 is quarantined: a comma between records that stand in no list",
        ),
        (
            "in/a.json",
            format!("{} , {}", records[0], records[1]),
            "a.json:1 is quarantined: a comma between records",
        ),
        (
            "in/a.json",
            format!("{{\"data\": [{}]}}", records.join(",")),
            "its records are in the list `data` of one object",
        ),
        (
            "in/a.json",
            format!(
                "{{\"count\": 2, \"results\": [{}], \"next\": null}}",
                records.join(",")
            ),
            "its records are in the list `results`",
        ),
    ] {
        let project = project(&[(name, text)], "left", json!({}));
        let done = project.unseat(&["run"]);
        assert!(done.stderr.contains(words), "{done}");
        assert_eq!(done.code(), 1);
    }
}
