//! Days and times counted from 1970 as ISO 8601 texts: what a column of dates or times becomes, whatever it came in.

use chrono::{DateTime, TimeDelta};

/// A day, counted from 1970-01-01, as `2026-05-01`; `None` beyond the calendar.
pub fn iso_day(days: i64) -> Option<String> {
    let day = DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::try_days(days)?)?;
    Some(day.format("%Y-%m-%d").to_string())
}

/// A time, counted in ticks since 1970-01-01T00:00:00, as `2026-05-01T12:00:00.5`, with `Z` where it is one of a time zone; `None`
/// beyond the calendar. `per_second` is how many ticks a second has, at most 10⁹.
pub fn iso_time(ticks: i64, per_second: i64, zoned: bool) -> Option<String> {
    let nanoseconds = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let nanoseconds = u32::try_from(nanoseconds).ok()?;
    let time = DateTime::from_timestamp(ticks.div_euclid(per_second), nanoseconds)?;
    let format = if zoned {
        "%Y-%m-%dT%H:%M:%S%.fZ"
    } else {
        "%Y-%m-%dT%H:%M:%S%.f"
    };
    Some(time.format(format).to_string())
}
