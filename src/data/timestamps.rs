//! Columns as points in time.

use polars::prelude::{Column, DataFrame};

use super::Error;
use super::time_form::{TimeColumn, TimeForm, TimeSettings, time_column};

/// What a time in text may look like.
pub(super) const EXPECTED: &str = "a date, a date with a time, RFC 3339, or unix seconds in a column of numbers; `ingest.date_formats` names other forms";

/// The cells of a column as microseconds since 1970-01-01 UTC; a missing cell stays missing.
///
/// Text: `2026-11-21`, `2026-11-21 07:50[:03[.5]]` (also with `T`; without a zone taken as UTC), RFC 3339 and `+0100`
/// zones. Numbers: seconds since 1970.
///
/// # Errors
/// When the column is not there, is one of booleans, or a cell is not a time (with its row).
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
/// As [`parse_timestamps`]; when it is not clear how the column is meant.
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

pub(super) fn time_cells<'a>(frame: &'a DataFrame, column: &str) -> Result<&'a Column, Error> {
    let cells = frame.column(column).map_err(|_| Error::NoColumn {
        column: column.to_owned(),
    })?;
    if cells.str().is_ok() || cells.i64().is_ok() || cells.f64().is_ok() {
        Ok(cells)
    } else {
        Err(Error::ColumnKind {
            column: column.to_owned(),
            expected: "text or numbers",
            found: cells.dtype().to_string(),
        })
    }
}

pub(super) fn read_all(
    cells: &Column,
    column: &str,
    form: &TimeForm,
) -> Result<Vec<Option<i64>>, Error> {
    let times = form.times(cells);
    let is_there = cells.is_not_null();
    let mut strange = is_there.iter().zip(&times);
    match strange.position(|(is_there, time)| is_there == Some(true) && time.is_none()) {
        None => Ok(times),
        Some(row) => Err(Error::Time {
            column: column.to_owned(),
            row,
            expected: if form.is_usual() {
                EXPECTED.to_string()
            } else {
                form.says(cells.str().is_err())
            },
        }),
    }
}
