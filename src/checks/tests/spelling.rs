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
fn labels_of_one_meaning_are_grouped_over_accents_punctuation_and_languages() {
    for (labels, differ) in [
        (["résilié", "resilie"], "accents or letters that look alike"),
        (["é", "e\u{301}"], "accents or letters that look alike"),
        // The second has a Cyrillic letter.
        (["no", "n\u{43e}"], "accents or letters that look alike"),
        (["yes", "yes."], "punctuation"),
        (["left", "'left'"], "punctuation"),
    ] {
        assert_eq!(
            groups(&labels),
            [(owned(&labels), vec![differ])],
            "{labels:?}"
        );
    }
    for (labels, yes) in [
        (["no", "yes", "nein", "ja"], ["yes", "ja"]),
        (["0", "1", "Non", "Oui"], ["1", "Oui"]),
        (["false", "true", "N", "J"], ["true", "J"]),
        (["No", "Sí", "0", "1"], ["Sí", "1"]),
        (["нет", "да", "no", "yes"], ["да", "yes"]),
    ] {
        let found = groups(&labels);
        assert!(
            found.contains(&(owned(&yes), vec!["form"])),
            "{labels:?}: {found:?}"
        );
    }
}

#[test]
fn a_slip_of_the_pen_is_found_beside_the_class_that_was_meant() {
    let counted = |labels: &[(&str, u64)]| -> Vec<(String, u64)> {
        labels.iter().map(|(it, n)| (it.to_string(), *n)).collect()
    };
    let found = slips(&counted(&[("churned", 90), ("chruned", 9), ("stayed", 99)]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].labels, ["churned", "chruned"]);
    let found = slips(&counted(&[
        ("two year", 50),
        ("month to month", 90),
        ("month to mnoth", 3),
    ]));
    assert_eq!(found[0].labels, ["month to month", "month to mnoth"]);
    for apart in [
        [("contract", 50), ("contact", 40)],
        [("stage ii", 90), ("stage iii", 3)],
        [("typea", 90), ("typeb", 3)],
        [("paid", 90), ("pain", 3)],
        [("tested", 90), ("rested", 3)],
    ] {
        assert_eq!(slips(&counted(&apart)), [], "{apart:?}");
    }
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
        &["A", "A-", "A+"],
        &["BBB", "BBB-", "BB"],
        &["ja", "nej"],
        &["ne", "nw", "se", "sw"],
    ] {
        assert_eq!(groups(labels), [], "{labels:?}");
    }
}

#[test]
fn markers_are_known_in_any_case() {
    for marker in [
        "?", "-", "Unknown", "n/a", "N.A.", " tbd ", "-999", "None", "\\N",
    ] {
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
