//! What a version said of the rows of a request.

use super::served::Served;

/// What a version said of some rows.
#[derive(Debug, Default)]
pub struct Said {
    /// The class of each row; of numbers 0.
    pub labels: Vec<u32>,
    /// `(n_rows, n_outputs)` row-major.
    pub probabilities: Vec<f64>,
}

impl Said {
    /// Room for some rows.
    pub fn with_room(served: &Served, n_rows: usize) -> Said {
        Said {
            labels: Vec::with_capacity(n_rows),
            probabilities: Vec::with_capacity(n_rows * served.scorer.n_outputs()),
        }
    }

    /// Adds a row.
    #[inline]
    pub fn add(&mut self, label: u32, probabilities: &[f64]) {
        self.labels.push(label);
        self.probabilities.extend_from_slice(probabilities);
    }
}
