//! What each way of writing means.

use chrono_tz::Tz;

use super::super::describe;
use super::{expression, next_in_utc, utc};

/// `(written, normal form)`.
const NORMAL: &[(&str, &str)] = &[
    ("15 3 * * *", "15 3 * * *"),
    ("  15\t3  *  * * ", "15 3 * * *"),
    ("0 15 3 * * *", "15 3 * * *"),
    ("30 15 3 * * *", "30 15 3 * * *"),
    ("*/5 * * * *", "*/5 * * * *"),
    ("*/1 * * * *", "* * * * *"),
    ("10-30/5 * * * *", "10-30/5 * * * *"),
    ("10-30/1 * * * *", "10-30 * * * *"),
    ("7-7 * * * *", "7 * * * *"),
    ("5/15 * * * *", "5-59/15 * * * *"),
    ("0 0 1 JAN *", "0 0 1 1 *"),
    ("0 0 * jan-Mar,DEC mon", "0 0 * 1-3,12 1"),
    ("0 0 * * 7", "0 0 * * 0"),
    ("0 0 * * 5-7", "0 0 * * 5-7"),
    ("0 0 * * FRI-SUN", "0 0 * * 5-7"),
    ("0 0 * * SUN-TUE", "0 0 * * 0-2"),
    ("0 0 * * SUN-SUN", "0 0 * * 0"),
    ("0 0 * * 0/2", "0 0 * * 0-6/2"),
    ("*,5 * * * *", "*,5 * * * *"),
    ("007 03 * * *", "7 3 * * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@Midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

#[test]
fn the_normal_form_is_as_expected_and_reads_back_the_same() {
    for (written, normal) in NORMAL {
        let read = expression(written);
        assert_eq!(read.to_string(), *normal, "{written}");
        assert_eq!(expression(normal), read, "{written}");
    }
}

/// `(expression, after, next)`, all in UTC.
const NEXT: &[(&str, &str, &str)] = &[
    ("15 3 * * *", "2026-01-01 00:00", "2026-01-01 03:15:00"),
    ("15 3 * * *", "2026-01-01 03:15", "2026-01-02 03:15:00"),
    ("15 3 * * *", "2026-01-01 03:14:59", "2026-01-01 03:15:00"),
    ("*/5 * * * *", "2026-12-31 23:55", "2027-01-01 00:00:00"),
    ("10-30/5 2 * * *", "2026-01-01 02:11", "2026-01-01 02:15:00"),
    ("10-30/5 2 * * *", "2026-01-01 02:30", "2026-01-02 02:10:00"),
    (
        "*/20 * * * * *",
        "2026-01-01 00:00:20",
        "2026-01-01 00:00:40",
    ),
    ("0 0 29 2 *", "2026-01-01 00:00", "2028-02-29 00:00:00"),
    ("0 0 29 2 *", "2096-03-01 00:00", "2104-02-29 00:00:00"),
    ("0 0 29 2 */6", "2026-01-01 00:00", "2032-02-29 00:00:00"),
    ("0 0 31 * *", "2026-01-31 00:00", "2026-03-31 00:00:00"),
    // Either day when both are restricted: the 13th, and Fridays.
    ("0 0 13 * FRI", "2026-02-01 00:00", "2026-02-06 00:00:00"),
    ("0 0 13 * FRI", "2026-04-10 00:00", "2026-04-13 00:00:00"),
    // Both days when one begins with `*`: odd days that are Mondays.
    ("0 0 */2 * MON", "2026-01-01 00:00", "2026-01-05 00:00:00"),
    ("0 0 */2 * MON", "2026-01-05 00:00", "2026-01-19 00:00:00"),
    // A full range does not begin with `*`, so it is restricted: every day, for each is in it.
    ("0 0 1-31 * MON", "2026-01-06 00:00", "2026-01-07 00:00:00"),
    ("0 0 30 2 MON", "2026-01-01 00:00", "2026-02-02 00:00:00"),
];

#[test]
fn the_next_tick_is_the_one_worked_out_by_hand() {
    for (text, after, next) in NEXT {
        assert_eq!(next_in_utc(text, after), *next, "{text} after {after}");
    }
}

#[test]
fn a_part_of_a_second_is_not_lost() {
    let half_past = utc("2026-01-01 03:14:59") + chrono::TimeDelta::milliseconds(1500);
    let next = super::next_after(&expression("15 3 * * *"), Tz::UTC, half_past);
    assert_eq!(next, Some(utc("2026-01-02 03:15")));
}

#[test]
fn the_ends_of_the_calendar_have_no_next_tick() {
    for edge in [
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
        chrono::DateTime::<chrono::Utc>::MIN_UTC,
    ] {
        for text in ["* * * * *", "0 0 29 2 *"] {
            assert_eq!(
                super::next_after(&expression(text), Tz::Europe__Berlin, edge),
                None
            );
        }
    }
}

#[test]
fn what_follows_elapsed_time_begins_with_a_star() {
    for text in [
        "* 3 * * *",
        "*/5 3 * * *",
        "0 * * * *",
        "0 */2 * * *",
        "* 0 0 * * *",
        "@hourly",
    ] {
        assert!(expression(text).is_wildcard(), "{text}");
    }
    for text in [
        "0 3 * * *",
        "0-59 0-23 * * *",
        "0 0,* * * *",
        "0-59 0 3 * * *",
        "@daily",
    ] {
        assert!(!expression(text).is_wildcard(), "{text}");
    }
}

#[test]
fn simple_expressions_are_told_in_a_sentence() {
    let cases = [
        ("15 3 * * *", "every day at 03:15 Europe/Berlin"),
        ("0 0 * * MON", "every Monday at 00:00 Europe/Berlin"),
        (
            "30 4 1 * *",
            "on day 1 of every month at 04:30 Europe/Berlin",
        ),
        ("*/10 * * * *", "every 10 minutes Europe/Berlin"),
        ("* * * * *", "every minute Europe/Berlin"),
        ("7 * * * *", "every hour at minute 7 Europe/Berlin"),
        ("*/7 * * * *", "`*/7 * * * *` Europe/Berlin"),
        ("0 0 13 * FRI", "`0 0 13 * 5` Europe/Berlin"),
        ("0 0 1 1 *", "`0 0 1 1 *` Europe/Berlin"),
    ];
    for (text, sentence) in cases {
        assert_eq!(describe(&expression(text), Tz::Europe__Berlin), sentence);
    }
}
