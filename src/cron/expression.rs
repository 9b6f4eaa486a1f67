//! A cron expression: read, checked whole, written back in its normal form, and queried for wall times.
//!
//! It knows no time zone: what it says is about the clock on the wall. [`next_after`](super::next_after) puts that on the
//! line of time.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::error::ExpressionError;
use super::field::Field;
use super::field_name::FieldName;

const NICKNAMES: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Names of the five usual fields.
const FIVE: [FieldName; 5] = [
    FieldName::Minute,
    FieldName::Hour,
    FieldName::Day,
    FieldName::Month,
    FieldName::Weekday,
];

/// How far a next tick is looked for. The 29th of February falls on a given weekday at least every 40 years.
const MOST_YEARS: i32 = 50;

/// When something is to happen, by the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    second: Field,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    weekday: Field,
}

impl Expression {
    /// Reads five fields, six with seconds first, or a nickname such as `@daily`.
    ///
    /// # Errors
    /// The first field that is wrong, with what would be right; an expression that no calendar fulfils.
    pub fn parse(text: &str) -> Result<Expression, ExpressionError> {
        let text = text.trim();
        if text.starts_with('@') {
            return Expression::parse(nickname(text)?);
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        let (second, five) = match words[..] {
            [] => return Err(ExpressionError::Empty),
            [_, _, _, _, _] => (Field::only(0), &words[..]),
            [second, _, _, _, _, _] => (Field::parse(FieldName::Second, second)?, &words[1..]),
            _ => return Err(ExpressionError::FieldCount { found: words.len() }),
        };
        let field = |at: usize| Field::parse(FIVE[at], five[at]);
        let expression = Expression {
            second,
            minute: field(0)?,
            hour: field(1)?,
            day: field(2)?,
            month: field(3)?,
            weekday: field(4)?,
        };
        if expression.has_a_day() {
            Ok(expression)
        } else {
            Err(ExpressionError::Never {
                expression: expression.to_string(),
            })
        }
    }

    /// Whether it follows elapsed time at a change of the clocks: hour, minute or second begins with `*`.
    ///
    /// Otherwise it names fixed times of the day, and each of them happens once a day.
    pub fn is_wildcard(&self) -> bool {
        [&self.hour, &self.minute, &self.second]
            .iter()
            .any(|field| field.begins_with_star())
    }

    /// Whether it fires when the clock on the wall shows this.
    pub fn matches(&self, wall: NaiveDateTime) -> bool {
        self.matches_day(wall.date())
            && self.hour.holds(wall.hour())
            && self.minute.holds(wall.minute())
            && self.second.holds(wall.second())
    }

    /// The first wall time at or after `from`.
    pub(super) fn wall_from(&self, from: NaiveDateTime) -> Option<NaiveDateTime> {
        if self.matches_day(from.date())
            && let Some(time) = self.time_from(from.time())
        {
            return Some(from.date().and_time(time));
        }
        let date = self.date_from(from.date().succ_opt()?)?;
        Some(date.and_time(self.first_time()?))
    }

    /// The first time of each day that has one.
    pub(super) fn first_time(&self) -> Option<NaiveTime> {
        let (hour, minute) = (self.hour.first(), self.minute.first());
        NaiveTime::from_hms_opt(hour, minute, self.second.first())
    }

    /// How often it fires on a day that it fires on and on which the clocks do not change.
    pub(super) fn times_a_day(&self) -> u64 {
        self.hour.count() * self.minute.count() * self.second.count()
    }

    /// Seconds, minutes, hours, days, months, weekdays, for a description.
    pub(super) fn fields(&self) -> [&Field; 6] {
        [
            &self.second,
            &self.minute,
            &self.hour,
            &self.day,
            &self.month,
            &self.weekday,
        ]
    }

    /// ISC cron's rule: when both day fields are restricted, either is enough; else both must hold.
    fn matches_day(&self, date: NaiveDate) -> bool {
        self.month.holds(date.month()) && self.matches_day_of_month(date)
    }

    fn matches_day_of_month(&self, date: NaiveDate) -> bool {
        let day = self.day.holds(date.day());
        let weekday = self.weekday.holds(date.weekday().num_days_from_sunday());
        if self.is_either_day() {
            day || weekday
        } else {
            day && weekday
        }
    }

    fn is_either_day(&self) -> bool {
        !self.day.begins_with_star() && !self.weekday.begins_with_star()
    }

    /// Every date falls on every weekday some year, so only the month and the day of month can contradict each other.
    fn has_a_day(&self) -> bool {
        let longest = |month: u32| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let fits = |month: u32| self.month.holds(month) && self.day.first() <= longest(month);
        self.is_either_day() || (1..=12).any(fits)
    }

    fn date_from(&self, from: NaiveDate) -> Option<NaiveDate> {
        let last_year = from.year().checked_add(MOST_YEARS)?;
        let (mut year, mut month, mut day) = (from.year(), from.month(), from.day());
        while year <= last_year {
            let Some(found) = self.month.at_least(month) else {
                (year, month, day) = (year + 1, 1, 1);
                continue;
            };
            if found > month {
                (month, day) = (found, 1);
            }
            let mut dates = (day..=31).filter_map(|day| NaiveDate::from_ymd_opt(year, month, day));
            if let Some(date) = dates.find(|date| self.matches_day_of_month(*date)) {
                return Some(date);
            }
            (month, day) = (month + 1, 1);
        }
        None
    }

    /// The first time of day at or after `from`.
    fn time_from(&self, from: NaiveTime) -> Option<NaiveTime> {
        let hour = self.hour.at_least(from.hour())?;
        if hour == from.hour() {
            if let Some((minute, second)) = self.minute_from(from.minute(), from.second()) {
                return NaiveTime::from_hms_opt(hour, minute, second);
            }
            let later = self.hour.at_least(hour + 1)?;
            return NaiveTime::from_hms_opt(later, self.minute.first(), self.second.first());
        }
        NaiveTime::from_hms_opt(hour, self.minute.first(), self.second.first())
    }

    fn minute_from(&self, minute: u32, second: u32) -> Option<(u32, u32)> {
        if self.minute.holds(minute)
            && let Some(second) = self.second.at_least(second)
        {
            return Some((minute, second));
        }
        let later = self.minute.at_least(minute + 1)?;
        Some((later, self.second.first()))
    }
}

impl fmt::Display for Expression {
    /// The normal form: numbers for names, no nicknames, no second 0, one space between fields. Two expressions with the
    /// same normal form mean the same.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.second.single() != Some(0) {
            write!(out, "{} ", self.second)?;
        }
        let (minute, hour) = (&self.minute, &self.hour);
        let (day, month, weekday) = (&self.day, &self.month, &self.weekday);
        write!(out, "{minute} {hour} {day} {month} {weekday}")
    }
}

impl FromStr for Expression {
    type Err = ExpressionError;

    fn from_str(text: &str) -> Result<Expression, ExpressionError> {
        Expression::parse(text)
    }
}

fn nickname(text: &str) -> Result<&'static str, ExpressionError> {
    let word = text.to_ascii_lowercase();
    if word == "@reboot" {
        return Err(ExpressionError::Reboot);
    }
    let found = NICKNAMES.iter().find(|(name, _)| *name == word);
    found
        .map(|(_, fields)| *fields)
        .ok_or_else(|| ExpressionError::Nickname {
            nickname: text.to_string(),
        })
}
