//! Rows of one request, ready to score.

use crate::bundle::Slot;
use crate::features::Cell;

/// Rows of one request, ready to score.
#[derive(Debug, Default)]
pub struct Rows {
    /// Number of rows.
    pub n_rows: usize,
    /// `(n_rows, n_inputs)` row-major.
    pub slots: Vec<Slot>,
    /// Texts that are no category of their own: `(row, input, text)`. For the prediction log, never for an answer.
    pub unknown_categories: Vec<(u32, u32, Box<str>)>,
    /// The cells as they came, `(n_rows, n_columns)` row-major over the columns of requests, where the model's inputs are made of them;
    /// else empty. For the prediction log.
    pub given: Vec<Cell>,
    /// Each row's own id, where the caller's records have one; else empty.
    pub ids: Vec<Box<str>>,
}

impl Rows {
    /// The slots of a row.
    pub fn row(&self, row: usize) -> &[Slot] {
        let width = self.slots.len() / self.n_rows.max(1);
        &self.slots[row * width..(row + 1) * width]
    }

    /// The slots of rows one behind the other.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> &[Slot] {
        let width = self.slots.len() / self.n_rows.max(1);
        &self.slots[rows.start * width..rows.end * width]
    }

    /// The text of a cell that is not a category of its own; where a column was in a row twice, the last one.
    pub fn unknown_category(&self, row: usize, position: usize) -> Option<&str> {
        let begin = self
            .unknown_categories
            .partition_point(|(other, _, _)| (*other as usize) < row);
        let of_row = self.unknown_categories[begin..]
            .iter()
            .take_while(|(other, _, _)| *other as usize == row);
        let texts = of_row.filter(|(_, other, _)| *other as usize == position);
        texts.last().map(|(_, _, text)| &**text)
    }
}
