//! Where the codes of columns are in a histogram.

use std::ops::Range;

use super::coding::Coding;

/// The codes of all columns, one column after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Codes {
    /// `(n_columns + 1)`: where each column's codes begin.
    starts: Vec<usize>,
}

impl Codes {
    /// Those of a coding's columns.
    pub fn of(coding: &Coding) -> Self {
        let mut starts = vec![0];
        for place in &coding.places {
            starts.push(starts[starts.len() - 1] + place.n_codes);
        }
        Codes { starts }
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where a column's codes are.
    pub fn of_column(&self, column: usize) -> Range<usize> {
        self.starts[column]..self.starts[column + 1]
    }

    /// Codes of all columns together.
    pub fn n_codes(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }
}
