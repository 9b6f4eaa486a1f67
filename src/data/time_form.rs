//! How the cells of a column are read as times: forms of texts, and the unit of numbers. Decided once, on the whole column;
//! what was decided is kept with a version, so that training, test data and requests read alike.

#[cfg(feature = "train")]
mod columns;
#[cfg(feature = "train")]
mod found;
mod settings;
mod unit;

#[cfg(test)]
mod tests;

#[cfg(feature = "train")]
pub use columns::with_iso_times;
#[cfg(feature = "train")]
pub use found::{TimeColumn, time_column};
pub use settings::TimeSettings;
pub use unit::EpochUnit;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};
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

    /// What a reader of a message should write, for a column of texts or of numbers.
    pub fn says(&self, is_numeric: bool) -> String {
        match (is_numeric, self.formats.is_empty()) {
            (true, _) => self.unit.name().to_string(),
            (false, true) => "ISO 8601, as in 2025-01-31".to_string(),
            (false, false) => format!("`{}` or ISO 8601", self.formats.join("` or `")),
        }
    }
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
