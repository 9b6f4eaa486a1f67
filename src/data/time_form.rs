//! How the cells of a column are read as times: forms of texts, and the unit of numbers. Decided once, on the whole column;
//! what was decided is kept with a version, so that training, test data and requests read alike.

mod found;
mod unit;

#[cfg(test)]
mod tests;

pub use found::{TimeColumn, TimeSettings, time_column};
pub use unit::EpochUnit;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
use polars::prelude::{Column, DataFrame};
use serde::{Deserialize, Serialize};

use super::time::parse_time;

/// How the cells of one column are read as times. ISO 8601 and RFC 3339 are always read where the column holds texts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeForm {
    /// strftime forms that are tried in order after ISO 8601.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formats: Vec<String>,
    /// What numbers count.
    pub unit: EpochUnit,
}

impl TimeForm {
    /// Whether it is the one that stands for itself: ISO 8601, and seconds.
    pub fn is_usual(&self) -> bool {
        *self == TimeForm::default()
    }

    /// A text as microseconds since 1970; without a zone it counts as UTC.
    pub fn text(&self, text: &str) -> Option<i64> {
        parse_time(text).or_else(|| {
            let text = text.trim();
            self.formats
                .iter()
                .find_map(|format| by_format(text, format))
        })
    }

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

    /// What a reader of a message should write, for a column of texts or of numbers.
    pub fn says(&self, is_numeric: bool) -> String {
        match (is_numeric, self.formats.is_empty()) {
            (true, _) => self.unit.name().to_string(),
            (false, true) => "ISO 8601, as in 2025-01-31".to_string(),
            (false, false) => format!("`{}` or ISO 8601", self.formats.join("` or `")),
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

/// A text in a strftime form as microseconds since 1970; without a zone it counts as UTC. A year of four digits is one from
/// 1000 on, so that `%Y` does not take 25 for the year 25.
fn by_format(text: &str, format: &str) -> Option<i64> {
    if format.contains("%y") && !has_short_year(text, format) {
        return None;
    }
    let has = |specs: &[&str]| specs.iter().any(|spec| format.contains(spec));
    let (time, year) = if has(&["%z", "%:z", "%#z", "%+"]) {
        let time = DateTime::parse_from_str(text, format).ok()?;
        (time.timestamp_micros(), time.year())
    } else if has(&["%H", "%I", "%k", "%l", "%T", "%R", "%r", "%X", "%c", "%s"]) {
        let time = NaiveDateTime::parse_from_str(text, format).ok()?;
        (time.and_utc().timestamp_micros(), time.year())
    } else {
        let day = NaiveDate::parse_from_str(text, format).ok()?;
        (
            day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros(),
            day.year(),
        )
    };
    (1000..=9999).contains(&year).then_some(time)
}

/// Whether a year of two digits stands where the day ends, so that `1.2.3` is none.
fn has_short_year(text: &str, format: &str) -> bool {
    // The `T` of `OCT` ends no day.
    let is_digit = |byte: Option<&u8>| byte.is_some_and(|it| it.is_ascii_digit() || *it == b'%');
    let day = |whole: &'_ str| {
        let bytes = whole.as_bytes();
        let ends = |at: &usize| match bytes[*at] {
            b' ' | b',' => true,
            b'T' => is_digit(bytes.get(at + 1)),
            _ => false,
        };
        (0..bytes.len()).find(ends).unwrap_or(bytes.len())
    };
    if !format[..day(format)].ends_with("%y") {
        return true;
    }
    let digits = text[..day(text)]
        .bytes()
        .rev()
        .take_while(u8::is_ascii_digit);
    digits.count() == 2
}

/// Whether a form can be read at all, and holds a whole day.
pub fn is_time_format(format: &str) -> bool {
    use chrono::format::{Item, StrftimeItems};
    if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return false;
    }
    // What it writes of a day it must read.
    let Some(day) =
        NaiveDate::from_ymd_opt(2025, 1, 31).and_then(|day| day.and_hms_opt(13, 14, 15))
    else {
        return false;
    };
    let written = day.and_utc().fixed_offset().format(format).to_string();
    by_format(&written, format).is_some_and(|time| time.div_euclid(86_400_000_000) == 20_119)
}
