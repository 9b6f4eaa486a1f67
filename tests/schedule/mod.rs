//! When ticks come: against another implementation, and as `docs/schedule.md` says.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use unseat::cron::{Expression, describe, next_after, parse_zone, ticks_after};

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(Path::new(name));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether the clocks change within some hours; there croniter does not do as ISC cron does.
fn is_near_a_change(zone: Tz, at: DateTime<Utc>) -> bool {
    let offset = |at: DateTime<Utc>| zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    let far = TimeDelta::hours(26);
    offset(at - far) != offset(at + far)
}

#[test]
fn croniter_finds_the_same_ticks() {
    let reference: Value =
        serde_json::from_str(&read("tests/schedule/reference.json")).expect("JSON");
    let zones = reference["zones"].as_array().expect("zones");
    let (mut compared, mut left_out, mut different) = (0, 0, Vec::new());
    for (text, by_zone) in reference["seconds_to_next"]
        .as_object()
        .expect("expressions")
    {
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        for (zone, seconds) in zones.iter().zip(by_zone.as_array().expect("zones")) {
            let (name, starts) = (zone[0].as_str().expect("a name"), &zone[1]);
            let zone = parse_zone(name).expect("a zone");
            let (starts, seconds) = (starts.as_array().expect("starts"), seconds.as_array());
            for (start, seconds) in starts.iter().zip(seconds.expect("ticks")) {
                let start =
                    DateTime::from_timestamp(start.as_i64().expect("seconds"), 0).expect("a time");
                let theirs = start + TimeDelta::seconds(seconds.as_i64().expect("seconds"));
                if [start, theirs]
                    .into_iter()
                    .any(|at| is_near_a_change(zone, at))
                {
                    left_out += 1;
                    continue;
                }
                compared += 1;
                let ours = next_after(&expression, zone, start);
                if ours != Some(theirs) {
                    different.push(format!(
                        "{text} {name} after {start}: {ours:?}, croniter {theirs}"
                    ));
                }
            }
        }
    }
    assert!(
        different.is_empty(),
        "{} of {compared}:\n{}",
        different.len(),
        different.join("\n")
    );
    assert_eq!((compared, left_out), (15_589, 35), "compared, left out");
}

/// The cells of each row of the first table under a heading.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let after = document.split(&format!("## {heading}\n")).nth(1);
    let section = after.unwrap_or_else(|| panic!("`{heading}` is in the document"));
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| -> Vec<String> {
        let cells = row.trim_matches('|').split('|');
        cells
            .map(|cell| cell.trim().trim_matches('`').to_string())
            .collect()
    };
    rows.map(cells).collect()
}

#[test]
fn the_documented_days_of_a_change_are_so() {
    let rows = table(&read("docs/schedule.md"), "Where the clocks change");
    assert!(rows.len() >= 15, "{} rows", rows.len());
    for row in rows {
        let [text, zone, day, ticks, _] = &row[..] else {
            panic!("five cells: {row:?}")
        };
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let zone = parse_zone(zone).unwrap_or_else(|error| panic!("{error}"));
        let day: NaiveDate = day.parse().unwrap_or_else(|error| panic!("{day}: {error}"));
        let from = day.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::days(2);
        let found: Vec<String> = ticks_after(&expression, zone, from)
            .map(|at| at.with_timezone(&zone))
            .skip_while(|at| at.date_naive() < day)
            .take_while(|at| at.date_naive() == day)
            .map(|at| at.format("%H:%M%:z").to_string())
            .collect();
        let found = if found.is_empty() {
            "none".to_string()
        } else {
            found.join(", ")
        };
        assert_eq!(found, *ticks, "{text} {zone} {day}");
    }
}

#[test]
fn the_documented_ways_of_writing_are_so() {
    let rows = table(&read("docs/schedule.md"), "What can be written");
    assert!(rows.len() >= 15, "{} rows", rows.len());
    for row in rows {
        let [text, normal, next, _] = &row[..] else {
            panic!("four cells: {row:?}")
        };
        let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(expression.to_string(), *normal, "{text}");
        let start = Utc
            .with_ymd_and_hms(2026, 1, 1, 0, 0, 0)
            .single()
            .expect("a time");
        let found = next_after(&expression, Tz::UTC, start).expect("a tick");
        assert_eq!(
            found.format("%a %Y-%m-%d %H:%M:%S").to_string(),
            *next,
            "{text}"
        );
    }
}

#[test]
fn the_documented_rejections_are_so() {
    let rows = table(&read("docs/schedule.md"), "What is rejected");
    assert!(rows.len() >= 8, "{} rows", rows.len());
    for row in rows {
        let [text, _, part] = &row[..] else {
            panic!("three cells: {row:?}")
        };
        let error = Expression::parse(text)
            .expect_err("is rejected")
            .to_string();
        assert!(error.contains(part.as_str()), "{text}: {error}");
    }
}

#[test]
fn the_documented_sentences_are_so() {
    let document = read("docs/schedule.md");
    let said = describe(
        &Expression::parse("15 3 * * *").expect("reads"),
        Tz::Europe__Berlin,
    );
    assert!(document.contains(&format!("\"{said}\"")), "{said}");
}
