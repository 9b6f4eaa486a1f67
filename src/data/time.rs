//! Text and integers as points in time.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// A text as microseconds since 1970-01-01 UTC, in the forms of `parse_timestamps`.
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    // Every form begins with a year; most texts do not.
    let is_time = text.len() >= 8 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if !is_time {
        return None;
    }
    usual(text).or_else(|| unusual(text))
}

/// Whether a time says its zone: `Z` or a shift such as `+02:00` behind the hours.
pub fn has_zone(text: &str) -> bool {
    let text = text.trim();
    let Some(hours) = text.get(10..).filter(|hours| !hours.is_empty()) else {
        return false;
    };
    hours.ends_with(['Z', 'z']) || hours.contains(['+', '-'])
}

/// `2026-11-21`, alone or with ` 07:50` or ` 07:50:03`, which the general reader takes long for.
fn usual(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, n: usize| -> Option<u32> {
        let digits = bytes.get(from..from + n)?;
        let is_number = digits.iter().all(u8::is_ascii_digit);
        is_number.then(|| {
            digits
                .iter()
                .fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let is = |at: usize, among: &[u8]| bytes.get(at).is_some_and(|byte| among.contains(byte));
    if !(is(4, b"-") && is(7, b"-")) {
        return None;
    }
    let day = NaiveDate::from_ymd_opt(number(0, 4)? as i32, number(5, 2)?, number(8, 2)?)?;
    let (hour, minute, second) = match bytes.len() {
        10 => (0, 0, 0),
        16 if is(10, b" T") && is(13, b":") => (number(11, 2)?, number(14, 2)?, 0),
        19 if is(10, b" T") && is(13, b":") && is(16, b":") => {
            (number(11, 2)?, number(14, 2)?, number(17, 2)?)
        }
        _ => return None,
    };
    let time = day.and_hms_opt(hour, minute, second)?;
    Some(time.and_utc().timestamp_micros())
}

fn unusual(text: &str) -> Option<i64> {
    if let Some(Some(midnight)) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .map(|day| day.and_hms_opt(0, 0, 0))
    {
        return Some(midnight.and_utc().timestamp_micros());
    }
    let zoned = || {
        DateTime::parse_from_rfc3339(text)
            .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
    };
    let zoned = || zoned().or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"));
    if let Ok(time) = zoned() {
        return Some(time.timestamp_micros());
    }
    let formats = [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
    ];
    let time = formats
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())?;
    Some(time.and_utc().timestamp_micros())
}
