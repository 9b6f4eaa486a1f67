//! Where the clocks change. Ticks are written as the wall shows them; windows are in UTC.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::{Expression, count_between, next_after, ticks_after};
use super::{expression, on_the_wall, utc, zone};

/// `(why, expression, zone, after, until, ticks)`.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const CASES: &[Case] = &[
    (
        "a fixed time in the gap fires right after it",
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28 00:00",
        "2026-03-30 12:00",
        &[
            "03-28 02:30+01:00",
            "03-29 03:00+02:00",
            "03-30 02:30+02:00",
        ],
    ),
    (
        "a fixed time in the repeated hour fires the first time",
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24 00:00",
        "2026-10-26 12:00",
        &[
            "10-24 02:30+02:00",
            "10-25 02:30+02:00",
            "10-26 02:30+01:00",
        ],
    ),
    (
        "several fixed times in one gap are one tick, together with one that stands there anyway",
        "0,20,40 2-3 * * *",
        "Europe/Berlin",
        "2026-03-29 00:00",
        "2026-03-29 12:00",
        &[
            "03-29 03:00+02:00",
            "03-29 03:20+02:00",
            "03-29 03:40+02:00",
        ],
    ),
    (
        "a wildcard has nothing in the gap",
        "*/30 * * * *",
        "Europe/Berlin",
        "2026-03-29 00:00",
        "2026-03-29 02:00",
        &[
            "03-29 01:30+01:00",
            "03-29 03:00+02:00",
            "03-29 03:30+02:00",
            "03-29 04:00+02:00",
        ],
    ),
    (
        "a wildcard minute in a fixed hour that is skipped has nothing at all that day",
        "*/30 2 * * *",
        "Europe/Berlin",
        "2026-03-28 12:00",
        "2026-03-30 12:00",
        &["03-30 02:00+02:00", "03-30 02:30+02:00"],
    ),
    (
        "a wildcard fires in both passes of the repeated hour",
        "*/30 * * * *",
        "Europe/Berlin",
        "2026-10-24 23:30",
        "2026-10-25 02:00",
        &[
            "10-25 02:00+02:00",
            "10-25 02:30+02:00",
            "10-25 02:00+01:00",
            "10-25 02:30+01:00",
            "10-25 03:00+01:00",
        ],
    ),
    (
        "asked in the second pass, a fixed time of it has been",
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-25 01:05",
        "2026-10-26 12:00",
        &["10-26 02:30+01:00"],
    ),
    (
        "a gap of half an hour",
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03 00:00",
        "2026-10-05 00:00",
        &["10-04 02:30+11:00", "10-05 02:15+11:00"],
    ),
    (
        "half an hour repeated",
        "45 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04 00:00",
        "2026-04-06 00:00",
        &["04-05 01:45+11:00", "04-06 01:45+10:30"],
    ),
    (
        "half an hour repeated, a wildcard",
        "*/15 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04 13:59",
        "2026-04-04 16:00",
        &[
            "04-05 01:00+11:00",
            "04-05 01:15+11:00",
            "04-05 01:30+11:00",
            "04-05 01:45+11:00",
            "04-05 01:30+10:30",
            "04-05 01:45+10:30",
        ],
    ),
    (
        "a day that begins at one o'clock",
        "0 0 * * *",
        "America/Sao_Paulo",
        "2018-11-03 00:00",
        "2018-11-05 12:00",
        &[
            "11-03 00:00-03:00",
            "11-04 01:00-02:00",
            "11-05 00:00-02:00",
        ],
    ),
    (
        "an hour before midnight that is repeated",
        "30 23 * * *",
        "America/Sao_Paulo",
        "2018-02-17 12:00",
        "2018-02-19 12:00",
        &["02-17 23:30-02:00", "02-18 23:30-03:00"],
    ),
    (
        "midnight is skipped",
        "0 0 * * *",
        "Asia/Beirut",
        "2026-03-27 12:00",
        "2026-03-30 12:00",
        &[
            "03-28 00:00+02:00",
            "03-29 01:00+03:00",
            "03-30 00:00+03:00",
        ],
    ),
    (
        "midnight comes once, the hour before it twice",
        "0 * * * *",
        "Asia/Beirut",
        "2026-10-24 19:30",
        "2026-10-24 22:30",
        &[
            "10-24 23:00+03:00",
            "10-24 23:00+02:00",
            "10-25 00:00+02:00",
        ],
    ),
    (
        "winter time is the special one in Dublin's law",
        "30 1 * * *",
        "Europe/Dublin",
        "2026-03-28 12:00",
        "2026-03-30 12:00",
        &["03-29 02:00+01:00", "03-30 01:30+01:00"],
    ),
    (
        "and its hour is repeated",
        "30 1 * * *",
        "Europe/Dublin",
        "2026-10-24 12:00",
        "2026-10-26 12:00",
        &["10-25 01:30+01:00", "10-26 01:30+00:00"],
    ),
    (
        "a day struck from the calendar has no ticks",
        "0 12 * * *",
        "Pacific/Apia",
        "2011-12-29 00:00",
        "2012-01-01 12:00",
        &[
            "12-29 12:00-10:00",
            "12-31 12:00+14:00",
            "01-01 12:00+14:00",
        ],
    ),
    (
        "an hour of every hour",
        "0 0-23 * * *",
        "America/New_York",
        "2026-11-01 03:30",
        "2026-11-01 07:30",
        &[
            "11-01 00:00-04:00",
            "11-01 01:00-04:00",
            "11-01 02:00-05:00",
        ],
    ),
    (
        "seconds in the gap are one tick",
        "*/20 30 2 * * *",
        "Europe/Berlin",
        "2026-03-28 12:00",
        "2026-03-29 12:00",
        &[],
    ),
    (
        "fixed seconds in the gap are one tick",
        "0,20,40 30 2 * * *",
        "Europe/Berlin",
        "2026-03-28 12:00",
        "2026-03-29 12:00",
        &["03-29 03:00+02:00"],
    ),
    (
        "a gap of two hours",
        "30 2 * * *",
        "Antarctica/Troll",
        "2026-03-28 12:00",
        "2026-03-30 12:00",
        &["03-29 03:00+02:00", "03-30 02:30+02:00"],
    ),
];

#[test]
fn the_clocks_change_as_in_isc_cron() {
    for (why, text, zone_name, after, until, ticks) in CASES {
        let found = on_the_wall(text, zone_name, after, until);
        assert_eq!(found, *ticks, "{why}: {text} {zone_name}");
    }
}

/// ISC cron's own loop, minute by minute: a virtual clock follows the wall, runs what it jumps over, and waits while the
/// wall is behind it.
fn simulated(
    expression: &Expression,
    zone: Tz,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> BTreeSet<DateTime<Utc>> {
    let minute = TimeDelta::minutes(1);
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local();
    let mut ticks = BTreeSet::new();
    // Begin a day early, so that the virtual clock is right at the start.
    let mut at = after - TimeDelta::days(2);
    let mut shown = wall(at);
    while at < until {
        at += minute;
        let now = wall(at);
        let fires = if expression.is_wildcard() || now - shown > TimeDelta::hours(3) {
            shown = shown.max(now);
            expression.matches(now)
        } else {
            let mut fires = false;
            while shown < now {
                shown += minute;
                fires |= expression.matches(shown);
            }
            fires
        };
        if fires && at > after {
            ticks.insert(at);
        }
    }
    ticks
}

/// Zone and day (UTC) of a change of the clocks.
const CHANGES: &[(&str, &str)] = &[
    ("Europe/Berlin", "2026-03-29 00:00"),
    ("Europe/Berlin", "2026-10-25 00:00"),
    ("America/New_York", "2026-03-08 00:00"),
    ("America/New_York", "2026-11-01 00:00"),
    ("Australia/Lord_Howe", "2026-04-04 00:00"),
    ("Australia/Lord_Howe", "2026-10-03 00:00"),
    ("America/Sao_Paulo", "2018-02-18 00:00"),
    ("America/Sao_Paulo", "2018-11-04 00:00"),
    ("Asia/Beirut", "2026-03-28 12:00"),
    ("Asia/Beirut", "2026-10-24 12:00"),
    ("Europe/Dublin", "2026-03-29 00:00"),
    ("Europe/Dublin", "2026-10-25 00:00"),
    ("Antarctica/Troll", "2026-03-29 00:00"),
    ("Antarctica/Troll", "2026-10-25 00:00"),
    ("Pacific/Apia", "2011-12-30 00:00"),
    ("Asia/Pyongyang", "2018-05-04 12:00"),
    ("Africa/Casablanca", "2026-02-15 00:00"),
    ("Asia/Kathmandu", "1985-12-31 12:00"),
    ("Pacific/Kwajalein", "1993-08-21 00:00"),
];

fn any_expression() -> impl Strategy<Value = String> {
    let minute = prop::sample::select(vec![
        "*", "*/7", "0", "30", "0-59", "10-50/10", "5,35", "59", "1/2", "*,3",
    ]);
    let hour = prop::sample::select(vec![
        "*",
        "*/2",
        "0",
        "1",
        "2",
        "3",
        "23",
        "0-3",
        "22,23,0,1",
        "0-23",
        "1/3",
    ]);
    let day = prop::sample::select(vec!["*", "*", "*/2", "1-31", "29", "25-31", "4,5,18,30"]);
    let weekday = prop::sample::select(vec!["*", "*", "0", "1-5", "6-7"]);
    (minute, hour, day, weekday).prop_map(|(m, h, d, w)| format!("{m} {h} {d} * {w}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn ticks_are_those_of_isc_crons_loop(
        text in any_expression(),
        change in prop::sample::select(CHANGES.to_vec()),
        shift in -1500_i64..1500,
    ) {
        let (expression, zone) = (expression(&text), zone(change.0));
        let after = utc(change.1) + TimeDelta::minutes(shift);
        let until = after + TimeDelta::hours(40);
        let wanted = simulated(&expression, zone, after, until);
        let found: BTreeSet<_> = ticks_after(&expression, zone, after)
            .take_while(|at| *at <= until)
            .collect();
        prop_assert_eq!(&found, &wanted, "{} {}", text, change.0);
        let count = count_between(&expression, zone, after, until);
        prop_assert_eq!(count, wanted.len() as u64, "{} {}", text, change.0);
    }
}

#[test]
fn no_zone_repeats_more_than_three_hours() {
    // What `next.rs` leaves out, because it does not happen: going back over so much that it is a change of the calendar.
    // A research station in the Antarctic did in 1994.
    let step = TimeDelta::days(30);
    for zone in chrono_tz::TZ_VARIANTS {
        let mut at = utc("2015-01-01 00:00");
        let mut before = super::super::zone::offset(zone, at);
        while at < utc("2035-01-01 00:00") {
            at += step;
            let now = super::super::zone::offset(zone, at);
            assert!(before - now <= TimeDelta::hours(3), "{zone} {at}");
            before = now;
        }
    }
}

#[test]
fn leap_days_are_found_at_once() {
    // 2,000 of them in well under a second also in a debug build: a search that stepped through minutes would take days.
    let leap = expression("0 0 29 2 *");
    let mut at = utc("2026-01-01 00:00");
    for _ in 0..2_000 {
        at = match next_after(&leap, Tz::Europe__Berlin, at) {
            Some(next) => next,
            None => break,
        };
    }
    assert!(at > utc("9890-01-01 00:00"), "{at}");
}
