//! The usual rows of a CSV body: as many cells in each line as the header has, numbers written plainly, no quote within a cell. Lines
//! end in LF or CR LF, and a cell may stand in quotes.
//!
//! Whatever is unusual makes this reader give up, and the rows are read again by the general one, which then finds the words.
//! What it does read, it reads exactly alike: `tests/any_csv.rs` holds the two against each other.

use super::{Collector, Stop};
use crate::data::{Parsed, parse_number, short_cell_number, trim_text};
use crate::features::CellRef;
use crate::serving::served::{Field, InputFacts, Served};

/// What is known of the rows below a header.
pub struct Usual<'a> {
    separator: u8,
    fields: &'a [Field],
    inputs: &'a [InputFacts],
    null_values: &'a [String],
    /// Whether what reads as a number is one: no text that means "missing" is a number.
    reads_numbers: bool,
}

impl<'a> Usual<'a> {
    /// Rows for a version; `fields` is what their header names, `null_values` are the cells that mean "missing".
    pub fn new(
        separator: u8,
        fields: &'a [Field],
        served: &'a Served,
        null_values: &'a [String],
    ) -> Usual<'a> {
        let mut nulls = null_values.iter().chain(&served.null_values);
        Usual {
            separator,
            fields,
            inputs: &served.inputs,
            null_values,
            reads_numbers: nulls.all(|null| finite(null.trim()).is_none()),
        }
    }

    /// Reads rows, as far as the collector wants any; `None` where something about them is unusual, an absence of rows included.
    pub fn read(&self, rows: &[u8], collector: &mut Collector<'_>) -> Option<()> {
        let has_returns = has_returns(rows)?;
        let has_quotes = memchr::memchr(b'"', rows).is_some();
        let rows = std::str::from_utf8(rows).ok()?;
        let (mut begin, mut has_rows) = (0, false);
        while begin < rows.len() {
            let length = memchr::memchr(b'\n', &rows.as_bytes()[begin..]);
            let next = length.map_or(rows.len(), |length| begin + length);
            let returns = usize::from(has_returns && rows[begin..next].ends_with('\r'));
            let end = next - returns;
            let line = &rows[begin..end];
            // Where there is one column, a blank line is a blank cell.
            let is_blank = line.is_empty() || (self.fields.len() > 1 && trim_text(line).is_empty());
            if !is_blank {
                if let Err(Stop) = collector.begin_row() {
                    return Some(());
                }
                self.row((rows, has_quotes), begin, end, collector)?;
                collector.end_row();
                if !has_rows {
                    collector.expect_rows(rows.len() / line.len(), rows.len());
                }
                has_rows = true;
            }
            begin = next + 1;
        }
        has_rows.then_some(())
    }

    /// Reads the line between two places.
    fn row(
        &self,
        (rows, has_quotes): (&str, bool),
        mut begin: usize,
        end: usize,
        collector: &mut Collector<'_>,
    ) -> Option<()> {
        let bytes = rows.as_bytes();
        for (at, field) in self.fields.iter().enumerate() {
            let is_last = at + 1 == self.fields.len();
            let ends = |at: usize| match bytes.get(at) {
                Some(byte) if at < end => !is_last && *byte == self.separator,
                _ => is_last,
            };
            if let Field::Input(position) = *field
                && self.reads_numbers
                && self.inputs[position].is_plainly_written()
                && let Some((number, _, length)) = short_cell_number(&bytes[begin..])
                && ends(begin + length)
            {
                collector.put_plain(position, number);
                begin += length + 1;
                continue;
            }
            let rest = bytes.get(begin..end)?;
            if has_quotes && rest.first() == Some(&b'"') {
                let length = memchr::memchr(b'"', &rest[1..])?;
                if !ends(begin + length + 2) {
                    return None;
                }
                if let Field::Input(position) = *field {
                    let cell = rows.get(begin + 1..begin + 1 + length)?;
                    collector.put(position, self.cell(position, cell));
                }
                begin += length + 3;
                continue;
            }
            let length = match (memchr::memchr(self.separator, rest), is_last) {
                (Some(length), false) => length,
                (None, true) => rest.len(),
                _ => return None,
            };
            if has_quotes && rest[..length].contains(&b'"') {
                return None;
            }
            if let Field::Input(position) = *field {
                // The separator is one byte of ASCII, so cuts fall between characters.
                let cell = rows.get(begin..begin + length)?;
                collector.put(position, self.cell(position, cell));
            }
            begin += length + 1;
        }
        Some(())
    }

    fn cell<'c>(&self, position: usize, cell: &'c str) -> CellRef<'c> {
        if self.reads_numbers
            && self.inputs[position].is_plainly_written()
            && let Some(number) = finite(cell)
        {
            return number;
        }
        cell_of(cell, self.null_values)
    }
}

/// Whether lines end in CR LF; `None` where a CR is elsewhere.
fn has_returns(rows: &[u8]) -> Option<bool> {
    let mut found = false;
    for at in memchr::memchr_iter(b'\r', rows) {
        if rows.get(at + 1) != Some(&b'\n') {
            return None;
        }
        found = true;
    }
    Some(found)
}

/// A number that is written plainly.
fn finite(text: &str) -> Option<CellRef<'static>> {
    match parse_number(text.as_bytes())? {
        Parsed::Integer(number) => Some(CellRef::Integer(number)),
        Parsed::Number(number) => number.is_finite().then_some(CellRef::Number(number)),
    }
}

/// A cell of a text file as training would have read it.
pub fn cell_of<'a>(text: &'a str, null_values: &[String]) -> CellRef<'a> {
    let text = trim_text(text);
    if text.is_empty() || null_values.iter().any(|null| null == text) {
        return CellRef::Missing;
    }
    CellRef::Text(text)
}
