//! The readers of files, and the parsers of cron and of computed columns.

use chrono::{DateTime, Utc};
use polars::prelude::{Column, DataFrame};

use super::runner::fuzz;
use crate::cron::{self, Expression};
use crate::data::{self, ReadOptions};

/// Reads a file of these bytes; tells its shape or why it cannot be read, without digits.
fn read(name: &str, bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("is written");
    match data::read_file(&path, &ReadOptions::default()) {
        Ok(frame) => {
            let kinds: Vec<String> = frame.dtypes().iter().map(|it| it.to_string()).collect();
            format!("{} {}", frame.height().min(9), kinds.join(" "))
        }
        Err(error) => {
            let place = folder.path().display().to_string();
            let told = error.to_string().replace(&place, "");
            told.chars()
                .filter(|it| !it.is_ascii_digit())
                .take(200)
                .collect()
        }
    }
}

const WORDS: [&str; 16] = [
    ",",
    ";",
    "\t",
    "\"",
    "\r\n",
    "\n\n",
    "\u{feff}",
    "\"\"",
    "1,5",
    "2024-01-01T00:00:00Z",
    "NA",
    "\0",
    "true",
    "9223372036854775808",
    "{\"a\":",
    "[",
];

#[test]
fn fuzz_csv_file() {
    let seeds: [&[u8]; 4] = [
        b"a,b,c\n1,2.5,x\n2,,\"y,z\"\n",
        b"a;b\n1,5;true\n2,5;false\n",
        b"\xef\xbb\xbfid\tname\n1\t\xc3\xa4\n",
        b"\xff\xfea\0,\0b\0\n\x001\0,\x002\0\n\0",
    ];
    fuzz("csv_file", &seeds, &WORDS, |bytes| read("a.csv", bytes));
}

#[test]
fn fuzz_json_file() {
    let seeds: [&[u8]; 3] = [
        br#"[{"a":1,"b":"x"},{"a":2.5,"c":true}]"#,
        b"{\"a\":1}\n{\"a\":null,\"b\":\"y\"}\n",
        br#"[{"a":9223372036854775807},{"a":1e300},{"a":"\ud83c\udfaf"}]"#,
    ];
    fuzz("json_file", &seeds, &WORDS, |bytes| read("a.json", bytes));
}

#[test]
fn fuzz_cron() {
    let seeds: [&[u8]; 5] = [
        b"*/5 3 * * mon-fri",
        b"0 0 31 2 *",
        b"0,30 1-5/2 1 jan-mar 7",
        b"15 30 2 29 2 *",
        b"@daily",
    ];
    let words = [
        "*",
        "/",
        "-",
        ",",
        "@hourly",
        "sun",
        "dec",
        "L",
        "W",
        "#",
        "?",
        "60",
        "24",
        "4294967296",
    ];
    let after: DateTime<Utc> = DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    fuzz("cron", &seeds, &words, |text| {
        let text = String::from_utf8_lossy(text);
        match Expression::parse(&text) {
            Err(error) => error
                .to_string()
                .chars()
                .filter(|it| !it.is_ascii_digit())
                .take(80)
                .collect(),
            Ok(expression) => {
                let zone = cron::parse_zone("Europe/Berlin").expect("a zone");
                let next = cron::next_after(&expression, zone, after);
                assert!(next.is_none_or(|next| next > after));
                format!(
                    "{} {}",
                    next.is_some(),
                    cron::describe(&expression, zone).len()
                )
            }
        }
    });
}

#[test]
fn fuzz_derive() {
    let seeds: [&[u8]; 5] = [
        b"a + b * 2",
        b"CASE WHEN t = 'x' THEN a ELSE NULL END",
        b"round(a / nullif(b, 0), 2)",
        b"substr(concat(t, '-', a), 1, 3)",
        b"cast(t AS integer) between 1 and 3 or not t like 'x%'",
    ];
    let words = [
        " and ",
        " or ",
        "not ",
        "(",
        ")",
        "((",
        "+",
        "-",
        "a",
        "b",
        "t",
        "'x'",
        "case when ",
        " then ",
        " end",
        "cast(",
        " as integer)",
        " in (1)",
        " like '%'",
        "regexp_like(t, '(')",
        "strftime(t, '%Q')",
        "||",
        "1e400",
        "extract(year from t)",
    ];
    let frame = DataFrame::new(
        3,
        vec![
            Column::new("a".into(), [Some(1_i64), Some(i64::MAX), None]),
            Column::new("b".into(), [Some(0.5), None, Some(-1e308)]),
            Column::new("t".into(), [Some("x"), Some("2024-01-01"), None]),
        ],
    )
    .expect("a frame");
    fuzz("derive", &seeds, &words, |sql| {
        let sql = String::from_utf8_lossy(sql);
        match data::Expression::parse(&sql) {
            Err(why) => why
                .chars()
                .filter(|it| !it.is_ascii_digit())
                .take(80)
                .collect(),
            Ok(expression) => {
                let made =
                    data::derive(&frame, &["t".to_string()], &[("d".to_string(), expression)]);
                match made {
                    Ok(made) => {
                        assert_eq!(made.height(), 3);
                        made.column("d").expect("is made").dtype().to_string()
                    }
                    Err(failure) => failure
                        .why
                        .chars()
                        .filter(|it| !it.is_ascii_digit())
                        .take(80)
                        .collect(),
                }
            }
        }
    });
}
