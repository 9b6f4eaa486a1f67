//! Frames beside what columns take: the cells that are not taken, and the frame as it is taken.

use polars::prelude::{Column, DataFrame};

use super::accept::{Reads, taken, wanted};
use super::cell::CellRef;
use crate::data::Kind;

/// The cells of a column that it does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The column.
    pub column: String,
    /// What it takes, in words.
    pub wanted: String,
    /// The rows of such cells, ascending, from 0.
    pub rows: Vec<u32>,
    /// Cells that are not missing.
    pub of: u64,
}

impl Unreadable {
    /// Whether there is no cell that can be read.
    pub fn is_whole(&self) -> bool {
        self.rows.len() as u64 == self.of
    }

    /// One line, without a cell.
    pub fn says(&self) -> String {
        let Unreadable {
            column,
            wanted,
            rows,
            of,
        } = self;
        if self.is_whole() {
            format!("no cell of `{column}` can be read ({wanted})")
        } else {
            format!(
                "{} of {of} cells of `{column}` cannot be read ({wanted})",
                rows.len()
            )
        }
    }
}

/// What of a frame the columns do not take; a column that is not there has no such cell.
pub fn unreadable(frame: &DataFrame, reads: &[Reads], nulls: &[String]) -> Vec<Unreadable> {
    let look = |read: &Reads| {
        let column = frame.column(&read.name).ok()?;
        let found = Kind::of(column.dtype());
        let is_plain = read.time.is_none() && (read.kind == Kind::Text || found == Some(read.kind));
        let is_number = read.time.is_none()
            && read.kind != Kind::Boolean
            && found.is_some_and(Kind::is_numeric);
        if is_plain || is_number {
            return None;
        }
        let column = column.rechunk();
        let cells = super::Cells::of(&column).ok()?;
        let mut rows = Vec::new();
        for row in 0..column.len() {
            if !read.takes(nulls, cells.cell(row).by_ref()) {
                rows.push(row as u32);
            }
        }
        let of = (column.len() - column.null_count()) as u64;
        let found = Unreadable {
            column: read.name.clone(),
            wanted: wanted(read.kind, read.time.as_ref()),
            rows,
            of,
        };
        (!found.rows.is_empty()).then_some(found)
    };
    reads.iter().filter_map(look).collect()
}

/// The frame with columns of texts as numbers where numbers are read: what their columns do not take is missing.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn as_taken(
    frame: DataFrame,
    reads: &[Reads],
    nulls: &[String],
) -> Result<DataFrame, super::Error> {
    let mut frame = frame;
    for read in reads {
        let Ok(column) = frame.column(&read.name) else {
            continue;
        };
        let is_text = Kind::of(column.dtype()) == Some(Kind::Text);
        if !is_text || !matches!(read.kind, Kind::Integer | Kind::Number) {
            continue;
        }
        let column = column.rechunk();
        let cells = super::Cells::of(&column)?;
        let mut whole: Vec<Option<i64>> = Vec::with_capacity(column.len());
        let mut numbers: Vec<Option<f64>> = Vec::with_capacity(column.len());
        let mut is_whole = true;
        for row in 0..column.len() {
            let cell = cells.cell(row);
            let taken = taken(read.kind, read.reading.as_ref(), nulls, cell.by_ref());
            match taken {
                Some(CellRef::Integer(number)) => {
                    whole.push(Some(number));
                    numbers.push(Some(number as f64));
                }
                taken => {
                    let number = taken.and_then(CellRef::number);
                    is_whole &= number.is_none();
                    whole.push(None);
                    numbers.push(number);
                }
            }
        }
        let name = read.name.as_str().into();
        let made = if is_whole && read.kind == Kind::Integer {
            Column::new(name, whole)
        } else {
            Column::new(name, numbers)
        };
        frame
            .with_column(made)
            .map_err(|_| super::Error::MissingColumns(vec![read.name.clone()]))?;
    }
    Ok(frame)
}
