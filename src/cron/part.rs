//! One part of a field's list: how it is read, what it lets through, how it is written back.

use std::fmt;

use super::error::ExpressionError;
use super::field_name::FieldName;

/// What other cron programs understand and this one does not, and what to do here.
const FOREIGN: &[(&str, &str)] = &[
    ("?", "write `*`"),
    ("#", "the n-th weekday of a month cannot be said"),
    ("~", "set the schedule's jitter"),
    ("L", "the last day of a month cannot be said"),
    ("W", "the nearest working day cannot be said"),
    ("H", "set the schedule's jitter"),
];

/// One part of a list, steps included. `step` is 1 where none was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// `*` or `*/step`.
    All { step: u32 },
    /// A plain number.
    One(u32),
    /// `low-high` or `low-high/step`.
    Range { low: u32, high: u32, step: u32 },
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::All { step: 1 } => out.write_str("*"),
            Part::All { step } => write!(out, "*/{step}"),
            Part::One(value) => write!(out, "{value}"),
            Part::Range { low, high, step: 1 } => write!(out, "{low}-{high}"),
            Part::Range { low, high, step } => write!(out, "{low}-{high}/{step}"),
        }
    }
}

/// The values it lets through, as bits; Sunday is bit 0.
pub(super) fn bits_of(name: FieldName, part: &Part) -> u64 {
    let (low, high, step) = match *part {
        Part::All { step } => (name.bounds().0, name.last(), step),
        Part::One(value) => (value, value, 1),
        Part::Range { low, high, step } => (low, high, step),
    };
    let bit = |value: u32| match (name, value) {
        (FieldName::Weekday, 7) => 1,
        _ => 1 << value,
    };
    (low..=high)
        .step_by(step as usize)
        .fold(0, |bits, value| bits | bit(value))
}

/// `*`, `a`, `a-b`, each with an optional `/step`; `a/step` means from `a` to the end.
pub(super) fn parse_part(field: FieldName, part: &str) -> Result<Part, ExpressionError> {
    if part.is_empty() {
        return Err(ExpressionError::EmptyPart { field });
    }
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(parse_step(field, step)?)),
        None => (part, None),
    };
    if range == "*" {
        return Ok(Part::All {
            step: step.unwrap_or(1),
        });
    }
    let (low, high) = match range.split_once('-') {
        Some((low, high)) => {
            let low = parse_value(field, low)?;
            (low, parse_end(field, high, low)?)
        }
        None => {
            let low = parse_value(field, range)?;
            (
                low,
                if step.is_some() {
                    field.last().max(low)
                } else {
                    low
                },
            )
        }
    };
    if low > high {
        return Err(ExpressionError::BackwardRange {
            field,
            range: range.to_string(),
            right: the_other_way_round(field, low, high),
        });
    }
    if low == high {
        // Monday is 1 whichever way it is written; 7 and 0 are both Sunday.
        let is_sunday = field == FieldName::Weekday && low == 7;
        return Ok(Part::One(if is_sunday { 0 } else { low }));
    }
    let step = step.unwrap_or(1);
    Ok(Part::Range { low, high, step })
}

/// What a range over the end of the day, month or year is written as.
fn the_other_way_round(field: FieldName, low: u32, high: u32) -> String {
    let span = |low: u32, high: u32| {
        if low == high {
            low.to_string()
        } else {
            format!("{low}-{high}")
        }
    };
    let (first, last) = (field.bounds().0, field.last());
    if low > last {
        // From the seventh day on: that is Sunday, and so the first.
        return span(first, high);
    }
    format!("{},{}", span(low, last), span(first, high))
}

fn parse_step(field: FieldName, text: &str) -> Result<u32, ExpressionError> {
    let most = field.last() - field.bounds().0;
    match text.parse::<u32>() {
        Ok(step) if is_digits(text) && (1..=most).contains(&step) => Ok(step),
        _ => Err(ExpressionError::Step {
            field,
            step: text.to_string(),
            most,
        }),
    }
}

/// The end of a range. Sunday ends a week as well as it begins one: `FRI-SUN`.
fn parse_end(field: FieldName, text: &str, low: u32) -> Result<u32, ExpressionError> {
    let is_named_sunday = field == FieldName::Weekday && text.eq_ignore_ascii_case("SUN");
    if is_named_sunday && low > 0 {
        return Ok(7);
    }
    parse_value(field, text)
}

fn parse_value(field: FieldName, text: &str) -> Result<u32, ExpressionError> {
    let (low, high) = field.bounds();
    let names = field.names();
    if let Some(at) = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(text))
    {
        return Ok(low + at as u32);
    }
    if is_digits(text) {
        return match text.parse::<u32>() {
            Ok(value) if (low..=high).contains(&value) => Ok(value),
            _ => Err(ExpressionError::OutOfRange {
                field,
                value: text.to_string(),
                low,
                high,
            }),
        };
    }
    let upper = text.to_ascii_uppercase();
    let is_word = text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_long_name = |name: &&&str| is_word && upper.starts_with(**name);
    if let Some(name) = names.iter().find(is_long_name) {
        return Err(ExpressionError::LongName {
            field,
            text: text.to_string(),
            right: name,
        });
    }
    let is_foreign = |(sign, _): &&(&str, &str)| {
        let is_letter = sign.starts_with(char::is_alphabetic);
        if is_letter {
            upper.trim_matches(|c: char| c.is_ascii_digit()) == *sign
        } else {
            text.contains(sign)
        }
    };
    if let Some((sign, instead)) = FOREIGN.iter().find(is_foreign) {
        return Err(ExpressionError::Foreign {
            field,
            sign,
            instead,
        });
    }
    Err(ExpressionError::NotAValue {
        field,
        text: text.to_string(),
        low,
        high,
        names: names.first().copied().zip(names.last().copied()),
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
