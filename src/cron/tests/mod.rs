//! Cases by hand, and properties. `tests/schedule/` compares with another implementation.

mod daylight;
mod due;
mod errors;
mod expression;
mod properties;

use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::{Expression, next_after, parse_zone, ticks_after};

fn expression(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> Tz {
    parse_zone(name).expect("a zone")
}

/// `2026-03-29 01:30` or with seconds, in UTC.
fn utc(text: &str) -> DateTime<Utc> {
    let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .unwrap_or_else(|| panic!("{text} is a time"))
        .and_utc()
}

/// The ticks in `(after, until]` as the wall shows them, with the offset: `03-29 03:00+02:00`.
fn on_the_wall(text: &str, zone_name: &str, after: &str, until: &str) -> Vec<String> {
    let (expression, zone) = (expression(text), zone(zone_name));
    ticks_after(&expression, zone, utc(after))
        .take_while(|at| *at <= utc(until))
        .map(|at| at.with_timezone(&zone).format("%m-%d %H:%M%:z").to_string())
        .collect()
}

/// The next tick after an instant in UTC.
fn next_in_utc(text: &str, after: &str) -> String {
    let next = next_after(&expression(text), Tz::UTC, utc(after)).expect("a next tick");
    next.format("%Y-%m-%d %H:%M:%S").to_string()
}
