//! What is so for every expression.

use std::str::FromStr as _;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::{Expression, count_between, next_after, ticks_after};
use super::{expression, utc};

/// One part of a list between two bounds.
fn part(low: u32, high: u32) -> impl Strategy<Value = String> {
    let value = low..=high;
    prop_oneof![
        4 => value.clone().prop_map(|value| value.to_string()),
        2 => (value.clone(), value.clone()).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        2 => (value.clone(), value.clone(), 1..=high - low)
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b))),
        1 => (1..=high - low).prop_map(|step| format!("*/{step}")),
    ]
}

fn field(low: u32, high: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_string()),
        3 => prop::collection::vec(part(low, high), 1..4).prop_map(|parts| parts.join(",")),
    ]
}

/// Any expression at all; some never fire.
fn any_text() -> impl Strategy<Value = String> {
    let second = prop_oneof![3 => Just(String::new()), 1 => field(0, 59).prop_map(|f| f + " ")];
    let rest = (
        field(0, 59),
        field(0, 23),
        field(1, 31),
        field(1, 12),
        field(0, 6),
    );
    (second, rest).prop_map(|(s, (m, h, d, mo, w))| format!("{s}{m} {h} {d} {mo} {w}"))
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_text().prop_filter_map("fires", |text| Expression::parse(&text).ok())
}

fn any_zone() -> impl Strategy<Value = Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..2_500_000_000).prop_map(|s| DateTime::from_timestamp(s, 0).expect("in range"))
}

fn wall(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// Whether the clocks go forward at this instant.
fn is_jump(zone: Tz, at: DateTime<Utc>) -> bool {
    wall(zone, at) - wall(zone, at - TimeDelta::seconds(1)) > TimeDelta::seconds(1)
}

proptest! {
    #[test]
    fn ticks_increase_and_match_the_fields(
        expression in any_expression(), zone in any_zone(), after in any_instant(),
    ) {
        let mut last = after;
        for at in ticks_after(&expression, zone, after).take(20) {
            prop_assert!(at > last);
            let is_after_gap = !expression.is_wildcard() && is_jump(zone, at);
            prop_assert!(expression.matches(wall(zone, at)) || is_after_gap, "{} {} {}", expression, zone, at);
            last = at;
        }
    }

    #[test]
    fn no_tick_is_lost_between_two_questions(
        expression in any_expression(), zone in any_zone(), after in any_instant(), share in 0.0..1.0,
    ) {
        // Asked from anywhere before a tick and after the one before it, the answer is that tick.
        let ticks: Vec<_> = ticks_after(&expression, zone, after).take(3).collect();
        let mut before = after;
        for at in ticks {
            let seconds = ((at - before).num_seconds() as f64 * share) as i64;
            let between = before + TimeDelta::seconds(seconds.min((at - before).num_seconds() - 1));
            prop_assert_eq!(next_after(&expression, zone, between), Some(at), "{} {} {}", &expression, zone, between);
            before = at;
        }
    }

    #[test]
    fn counting_is_walking(
        expression in any_expression(), zone in any_zone(), after in any_instant(), hours in 1_i64..400,
    ) {
        let until = after + TimeDelta::hours(hours);
        let walked = ticks_after(&expression, zone, after).take(5_000).take_while(|at| *at <= until).count();
        if walked < 5_000 {
            prop_assert_eq!(count_between(&expression, zone, after, until), walked as u64, "{} {}", expression, zone);
        }
    }

    #[test]
    fn the_normal_form_reads_back(expression in any_expression()) {
        prop_assert_eq!(Expression::from_str(&expression.to_string()), Ok(expression));
    }

    #[test]
    fn any_text_is_read_or_rejected(text in "[0-9a-zA-Z*/,@#? -]{0,24}") {
        let _ = Expression::parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn another_implementation_agrees_in_utc(text in any_text(), after in any_instant()) {
        // croner takes `*/2` for a restricted day and this house, as ISC cron, does not; and it searches less far.
        let mut from_behind = text.split(' ').rev();
        let days = [from_behind.next(), from_behind.nth(1)];
        let is_star_day = days.into_iter().flatten().any(|field| field.starts_with("*/"));
        let (Ok(ours), Ok(theirs)) = (Expression::parse(&text), croner::Cron::from_str(&text)) else {
            return Ok(());
        };
        if !is_star_day {
            let next = next_after(&ours, Tz::UTC, after);
            let limit = utc("2099-01-01 00:00");
            if let (Some(next), Ok(their_next)) = (next, theirs.find_next_occurrence(&after, false)) && next < limit {
                prop_assert_eq!(next, their_next, "{}", text);
            }
        }
    }
}

#[test]
fn the_other_implementation_reads_what_we_read() {
    // Else the comparison above could pass over nothing.
    for text in ["0 0 29 2 *", "*/5 1-3 * * 1,5", "30 10-20/5 4 13 * 5"] {
        let theirs = croner::parser::CronParser::builder()
            .seconds(croner::parser::Seconds::Optional)
            .build()
            .parse(text)
            .expect("croner reads it");
        let after = utc("2026-01-01 00:00");
        let next = theirs
            .find_next_occurrence(&after, false)
            .expect("croner finds it");
        assert_eq!(
            next_after(&expression(text), Tz::UTC, after),
            Some(next),
            "{text}"
        );
    }
}
