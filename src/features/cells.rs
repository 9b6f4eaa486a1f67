//! Typed access to the cells of one frame column, whatever number type it was read as.

use std::borrow::Cow;

use polars::prelude::*;
use polars_arrow::bitmap::Bitmap;

use super::Error;
use super::cell::{Cell, is_encoded_as_number};
use super::spelling::{parse_number, spell_flag, spell_number};
use crate::data::{Kind, trim_text};

/// A borrowed column of one chunk.
#[derive(Clone, Copy)]
pub enum Cells<'a> {
    /// Numbers.
    Float(&'a [f64], Option<&'a Bitmap>),
    /// Whole numbers.
    Integer(&'a [i64], Option<&'a Bitmap>),
    /// Truth values.
    Boolean(&'a BooleanChunked),
    /// Texts.
    Text(&'a StringChunked),
}

impl<'a> Cells<'a> {
    /// Borrows a column that ingest made.
    ///
    /// # Errors
    /// [`Error::UnusableColumn`] when the column is of another type or in several chunks.
    pub fn of(column: &'a Column) -> Result<Self, Error> {
        let unusable = || Error::UnusableColumn {
            column: column.name().to_string(),
            found: column.dtype().to_string(),
        };
        let series = column.as_materialized_series();
        match column.dtype() {
            DataType::Float64 => {
                let array = series.f64().map_err(|_| unusable())?.downcast_as_array();
                Ok(Cells::Float(array.values().as_slice(), array.validity()))
            }
            DataType::Int64 => {
                let array = series.i64().map_err(|_| unusable())?.downcast_as_array();
                Ok(Cells::Integer(array.values().as_slice(), array.validity()))
            }
            DataType::Boolean => Ok(Cells::Boolean(series.bool().map_err(|_| unusable())?)),
            DataType::String => Ok(Cells::Text(series.str().map_err(|_| unusable())?)),
            _ => Err(unusable()),
        }
    }

    /// The cell as a finite number; a text that reads as one counts, everything else is missing.
    #[inline]
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Cells::Float(values, validity) => {
                let value = values[row];
                (validity.is_none_or(|bits| bits.get_bit(row)) && value.is_finite())
                    .then_some(value)
            }
            Cells::Integer(values, validity) => validity
                .is_none_or(|bits| bits.get_bit(row))
                .then(|| values[row] as f64),
            Cells::Boolean(values) => values.get(row).map(f64::from),
            Cells::Text(values) => values.get(row).and_then(parse_number),
        }
    }

    /// Hands on the numbers of some rows in their order, as [`Cells::number`] reads them; rows without one are passed over.
    #[inline]
    pub fn each_number(&self, rows: impl Iterator<Item = usize>, each: impl FnMut(f64)) {
        let is_finite = |number: &f64| number.is_finite();
        match *self {
            Cells::Float(values, None) => {
                rows.map(|row| values[row]).filter(is_finite).for_each(each);
            }
            Cells::Float(values, Some(bits)) => rows
                .filter(|&row| bits.get_bit(row))
                .map(|row| values[row])
                .filter(is_finite)
                .for_each(each),
            _ => rows.filter_map(|row| self.number(row)).for_each(each),
        }
    }

    /// The cell as text, as a data set spells it; whole numbers have no fraction.
    #[inline]
    pub fn text(&self, row: usize) -> Option<Cow<'a, str>> {
        match *self {
            Cells::Text(values) => values.get(row).map(Cow::Borrowed),
            Cells::Integer(values, validity) => validity
                .is_none_or(|bits| bits.get_bit(row))
                .then(|| values[row].to_string().into()),
            Cells::Float(..) => self.number(row).map(|number| spell_number(number).into()),
            Cells::Boolean(values) => values.get(row).map(|flag| Cow::Borrowed(spell_flag(flag))),
        }
    }

    /// The cell as a value of its own.
    pub fn cell(&self, row: usize) -> Cell {
        let value = match self {
            Cells::Float(values, validity) => validity
                .is_none_or(|bits| bits.get_bit(row))
                .then(|| Cell::Number(values[row])),
            Cells::Integer(values, validity) => validity
                .is_none_or(|bits| bits.get_bit(row))
                .then(|| Cell::Integer(values[row])),
            Cells::Boolean(values) => values.get(row).map(Cell::Boolean),
            Cells::Text(values) => values.get(row).map(|text| Cell::Text(text.to_string())),
        };
        value.unwrap_or(Cell::Missing)
    }
}

/// A column of labels: the distinct ones in order of first appearance, and which of them each row has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// The distinct labels, as a data set spells them.
    pub distinct: Vec<String>,
    /// Index into `distinct` per row; `None` where the cell is missing.
    pub codes: Vec<Option<u32>>,
}

impl Cells<'_> {
    /// The first `n_rows` cells as labels, without blanks around them; a number is spelled once, not once a row.
    pub fn encode(&self, n_rows: usize) -> Encoded {
        let mut encoded = Encoded {
            distinct: Vec::new(),
            codes: Vec::with_capacity(n_rows),
        };
        if let Cells::Text(_) = self {
            let mut known: PlHashMap<Cow<'_, str>, u32> = PlHashMap::default();
            for row in 0..n_rows {
                let code = self.text(row).map(trimmed).map(|text| {
                    *known
                        .entry(text)
                        .or_insert_with_key(|text| encoded.add(text.to_string()))
                });
                encoded.codes.push(code);
            }
            return encoded;
        }
        let mut known: PlHashMap<u64, u32> = PlHashMap::default();
        for row in 0..n_rows {
            // -0.0 is spelled like 0.
            let number = self.number(row).map(|number| number + 0.0);
            let code = number.and_then(|number| match known.get(&number.to_bits()) {
                Some(&code) => Some(code),
                None => {
                    let code = encoded.add(self.text(row)?.into_owned());
                    known.insert(number.to_bits(), code);
                    Some(code)
                }
            });
            encoded.codes.push(code);
        }
        encoded
    }
}

/// A text without blanks around it.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim_text(text)),
        Cow::Owned(text) => Cow::Owned(trim_text(&text).to_string()),
    }
}

impl Encoded {
    fn add(&mut self, label: String) -> u32 {
        self.distinct.push(label);
        self.distinct.len() as u32 - 1
    }

    /// The label of a row.
    pub fn label(&self, row: usize) -> Option<&str> {
        self.codes[row].map(|code| self.distinct[code as usize].as_str())
    }

    /// Rows per distinct label.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.distinct.len()];
        self.codes
            .iter()
            .flatten()
            .for_each(|&code| counts[code as usize] += 1);
        counts
    }
}

/// The cell of a row as a label of categories: a number's spelling in a column of numbers, whatever it was read as; else the
/// text.
#[inline]
pub fn label_of<'a>(cells: &Cells<'a>, kind: Kind, row: usize) -> Option<Cow<'a, str>> {
    if is_encoded_as_number(kind) {
        cells.number(row).map(|number| spell_number(number).into())
    } else {
        cells.text(row)
    }
}
