//! Times, days and spans of time: their literals, their parts, and what can be added to them.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, Timelike};

use super::tree::{Literal, Operator, Part};
use super::values::{Type, Values, map, zip};
use super::whole::floor_div;
use crate::text::short;

const MICROS: i64 = 1_000_000;
const DAY: i64 = 86_400 * MICROS;

fn moment(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc())
}

fn micros_of(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN)
        .and_utc()
        .timestamp_micros()
}

/// `2026-11-21` behind `DATE`, in microseconds since 1970.
///
/// # Errors
/// When there is no such day.
pub fn date_literal(text: &str) -> Result<i64, String> {
    let is_digits =
        |part: &str, n: usize| part.len() == n && part.bytes().all(|it| it.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    let day = match parts[..] {
        [year, month, day] if is_digits(year, 4) && is_digits(month, 2) && is_digits(day, 2) => {
            day_of(text)
        }
        _ => None,
    };
    day.ok_or_else(|| {
        format!(
            "`DATE '{}'` is not a day such as DATE '2026-11-21'",
            short(text)
        )
    })
}

/// A day `2026-11-21` in microseconds since 1970.
pub fn day_of(text: &str) -> Option<i64> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .map(micros_of)
}

/// `1 month 2 days` in months and microseconds.
///
/// # Errors
/// When it is not made of whole numbers and units.
pub fn interval(text: &str) -> Result<(i32, i64), String> {
    let wrong = || {
        format!(
            "`INTERVAL '{}'` is not made of whole numbers and units such as '1 day 2 hours'",
            short(text)
        )
    };
    let (mut months, mut micros) = (0_i32, 0_i64);
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest
            .find(|it: char| !it.is_ascii_digit())
            .ok_or_else(wrong)?;
        let (digits, after) = rest.split_at(end);
        let number: i64 = digits.parse().map_err(|_| wrong())?;
        let after = after.trim_start_matches([' ', ',']);
        let end = after
            .find(|it: char| !it.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (unit_months, unit_micros) = match unit.to_ascii_lowercase().as_str() {
            "us" | "microsecond" | "microseconds" => (0, 1),
            "ms" | "millisecond" | "milliseconds" => (0, 1_000),
            "s" | "sec" | "secs" | "second" | "seconds" => (0, MICROS),
            "m" | "min" | "mins" | "minute" | "minutes" => (0, 60 * MICROS),
            "h" | "hour" | "hours" => (0, 3_600 * MICROS),
            "d" | "day" | "days" => (0, DAY),
            "w" | "week" | "weeks" => (0, 7 * DAY),
            "mo" | "mon" | "mons" | "month" | "months" => (1, 0),
            "q" | "quarter" | "quarters" => (3, 0),
            "y" | "year" | "years" => (12, 0),
            _ => return Err(wrong()),
        };
        let more = i32::try_from(number)
            .ok()
            .and_then(|it| it.checked_mul(unit_months));
        // Months are bounded by their type, whatever the unit.
        let more = if unit_months == 0 { Some(0) } else { more };
        months = more
            .and_then(|it| months.checked_add(it))
            .ok_or_else(wrong)?;
        let more = number.checked_mul(unit_micros);
        micros = more
            .and_then(|it| micros.checked_add(it))
            .ok_or_else(wrong)?;
        rest = after.trim_start_matches([' ', ',']);
    }
    Ok((months, micros))
}

/// A time and an interval of months and microseconds: the day of the month is kept where the month has it.
fn shifted(micros: i64, months: i32, more: i64) -> Option<i64> {
    let moved = match months {
        0 => micros,
        months => {
            let time = moment(micros)?;
            let by = Months::new(months.unsigned_abs());
            let moved = if months > 0 {
                time.checked_add_months(by)?
            } else {
                time.checked_sub_months(by)?
            };
            moved.and_utc().timestamp_micros()
        }
    };
    moved.checked_add(more)
}

/// `time + interval` and `time - interval`; a day stays a day.
///
/// # Errors
/// When there is no time to the left.
pub fn with_interval<'a>(
    left: Values<'a>,
    operator: Operator,
    months: i32,
    micros: i64,
) -> Result<Values<'a>, String> {
    let sign: i64 = if operator == Operator::Minus { -1 } else { 1 };
    let months_by = months * sign as i32;
    let by = micros.checked_mul(sign);
    let shift = |it: i64| shifted(it, months_by, by?);
    Ok(match left {
        Values::Time(cells) => Values::Time(map(cells, shift)),
        Values::Date(cells) => {
            Values::Date(map(cells, |it| Some(shift(it)?.div_euclid(DAY) * DAY)))
        }
        Values::Span(cells) if months == 0 => Values::Span(map(cells, |it| it.checked_add(by?))),
        Values::Nothing(n) => Values::Nothing(n),
        left => {
            return Err(format!(
                "an `INTERVAL` can be added to a time, not to {}",
                left.kind().words()
            ));
        }
    })
}

/// A literal that is an interval, as a span of time.
///
/// # Errors
/// When it has months, which are of no fixed length.
pub fn fixed(literal: &Literal) -> Result<i64, String> {
    match literal {
        Literal::Interval(0, micros) => Ok(*micros),
        _ => Err(
            "an `INTERVAL` of months, quarters or years can only be added to a time".to_string(),
        ),
    }
}

/// `+ - * /` where one side is a time or a span of time; `None` where neither is.
///
/// # Errors
/// When the two cannot be taken together.
pub fn arithmetic<'a>(
    left: Values<'a>,
    operator: Operator,
    right: Values<'a>,
) -> Result<Values<'a>, String> {
    let is_time = |it: Type| matches!(it, Type::Time | Type::Date | Type::Nothing);
    let (one, other) = (left.kind(), right.kind());
    let rejected = || {
        Err(format!(
            "`{}` does not work on {} and {}",
            operator.sign(),
            one.words(),
            other.words()
        ))
    };
    let scaled = |span: Vec<Option<i64>>, by: Values<'a>| match by {
        Values::Integer(cells) => Some(zip(span, cells, |span, by| span.checked_mul(by))),
        by => by
            .numbers()
            .map(|cells| zip(span, cells, |span, by| whole(span as f64 * by))),
    };
    let made = match (operator, left, right) {
        (Operator::Minus, left, right) if is_time(one) && is_time(other) => {
            let (left, right) = (left.times(), right.times());
            let pair = left.zip(right);
            pair.map(|(left, right)| Values::Span(zip(left, right, i64::checked_sub)))
        }
        (Operator::Plus, Values::Span(left), Values::Span(right)) => {
            Some(Values::Span(zip(left, right, i64::checked_add)))
        }
        (Operator::Minus, Values::Span(left), Values::Span(right)) => {
            Some(Values::Span(zip(left, right, i64::checked_sub)))
        }
        (Operator::Divide, Values::Span(left), Values::Span(right)) => {
            Some(Values::Number(zip(left, right, |left, right| {
                Some(left as f64 / right as f64)
            })))
        }
        (Operator::Plus, left, Values::Span(span)) | (Operator::Plus, Values::Span(span), left)
            if left.kind() != Type::Span =>
        {
            let times = left.times();
            times.map(|times| Values::Time(zip(times, span, i64::checked_add)))
        }
        (Operator::Minus, left, Values::Span(span)) => {
            let times = left.times();
            times.map(|times| Values::Time(zip(times, span, i64::checked_sub)))
        }
        (Operator::Times, Values::Span(span), by) | (Operator::Times, by, Values::Span(span))
            if by.kind().is_numeric() || by.kind() == Type::Nothing =>
        {
            scaled(span, by).map(Values::Span)
        }
        (Operator::Divide, Values::Span(span), Values::Integer(by)) => {
            Some(Values::Span(zip(span, by, floor_div)))
        }
        (Operator::Divide, Values::Span(span), by) => by
            .numbers()
            .map(|by| Values::Span(zip(span, by, |span, by| whole(span as f64 / by)))),
        _ => None,
    };
    made.map_or_else(rejected, Ok)
}

/// Without its fraction, where it is a whole number of 64 bits.
fn whole(number: f64) -> Option<i64> {
    (number.abs() < 9.2e18).then_some(number as i64)
}

/// A part of each time.
///
/// # Errors
/// When there are none.
pub fn extract(part: Part, values: Values<'_>) -> Result<Values<'static>, String> {
    let kind = values.kind();
    if let (Part::Epoch, Values::Span(cells)) = (part, &values) {
        return Ok(Values::Number(map(cells.clone(), |span| {
            Some(span as f64 / 1e6)
        })));
    }
    let Some(times) = values.times() else {
        return Err(format!(
            "`EXTRACT` needs a time, not {}; a column is one when `features.columns.<name>.encode` is `date`",
            kind.words()
        ));
    };
    let whole = |read: fn(NaiveDateTime) -> i64| {
        Values::Integer(map(times.clone(), |it| moment(it).map(read)))
    };
    // Seconds of the minute in smaller units, and what is below the second.
    let fine = |per_second: f64, per_nano: f64| {
        Values::Number(map(times.clone(), |it| {
            let time = moment(it)?;
            let nanos = f64::from(time.nanosecond());
            Some(f64::from(time.second()) * per_second + nanos / per_nano)
        }))
    };
    Ok(match part {
        Part::Millennium => whole(|it| i64::from((it.year() - 1).div_euclid(1000) + 1)),
        Part::Century => whole(|it| i64::from((it.year() - 1).div_euclid(100) + 1)),
        Part::Decade => whole(|it| i64::from(it.year().div_euclid(10))),
        Part::IsoYear => whole(|it| i64::from(it.iso_week().year())),
        Part::Year => whole(|it| i64::from(it.year())),
        Part::Quarter => whole(|it| i64::from(it.month0() / 3 + 1)),
        Part::Month => whole(|it| i64::from(it.month())),
        Part::Week => whole(|it| i64::from(it.iso_week().week())),
        Part::DayOfYear => whole(|it| i64::from(it.ordinal())),
        Part::DayOfWeek => whole(|it| i64::from(it.weekday().num_days_from_sunday())),
        Part::IsoDayOfWeek => whole(|it| i64::from(it.weekday().number_from_monday())),
        Part::Day => whole(|it| i64::from(it.day())),
        Part::Hour => whole(|it| i64::from(it.hour())),
        Part::Minute => whole(|it| i64::from(it.minute())),
        Part::Second => whole(|it| i64::from(it.second())),
        Part::Millisecond => fine(1e3, 1e6),
        Part::Microsecond => fine(1e6, 1e3),
        Part::Nanosecond => fine(1e9, 1.0),
        Part::Epoch => Values::Number(map(times, |it| {
            let nanos = it.rem_euclid(MICROS) * 1000;
            Some(it.div_euclid(MICROS) as f64 + nanos as f64 / 1e9)
        })),
        Part::TimeOfDay => time_of_day(times),
    })
}

/// `hh:mm:ss` of each time.
pub fn time_of_day(times: Vec<Option<i64>>) -> Values<'static> {
    Values::Text(map(times, |it| {
        Some(moment(it)?.format("%H:%M:%S").to_string().into())
    }))
}

/// Most bytes of a format of times.
const MOST_OF_FORMAT: usize = 500;

/// Whether a format can be written.
///
/// # Errors
/// When it has a part that a time without a zone does not have.
pub fn check_format(format: &str) -> Result<(), String> {
    if format.len() > MOST_OF_FORMAT {
        return Err(format!(
            "the format of `STRFTIME` is longer than {MOST_OF_FORMAT} characters"
        ));
    }
    let is_known = StrftimeItems::new(format).all(|item| !matches!(item, Item::Error));
    if is_known && written(0, format).is_some() {
        Ok(())
    } else {
        Err(format!(
            "`{format}` is not a format of times such as '%Y-%m-%d'"
        ))
    }
}

/// Each time in a format that was checked.
///
/// # Errors
/// When there are none.
pub fn formatted(values: Values<'_>, format: &str) -> Result<Values<'static>, String> {
    let kind = values.kind();
    let times = values
        .times()
        .ok_or_else(|| format!("`STRFTIME` needs a time, not {}", kind.words()))?;
    Ok(Values::Text(map(times, |it| {
        written(it, format).map(Into::into)
    })))
}

fn written(micros: i64, format: &str) -> Option<String> {
    let mut text = String::new();
    write!(text, "{}", moment(micros)?.format(format)).ok()?;
    Some(text)
}

/// A time as a text: `2026-11-21 07:50:03.000000`.
pub fn time_text(micros: i64) -> Option<String> {
    written(micros, "%Y-%m-%d %H:%M:%S%.6f")
}

/// A time as a cell of a data set: `2026-11-21 07:50:03`, its fraction where it has one.
pub fn time_cell(micros: i64) -> Option<String> {
    written(micros, "%Y-%m-%d %H:%M:%S%.f")
}

/// A day as a text.
pub fn day_text(micros: i64) -> Option<String> {
    written(micros, "%Y-%m-%d")
}

/// Days since 1970.
pub fn days(micros: i64) -> i64 {
    micros.div_euclid(DAY)
}

/// The day of a time.
pub fn midnight(micros: i64) -> i64 {
    days(micros) * DAY
}
