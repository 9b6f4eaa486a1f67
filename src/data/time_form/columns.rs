//! Columns of frames read as times in a form.

use chrono::DateTime;
use polars::prelude::{Column, DataFrame};

use super::TimeForm;

impl TimeForm {
    /// The cells of a column as microseconds since 1970; what is not a time is missing.
    pub fn times(&self, column: &Column) -> Vec<Option<i64>> {
        if let Ok(texts) = column.str() {
            texts.iter().map(|text| self.text(text?)).collect()
        } else if let Ok(numbers) = column.i64() {
            numbers.iter().map(|it| self.unit.integer(it?)).collect()
        } else if let Ok(numbers) = column.f64() {
            numbers.iter().map(|it| self.unit.number(it?)).collect()
        } else {
            vec![None; column.len()]
        }
    }
}

/// Does some work on a frame in which the columns of these forms are written in ISO 8601, and puts them back as they were.
///
/// # Errors
/// What the work says.
pub fn with_iso_times<E>(
    frame: &DataFrame,
    forms: &[(String, TimeForm)],
    work: impl FnOnce(&DataFrame) -> Result<DataFrame, E>,
) -> Result<DataFrame, E> {
    let mut iso = frame.clone();
    let mut replaced = Vec::new();
    for (name, form) in forms.iter().filter(|(_, form)| !form.is_usual()) {
        let Ok(column) = frame.column(name) else {
            continue;
        };
        let text = |time: Option<i64>| {
            Some(
                DateTime::from_timestamp_micros(time?)?
                    .format("%Y-%m-%dT%H:%M:%S%.6f")
                    .to_string(),
            )
        };
        let texts: Vec<Option<String>> = form.times(column).into_iter().map(text).collect();
        // A column of the same name and length always fits.
        if iso
            .with_column(Column::new(column.name().clone(), texts))
            .is_ok()
        {
            replaced.push(column.clone());
        }
    }
    let mut done = work(&iso)?;
    for column in replaced {
        let _ = done.with_column(column);
    }
    Ok(done)
}
