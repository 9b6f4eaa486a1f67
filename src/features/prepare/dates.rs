//! Parts of a time: what of it may matter more than how long ago it was.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Timelike};
use polars::prelude::{Column, DataType};
use serde::{Deserialize, Serialize};

use crate::config::features::{DatePart, Range};
use crate::data::{TimeForm, Values};

const MICROS_PER_DAY: f64 = 86_400e6;
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

    /// How many cells of its column are far outside the times of training.
    pub fn far(&self, column: &Column) -> usize {
        let Some((low, high)) = self.usual_days() else {
            return 0;
        };
        let times = self.form.times(column);
        let days = times
            .iter()
            .flatten()
            .filter_map(|time| time.checked_sub(self.first));
        days.filter(|micros| !(low..=high).contains(&(*micros as f64 / MICROS_PER_DAY)))
            .count()
    }

    /// The parts of times in microseconds since 1970, a column each.
    pub fn columns(&self, times: &[Option<i64>]) -> Vec<Column> {
        let columns = self.values(times).into_iter();
        columns
            .map(|(name, values)| match values {
                Values::Integer(cells) => Column::new(name.into(), cells),
                Values::Number(cells) => Column::new(name.into(), cells),
                Values::Text(cells) => Column::new(name.into(), cells),
                other => Column::full_null(name.into(), other.len(), &DataType::String),
            })
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::parse_time;

    #[test]
    fn parts_are_those_of_the_calendar() {
        let dates = Dates {
            column: "t".to_string(),
            parts: DatePart::ALL.to_vec(),
            first: parse_time("2024-02-28").expect("a time"),
            last: None,
            form: TimeForm::default(),
            seasons: vec![("high".to_string(), vec![(1215, 303), (715, 731)])],
            periods: vec![
                ("day".to_string(), vec![(300, 719), (720, 1139)]),
                ("night".to_string(), vec![(1140, 299)]),
            ],
        };
        assert!(dates.is_sound());
        let cases = [
            (
                "2024-02-29 04:59:59",
                (2, 4, 4),
                1.0 + 17_999.0 / 86_400.0,
                "high",
                "night",
            ),
            (
                "2024-03-04 05:00",
                (3, 1, 5),
                5.0 + 5.0 / 24.0,
                "other",
                "day",
            ),
            ("2023-12-15", (12, 5, 0), -75.0, "high", "night"),
            (
                "2024-07-31 18:59",
                (7, 3, 18),
                154.0 + 1139.0 / 1440.0,
                "high",
                "day",
            ),
        ];
        for (text, (month, weekday, hour), days, season, period) in cases {
            let columns = dates.columns(&[parse_time(text), None]);
            let whole = |at: usize| columns[at].i64().expect("numbers").get(0);
            assert_eq!(
                (whole(0), whole(1), whole(2)),
                (Some(month), Some(weekday), Some(hour)),
                "{text}"
            );
            let found = columns[3].f64().expect("numbers").get(0).expect("there");
            assert!((found - days).abs() < 1e-12, "{text}: {found}");
            assert_eq!(
                columns[4].str().expect("texts").get(0),
                Some(season),
                "{text}"
            );
            assert_eq!(
                columns[5].str().expect("texts").get(0),
                Some(period),
                "{text}"
            );
            assert!(
                columns.iter().all(|column| column.null_count() == 1),
                "{text}"
            );
        }
    }
}
