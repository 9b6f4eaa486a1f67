//! One field of an expression: its name, its bounds, the values it lets through.

use std::fmt;

use super::error::ExpressionError;
use super::part::{Part, bits_of, parse_part};

/// The six fields, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldName {
    /// Second, 0 to 59; the optional first field.
    Second,
    /// Minute, 0 to 59.
    Minute,
    /// Hour, 0 to 23.
    Hour,
    /// Day of the month, 1 to 31.
    Day,
    /// Month, 1 to 12 or a name.
    Month,
    /// Day of the week, 0 to 7 or a name; 0 and 7 are Sunday.
    Weekday,
}

const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl FieldName {
    /// The name used in messages.
    pub fn name(self) -> &'static str {
        match self {
            FieldName::Second => "second",
            FieldName::Minute => "minute",
            FieldName::Hour => "hour",
            FieldName::Day => "day of month",
            FieldName::Month => "month",
            FieldName::Weekday => "day of week",
        }
    }

    /// Smallest and largest value that may be written.
    pub fn bounds(self) -> (u32, u32) {
        match self {
            FieldName::Second | FieldName::Minute => (0, 59),
            FieldName::Hour => (0, 23),
            FieldName::Day => (1, 31),
            FieldName::Month => (1, 12),
            FieldName::Weekday => (0, 7),
        }
    }

    /// The largest value that `*` means: 7 is another name for Sunday, not an eighth day.
    pub(super) fn last(self) -> u32 {
        match self {
            FieldName::Weekday => 6,
            _ => self.bounds().1,
        }
    }

    /// The names of its values, from the smallest on.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            FieldName::Month => MONTHS,
            FieldName::Weekday => WEEKDAYS,
            _ => &[],
        }
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The values that a field lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    parts: Vec<Part>,
    /// Bit n is set when the value n is let through; Sunday is bit 0.
    bits: u64,
}

impl Field {
    /// Exactly one value.
    pub(super) fn only(value: u32) -> Field {
        Field {
            parts: vec![Part::One(value)],
            bits: 1 << value,
        }
    }

    /// Reads a comma-separated list.
    pub(super) fn parse(name: FieldName, text: &str) -> Result<Field, ExpressionError> {
        let mut parts = Vec::new();
        for part in text.split(',') {
            let part = parse_part(name, part)?;
            // `0,7` is Sunday once.
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        let bits = parts
            .iter()
            .fold(0, |bits, part| bits | bits_of(name, part));
        Ok(Field { parts, bits })
    }

    /// Whether the value is let through.
    pub fn holds(&self, value: u32) -> bool {
        self.bits >> value & 1 == 1
    }

    /// The smallest value let through that is at least `from`.
    pub(super) fn at_least(&self, from: u32) -> Option<u32> {
        let rest = self.bits.checked_shr(from).unwrap_or(0);
        (rest != 0).then(|| from + rest.trailing_zeros())
    }

    /// The smallest value let through; there is always one.
    pub(super) fn first(&self) -> u32 {
        self.bits.trailing_zeros()
    }

    /// How many values are let through.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.bits.count_ones())
    }

    /// Whether the field *begins* with `*`; ISC cron takes such a field for unrestricted, `*/5` included.
    pub fn begins_with_star(&self) -> bool {
        matches!(self.parts.first(), Some(Part::All { .. }))
    }

    /// The one value, where a plain number was written.
    pub(super) fn single(&self) -> Option<u32> {
        match self.parts[..] {
            [Part::One(value)] => Some(value),
            _ => None,
        }
    }

    /// The step, where `*` or `*/step` is all that was written.
    pub(super) fn step_of_all(&self) -> Option<u32> {
        match self.parts[..] {
            [Part::All { step }] => Some(step),
            _ => None,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 {
                out.write_str(",")?;
            }
            write!(out, "{part}")?;
        }
        Ok(())
    }
}
