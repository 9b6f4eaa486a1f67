//! The cells of one column in one part of a CSV file.

use super::cells::{Nulls, Parsed, parse_boolean, parse_number, trim};
use super::schema::Kind;

/// The cells of one column in one part of a file. Missing cells hold a filler.
#[derive(Default)]
pub(super) struct PartColumn {
    pub cells: Cells,
    pub rows: usize,
    /// Rows of missing cells, ascending.
    pub missing: Vec<u32>,
    /// Rows of cells that were ±inf or NaN, ascending; they are in `missing` too.
    pub non_finite: Vec<u32>,
    /// Byte offset of the first cell that is not missing, if the part was started without knowing the kind.
    pub first_at: Option<usize>,
    /// Byte offset of the first cell that made the column text.
    pub text_at: Option<usize>,
    /// Text came after other cells: the part must be read again with this column as text.
    pub conflict: bool,
}

/// Typed cells; unknown as long as all are missing.
#[derive(Default)]
pub(super) enum Cells {
    #[default]
    Unknown,
    Integer(Vec<i64>),
    Number(Vec<f64>),
    Boolean(Vec<bool>),
    Text {
        bytes: String,
        ends: Vec<usize>,
    },
}

impl Cells {
    /// `rows` fillers of a kind, with room for more.
    fn of(kind: Kind, rows: usize) -> Cells {
        match kind {
            Kind::Integer => Cells::Integer(vec![0; rows]),
            Kind::Number => Cells::Number(vec![0.0; rows]),
            Kind::Boolean => Cells::Boolean(vec![false; rows]),
            Kind::Text => Cells::Text {
                bytes: String::new(),
                ends: vec![0; rows],
            },
        }
    }
}

/// A cell that is not UTF-8: where in the cell.
pub(super) struct NotUtf8(pub usize);

impl PartColumn {
    pub fn new(kind: Option<Kind>) -> PartColumn {
        let cells = kind.map_or(Cells::Unknown, |kind| Cells::of(kind, 0));
        PartColumn {
            cells,
            ..PartColumn::default()
        }
    }

    /// Takes the next cell; `at` is where it stands.
    #[inline]
    pub fn push(&mut self, raw: &[u8], at: usize, nulls: &Nulls) -> Result<(), NotUtf8> {
        let cell = trim(raw);
        if nulls.contains(cell) {
            self.push_missing();
            return Ok(());
        }
        match &mut self.cells {
            Cells::Number(values) => match parse_number(cell) {
                Some(Parsed::Number(value)) if value.is_finite() => values.push(value),
                Some(Parsed::Integer(value)) => values.push(value as f64),
                Some(Parsed::Number(_)) => self.push_non_finite(),
                None => self.turn_to_text(at),
            },
            Cells::Integer(values) => match parse_number(cell) {
                Some(Parsed::Integer(value)) => values.push(value),
                Some(Parsed::Number(value)) => {
                    let widened = values.iter().map(|&value| value as f64).collect();
                    self.cells = Cells::Number(widened);
                    self.push_float(value);
                    return Ok(());
                }
                None => self.turn_to_text(at),
            },
            Cells::Text { bytes, ends } => {
                let text =
                    std::str::from_utf8(raw).map_err(|error| NotUtf8(error.valid_up_to()))?;
                bytes.push_str(text);
                ends.push(bytes.len());
            }
            Cells::Boolean(values) => match parse_boolean(cell) {
                Some(value) => values.push(value),
                None => self.turn_to_text(at),
            },
            Cells::Unknown => return self.push_first(raw, cell, at, nulls),
        }
        self.rows += 1;
        Ok(())
    }

    #[cold]
    fn push_first(
        &mut self,
        raw: &[u8],
        cell: &[u8],
        at: usize,
        nulls: &Nulls,
    ) -> Result<(), NotUtf8> {
        if self.conflict {
            self.rows += 1;
            return Ok(());
        }
        self.first_at.get_or_insert(at);
        let kind = match (parse_number(cell), parse_boolean(cell)) {
            (Some(Parsed::Integer(_)), _) => Kind::Integer,
            (Some(Parsed::Number(_)), _) => Kind::Number,
            (None, Some(_)) => Kind::Boolean,
            (None, None) => Kind::Text,
        };
        if kind == Kind::Text {
            self.text_at.get_or_insert(at);
        }
        self.cells = Cells::of(kind, self.rows);
        self.push(raw, at, nulls)
    }

    #[inline]
    fn push_missing(&mut self) {
        self.missing.push(self.rows as u32);
        self.rows += 1;
        match &mut self.cells {
            Cells::Unknown => {}
            Cells::Integer(values) => values.push(0),
            Cells::Number(values) => values.push(0.0),
            Cells::Boolean(values) => values.push(false),
            Cells::Text { bytes, ends } => ends.push(bytes.len()),
        }
    }

    fn push_float(&mut self, value: f64) {
        if !value.is_finite() {
            self.push_non_finite();
        } else if let Cells::Number(values) = &mut self.cells {
            values.push(value);
        }
        self.rows += 1;
    }

    /// The caller counts the row.
    #[cold]
    fn push_non_finite(&mut self) {
        self.non_finite.push(self.rows as u32);
        self.missing.push(self.rows as u32);
        if let Cells::Number(values) = &mut self.cells {
            values.push(0.0);
        }
    }

    /// From here on cells are only counted: the part is read again.
    #[cold]
    fn turn_to_text(&mut self, at: usize) {
        self.text_at.get_or_insert(at);
        self.conflict = true;
        self.cells = Cells::Unknown;
    }

    /// Forgets the cells of a record that was not whole.
    pub fn truncate(&mut self, rows: usize) {
        match &mut self.cells {
            Cells::Unknown => {}
            Cells::Integer(values) => values.truncate(rows),
            Cells::Number(values) => values.truncate(rows),
            Cells::Boolean(values) => values.truncate(rows),
            Cells::Text { bytes, ends } => {
                ends.truncate(rows);
                bytes.truncate(ends.last().copied().unwrap_or(0));
            }
        }
        self.rows = self.rows.min(rows);
        for list in [&mut self.missing, &mut self.non_finite] {
            while list.last().is_some_and(|&row| row as usize >= rows) {
                list.pop();
            }
        }
    }

    pub fn kind(&self) -> Option<Kind> {
        match &self.cells {
            Cells::Unknown => None,
            Cells::Integer(_) => Some(Kind::Integer),
            Cells::Number(_) => Some(Kind::Number),
            Cells::Boolean(_) => Some(Kind::Boolean),
            Cells::Text { .. } => Some(Kind::Text),
        }
    }
}
