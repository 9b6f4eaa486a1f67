//! How labels are compared, and what looks like a number or a marker.

use crate::checks::spelling::*;

fn groups(labels: &[&str]) -> Vec<(Vec<String>, Vec<&'static str>)> {
    let names = |it: Variants| {
        let differ = it.differ.into_iter().map(Differ::name).collect();
        (it.labels, differ)
    };
    variants(labels).into_iter().map(names).collect()
}

fn owned(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|it| it.to_string()).collect()
}

#[test]
fn labels_of_one_meaning_are_grouped_by_case_blanks_and_form() {
    let found = groups(&["NO", "No", "YES", "Yes"]);
    assert_eq!(
        found,
        [
            (owned(&["NO", "No"]), vec!["case"]),
            (owned(&["YES", "Yes"]), vec!["case"]),
        ]
    );
    let found = groups(&["0", "1", "no", "yes"]);
    assert_eq!(
        found,
        [
            (owned(&["0", "no"]), vec!["form"]),
            (owned(&["1", "yes"]), vec!["form"]),
        ]
    );
    assert_eq!(
        groups(&["two year", "two-year", "monthly"]),
        [(owned(&["two year", "two-year"]), vec!["blanks or hyphens"])]
    );
    assert_eq!(
        groups(&["1", "1.0", "x"]),
        [(owned(&["1", "1.0"]), vec!["form"])]
    );
    assert_eq!(
        groups(&["True", "false", "0", "1"]),
        [
            (owned(&["false", "0"]), vec!["form"]),
            (owned(&["True", "1"]), vec!["form"]),
        ]
    );
}

#[test]
fn classes_of_their_own_are_left_alone() {
    for labels in [
        &["F", "N"][..],
        &["yes", "no", "maybe"],
        &[
            "a", "b", "f", "t", "n", "y", "0", "1", "c", "d", "e", "g", "h", "i", "j", "k",
        ],
        &["-1", "1", "0"],
        &["low", "high", "higher"],
        &["-", "--"],
    ] {
        assert_eq!(groups(labels), [], "{labels:?}");
    }
}

#[test]
fn markers_are_known_in_any_case() {
    for marker in ["?", "-", "Unknown", "n/a", "N.A.", " tbd ", "-999"] {
        assert!(is_marker(marker), "{marker}");
    }
    for word in ["none", "no", "0", "-1", "other", "unknowns", "x"] {
        assert!(!is_marker(word), "{word}");
    }
}

#[test]
fn numbers_of_other_countries_are_numbers() {
    for label in [
        "$16.25",
        "1.234,50",
        "1 234",
        "12,5",
        "-$3.00",
        "(4,100)",
        "45 %",
        "7 EUR",
        "€7",
        "1'000.5",
        "2.055.100",
        "12\u{a0}500",
    ] {
        assert_eq!(numeric(label), Numeric::Local, "{label}");
    }
    for label in ["7", "-1.5", "1e3", " 4 "] {
        assert_eq!(numeric(label), Numeric::Plain, "{label}");
    }
    for label in [
        "no",
        "-",
        "31.12.2024",
        "2024-05-01",
        "a1",
        "",
        ",",
        "1/2",
        "10:30",
    ] {
        assert_eq!(numeric(label), Numeric::No, "{label}");
    }
}
