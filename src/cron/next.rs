//! The next tick of an expression in a zone, with ISC cron's rules where the clocks change.
//!
//! - An expression of *fixed* times (none of hour, minute, second begins with `*`) fires once for each of its wall times. One
//!   that the clocks jump over fires at the jump, and several of them, or one that is there anyway, are one tick. One
//!   that happens twice fires the first time.
//! - A *wildcard* expression fires whenever the wall shows a time of it: nothing in a gap, both times in a repeated hour.
//! - A jump of three hours or more is no daylight saving but a day struck from the calendar: nothing of it fires.

use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::expression::Expression;
use super::zone::{self, Place};

/// From here on a jump of the clocks is a change of the calendar; ISC cron has the same bound.
const CALENDAR_CHANGE: TimeDelta = TimeDelta::hours(3);
const SECOND: TimeDelta = TimeDelta::seconds(1);
const DAY: TimeDelta = TimeDelta::hours(24);

/// The years that are looked at; chrono's own arithmetic panics at the ends of its calendar.
const YEARS: std::ops::Range<i32> = 0..9_900;

/// The first tick strictly after an instant; `None` only outside the years 0 to 9899.
pub fn next_after(
    expression: &Expression,
    zone: Tz,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let after = after.with_nanosecond(0)?;
    if !YEARS.contains(&after.year()) {
        return None;
    }
    let wall = zone::wall(zone, after);
    let back = if expression.is_wildcard() {
        zone::soon_back(zone, after)
    } else {
        None
    };
    let Some(back) = back else {
        return first_from(expression, zone, after, wall);
    };
    // Walls that were shown before are shown again: look up to the change first, then from it on.
    let found = expression.wall_from(wall + SECOND)?;
    let at = found.and_utc() - zone::offset(zone, after);
    if at < back {
        return Some(at);
    }
    first_from(
        expression,
        zone,
        back - SECOND,
        zone::wall(zone, back) - SECOND,
    )
}

/// Every tick after an instant, in order.
pub fn ticks_after(
    expression: &Expression,
    zone: Tz,
    after: DateTime<Utc>,
) -> impl Iterator<Item = DateTime<Utc>> {
    let next = move |at: &DateTime<Utc>| next_after(expression, zone, *at);
    std::iter::successors(next(&after), next)
}

/// How many ticks lie in `(after, until]`. Days without a change of the clocks are multiplied, not walked through.
pub fn count_between(
    expression: &Expression,
    zone: Tz,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> u64 {
    let (mut count, mut cursor) = (0, after);
    while let Some(at) = next_after(expression, zone, cursor) {
        if at > until {
            break;
        }
        let end = plain_day_end(expression, zone, at).filter(|end| *end <= until);
        (count, cursor) = match end {
            Some(end) => (count + expression.times_a_day(), end),
            None => (count + 1, at),
        };
    }
    count
}

/// The last second of the day that a tick is the first of, if the day has 24 plain hours.
fn plain_day_end(expression: &Expression, zone: Tz, first: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let wall = zone::wall(zone, first);
    if Some(wall.time()) != expression.first_time() {
        return None;
    }
    let start = first - wall.time().signed_duration_since(NaiveTime::MIN);
    let end = start + DAY - SECOND;
    let offset = zone::offset(zone, first);
    // The hours after the end too: the clocks may go back into this day.
    let is_plain = [start, end, end + CALENDAR_CHANGE, start - CALENDAR_CHANGE]
        .iter()
        .all(|at| zone::offset(zone, *at) == offset);
    is_plain.then_some(end)
}

/// The first tick after an instant among the walls after `wall`, which increase with time.
fn first_from(
    expression: &Expression,
    zone: Tz,
    after: DateTime<Utc>,
    wall: NaiveDateTime,
) -> Option<DateTime<Utc>> {
    let mut from = wall + SECOND;
    loop {
        let wall = expression.wall_from(from)?;
        match zone::place(zone, wall) {
            Place::Once(at) if at > after => return Some(at),
            Place::Once(_) => from = wall + SECOND,
            Place::Twice(first, _) if first > after => return Some(first),
            Place::Twice(_, second) if expression.is_wildcard() && second > after => {
                return Some(second);
            }
            Place::Twice(first, second) => {
                // It has been: continue where the wall first shows something new.
                let back = zone::change(zone, first, second);
                from = back.naive_utc() + zone::offset(zone, first);
            }
            Place::Never(jump) => {
                let landing = zone::wall(zone, jump);
                let gap = zone::offset(zone, jump) - zone::offset(zone, jump - SECOND);
                let fires = !expression.is_wildcard() && gap < CALENDAR_CHANGE;
                if fires && jump > after {
                    return Some(jump);
                }
                from = landing;
            }
        }
    }
}
