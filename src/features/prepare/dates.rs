//! Parts of a time: what of it may matter more than how long ago it was.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Timelike};
use serde::{Deserialize, Serialize};

use crate::config::features::{DatePart, Range};
use crate::data::{TimeForm, Values};

pub(super) const MICROS_PER_DAY: f64 = 86_400e6;
const DAYS_PER_YEAR: f64 = 366.0;
/// What lies outside of all named ranges.
const OTHER: &str = "other";

/// A column of times and the columns that it becomes, named `column.part`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dates {
    /// The column.
    pub column: String,
    /// Its parts, each a column.
    pub parts: Vec<DatePart>,
    /// The first time of the training rows, in microseconds since 1970.
    pub first: i64,
    /// The last one; bundles of older programs do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// How its cells are read as times.
    #[serde(default, skip_serializing_if = "TimeForm::is_usual")]
    pub form: TimeForm,
    /// Seasons by name, in the order in which they are looked through: ranges of month × 100 + day, both ends inside.
    #[serde(default)]
    pub seasons: Vec<(String, Vec<Range>)>,
    /// Periods of the day by name: ranges of minutes, both ends inside.
    #[serde(default)]
    pub periods: Vec<(String, Vec<Range>)>,
}

impl Dates {
    /// The name of a part's column.
    pub fn name_of(&self, part: DatePart) -> String {
        format!("{}.{}", self.column, part.name())
    }

    /// Whether it can be done.
    pub fn is_sound(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(|part| self.has(*part))
    }

    /// Whether a part has what it needs.
    fn has(&self, part: DatePart) -> bool {
        match part {
            DatePart::Season => !self.seasons.is_empty(),
            DatePart::Period => !self.periods.is_empty(),
            _ => true,
        }
    }

    /// The days since the first time that are not far from those of training: up to as long before and after them as training
    /// spans, at least a year, since the rows of today come later than those that were learned from.
    pub fn usual_days(&self) -> Option<(f64, f64)> {
        let span = self.last?.checked_sub(self.first)? as f64 / MICROS_PER_DAY;
        let beyond = span.max(DAYS_PER_YEAR);
        Some((-beyond, span + beyond))
    }

    /// The parts of times in microseconds since 1970, by the names of their columns.
    pub fn values(&self, times: &[Option<i64>]) -> Vec<(String, Values<'static>)> {
        let of = |part: &DatePart| (self.name_of(*part), self.values_of(*part, times));
        self.parts.iter().map(of).collect()
    }

    fn values_of(&self, part: DatePart, times: &[Option<i64>]) -> Values<'static> {
        let whole = |read: fn(&DateTime<chrono::Utc>) -> u32| {
            let read = |time: &Option<i64>| {
                let time = DateTime::from_timestamp_micros((*time)?)?;
                Some(i64::from(read(&time)))
            };
            Values::Integer(times.iter().map(read).collect())
        };
        let named = |ranges: &[(String, Vec<Range>)], read: fn(&DateTime<chrono::Utc>) -> u32| {
            let read = |time: &Option<i64>| {
                let time = DateTime::from_timestamp_micros((*time)?)?;
                Some(Cow::Owned(name_in(ranges, read(&time)).to_string()))
            };
            Values::Text(times.iter().map(read).collect())
        };
        match part {
            DatePart::Month => whole(Datelike::month),
            DatePart::Weekday => whole(|time| time.weekday().number_from_monday()),
            DatePart::Hour => whole(Timelike::hour),
            DatePart::Days => {
                let days = |time: &Option<i64>| {
                    Some((*time)?.checked_sub(self.first)? as f64 / MICROS_PER_DAY)
                };
                Values::Number(times.iter().map(days).collect())
            }
            DatePart::Season => named(&self.seasons, |time| time.month() * 100 + time.day()),
            DatePart::Period => named(&self.periods, |time| time.hour() * 60 + time.minute()),
        }
    }
}

/// The first name with a range that a value lies in.
fn name_in(named: &[(String, Vec<Range>)], value: u32) -> &str {
    let is_in = |&(first, last): &Range| {
        if first <= last {
            return first <= value && value <= last;
        }
        // Around the end of the year or the day.
        value >= first || value <= last
    };
    let mut names = named.iter();
    let found = names.find(|(_, ranges)| ranges.iter().any(is_in));
    found.map_or(OTHER, |(name, _)| name)
}

/// A number as a whole one of 64 bits; `None` for any other.
pub fn whole_number(number: f64) -> Option<i64> {
    // -2^63 is the smallest; 2^63 is one too large.
    let range = i64::MIN as f64..-(i64::MIN as f64);
    (number.fract() == 0.0 && range.contains(&number)).then_some(number as i64)
}
