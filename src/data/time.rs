//! Text and integers as points in time.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use polars::prelude::{Column, DataFrame};

use super::Error;
use super::time_form::{TimeColumn, TimeForm, TimeSettings, time_column};

/// What a time in text may look like.
const EXPECTED: &str = "a date, a date with a time, RFC 3339, or unix seconds in a column of numbers; `ingest.date_formats` names other forms";

/// The cells of a column as microseconds since 1970-01-01 UTC; a missing cell stays missing.
///
/// Text: `2026-11-21`, `2026-11-21 07:50[:03[.5]]` (also with `T`; without a zone taken as UTC), RFC 3339 and `+0100`
/// zones. Numbers: seconds since 1970.
///
/// # Errors
/// When the column is not there, is one of booleans, or a cell is no time (with its row).
pub fn parse_timestamps(frame: &DataFrame, column: &str) -> Result<Vec<Option<i64>>, Error> {
    read_all(time_cells(frame, column)?, column, &TimeForm::default())
}

/// As [`parse_timestamps`], in a form that is known.
///
/// # Errors
/// As [`parse_timestamps`].
pub fn timestamps_in(
    frame: &DataFrame,
    column: &str,
    form: &TimeForm,
) -> Result<Vec<Option<i64>>, Error> {
    read_all(time_cells(frame, column)?, column, form)
}

/// As [`parse_timestamps`], in the form that the settings name or that the whole column shows. Where no unit of numbers is
/// known, they count as seconds if `is_for_order`, since then only their order matters.
///
/// # Errors
/// As [`parse_timestamps`]; when it cannot be told how the column is meant.
pub fn timestamps(
    frame: &DataFrame,
    column: &str,
    settings: &TimeSettings,
    is_for_order: bool,
) -> Result<Vec<Option<i64>>, Error> {
    let cells = time_cells(frame, column)?;
    let form = match time_column(cells, 0..frame.height() as u32, settings) {
        TimeColumn::Times { form, .. } => form,
        TimeColumn::UnknownUnit if is_for_order => TimeForm::default(),
        // An empty column, or one whose first cell will be named.
        TimeColumn::Not => TimeForm::default(),
        other => {
            return Err(Error::Times {
                column: column.to_owned(),
                why: other.why_not().unwrap_or_default(),
            });
        }
    };
    read_all(cells, column, &form)
}

fn time_cells<'a>(frame: &'a DataFrame, column: &str) -> Result<&'a Column, Error> {
    let cells = frame.column(column).map_err(|_| Error::NoColumn {
        column: column.to_owned(),
    })?;
    match cells.str().is_ok() || cells.i64().is_ok() || cells.f64().is_ok() {
        true => Ok(cells),
        false => Err(Error::ColumnKind {
            column: column.to_owned(),
            expected: "text or numbers",
            found: cells.dtype().to_string(),
        }),
    }
}

fn read_all(cells: &Column, column: &str, form: &TimeForm) -> Result<Vec<Option<i64>>, Error> {
    let times = form.times(cells);
    let is_there = cells.is_not_null();
    let mut strange = is_there.iter().zip(&times);
    match strange.position(|(is_there, time)| is_there == Some(true) && time.is_none()) {
        None => Ok(times),
        Some(row) => Err(Error::Time {
            column: column.to_owned(),
            row,
            expected: match form.is_usual() {
                true => EXPECTED.to_string(),
                false => form.says(cells.str().is_err()),
            },
        }),
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
