//! One field of an expression: its name, its bounds, the values it lets through.

use std::fmt;

use super::error::ExpressionError;
use super::field_name::FieldName;
use super::part::{Part, bits_of, parse_part};

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
