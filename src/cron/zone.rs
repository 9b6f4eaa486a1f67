//! Wall times on the line of time: in a zone, a wall time happens once, twice (the clocks went back) or never (forward).

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

use super::error::ZoneError;

/// Offsets lie between -12:00 and +14:00 (and within 16 hours in the days of local mean time), so every wall time is within
/// this of the same number in UTC, and every change of the clocks is shorter.
const FAR: TimeDelta = TimeDelta::hours(26);

/// How like a zone's name a misspelt one has to be, from 0 to 1.
const NEAR: f64 = 0.75;

/// Finds a zone by its IANA name.
///
/// # Errors
/// No such zone; the message names the nearest one, where one is near.
pub fn parse_zone(name: &str) -> Result<Tz, ZoneError> {
    if let Ok(zone) = name.parse::<Tz>() {
        return Ok(zone);
    }
    let written = name.trim().replace(' ', "_");
    let near = TZ_VARIANTS.iter().map(|zone| zone.name()).find(|zone| {
        let city = zone.rsplit('/').next().unwrap_or(zone);
        zone.eq_ignore_ascii_case(&written) || city.eq_ignore_ascii_case(&written)
    });
    let near = near.or_else(|| misspelt(&written));
    let name = name.to_string();
    Err(match near {
        Some(near) => ZoneError::Near { name, near },
        None => ZoneError::Unknown { name },
    })
}

/// The zone that a misspelt name is nearest to, by its whole name or by its city alone; none that is far.
fn misspelt(written: &str) -> Option<&'static str> {
    let written = written.to_lowercase();
    let alike = |name: &str| strsim::normalized_damerau_levenshtein(&written, &name.to_lowercase());
    let zones = TZ_VARIANTS.iter().map(|zone| zone.name());
    let rated = zones.map(|zone| {
        let city = zone.rsplit('/').next().unwrap_or(zone);
        (alike(zone).max(alike(city)), zone)
    });
    rated
        .filter(|(similarity, _)| *similarity >= NEAR)
        // The first of those that are equally near.
        .reduce(|best, other| if other.0 > best.0 { other } else { best })
        .map(|(_, zone)| zone)
}

/// Where a wall time lies on the line of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It happens once.
    Once(DateTime<Utc>),
    /// The clocks go back over it: it happens before and after the change.
    Twice(DateTime<Utc>, DateTime<Utc>),
    /// The clocks go forward over it, at this instant: it never happens.
    Never(DateTime<Utc>),
}

/// What the clock on the wall shows.
pub(super) fn wall(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// How far the wall is ahead of UTC.
pub(super) fn offset(zone: Tz, at: DateTime<Utc>) -> TimeDelta {
    let offset = zone.offset_from_utc_datetime(&at.naive_utc()).fix();
    TimeDelta::seconds(i64::from(offset.local_minus_utc()))
}

/// Where a wall time lies.
pub(super) fn place(zone: Tz, wall_time: NaiveDateTime) -> Place {
    use chrono::MappedLocalTime as Mapped;
    match zone.from_local_datetime(&wall_time) {
        Mapped::Single(at) => Place::Once(at.to_utc()),
        Mapped::Ambiguous(first, second) => Place::Twice(first.to_utc(), second.to_utc()),
        Mapped::None => Place::Never(first_that(wall_time.and_utc() - FAR, FAR * 2, |at| {
            wall(zone, at) > wall_time
        })),
    }
}

/// The instant at which the clocks next go back, if that is so soon that the wall then shows what it shows at `from` or
/// later once more.
pub(super) fn soon_back(zone: Tz, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let before = offset(zone, from);
    let after = offset(zone, from + FAR);
    if after >= before {
        return None;
    }
    Some(change(zone, from, from + FAR))
}

/// The first instant with another offset than at `from`, when there is one change until `until`.
pub(super) fn change(zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) -> DateTime<Utc> {
    let before = offset(zone, from);
    first_that(from, until - from, |at| offset(zone, at) != before)
}

/// The first whole second in `(from, from + within]` for which something becomes true and stays so.
fn first_that(
    from: DateTime<Utc>,
    within: TimeDelta,
    is_so: impl Fn(DateTime<Utc>) -> bool,
) -> DateTime<Utc> {
    let (mut low, mut high) = (0, within.num_seconds());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if is_so(from + TimeDelta::seconds(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    from + TimeDelta::seconds(high)
}
