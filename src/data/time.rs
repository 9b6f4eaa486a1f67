//! Text and integers as points in time.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::Error;

/// What a time in text may look like.
const EXPECTED: &str =
    "a date, a date with a time, RFC 3339, or unix seconds in a column of numbers";
const MICROS: i64 = 1_000_000;

/// The cells of a column as microseconds since 1970-01-01 UTC; a missing cell stays missing.
///
/// Text: `2026-11-21`, `2026-11-21 07:50[:03[.5]]` (also with `T`; without a zone taken as UTC), RFC 3339 and `+0100`
/// zones. Numbers: seconds since 1970.
///
/// # Errors
/// When the column is not there, is one of booleans, or a cell is no time (with its row).
pub fn parse_timestamps(frame: &DataFrame, column: &str) -> Result<Vec<Option<i64>>, Error> {
    let cells = frame.column(column).map_err(|_| Error::NoColumn {
        column: column.to_owned(),
    })?;
    let parsed: Vec<Result<Option<i64>, ()>> = if let Ok(texts) = cells.str() {
        let texts: Vec<Option<&str>> = texts.iter().collect();
        texts
            .into_par_iter()
            .map(|text| text.map(|text| parse_time(text).ok_or(())).transpose())
            .collect()
    } else if let Ok(seconds) = cells.i64() {
        seconds
            .iter()
            .map(|cell| {
                cell.map(|seconds| seconds.checked_mul(MICROS).ok_or(()))
                    .transpose()
            })
            .collect()
    } else if let Ok(seconds) = cells.f64() {
        seconds
            .iter()
            .map(|cell| cell.map(from_seconds).transpose())
            .collect()
    } else {
        return Err(Error::ColumnKind {
            column: column.to_owned(),
            expected: "text or numbers",
            found: cells.dtype().to_string(),
        });
    };
    let error = |row| Error::Time {
        column: column.to_owned(),
        row,
        expected: EXPECTED,
    };
    parsed
        .into_iter()
        .enumerate()
        .map(|(row, cell)| cell.map_err(|()| error(row)))
        .collect()
}

fn from_seconds(seconds: f64) -> Result<i64, ()> {
    let micros = (seconds * MICROS as f64).round();
    // The bounds of `i64` are no `f64`s; these are the nearest ones inside.
    if micros.abs() < 9.2e18 {
        Ok(micros as i64)
    } else {
        Err(())
    }
}

/// A text as microseconds since 1970-01-01 UTC, in the forms of [`parse_timestamps`].
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    // Every form begins with a year; most texts do not.
    let is_time = text.len() >= 8 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if !is_time {
        return None;
    }
    usual(text).or_else(|| unusual(text))
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
