//! The five fields of an expression by name, with their bounds and the names of their values.

use std::fmt;

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

pub(super) const MONTHS: &[&str] = &[
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];

pub(super) const WEEKDAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

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
