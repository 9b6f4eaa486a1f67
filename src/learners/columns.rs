//! The features of all rows as 32-bit columns, which is how trees look at them.

use super::learned::Error;
use crate::features::{Chunk, View};

/// Rows turned into features at a time.
const CHUNK_ROWS: usize = 2048;
/// Most cells that are held side by side: 4 GB.
const MOST_CELLS: usize = 1_000_000_000;
/// What a number too large for 32 bits counts as. One step below the largest, so that a threshold above it is a number, too.
const LARGEST: f32 = f32::MAX.next_down();

/// `(n_features, n_rows)` column after column; a missing number is NaN.
pub struct Columns {
    n_rows: usize,
    values: Vec<f32>,
}

impl Columns {
    /// Reads all rows of a view; one-hot and text features become columns of their own.
    ///
    /// # Errors
    /// When they would not fit into memory side by side.
    pub fn of(view: &View<'_>, learner: &'static str) -> Result<Self, Error> {
        let (n_rows, n_features) = (view.n_rows(), view.n_features());
        if n_rows.saturating_mul(n_features) > MOST_CELLS {
            return Err(Error::TooWide {
                learner,
                rows: n_rows,
                features: n_features,
            });
        }
        let (n_dense, n_one_hot) = (view.n_dense(), view.n_one_hot());
        let mut values = vec![0.0_f32; n_rows * n_features];
        let mut chunk = Chunk::default();
        for start in (0..n_rows).step_by(CHUNK_ROWS) {
            let end = (start + CHUNK_ROWS).min(n_rows);
            view.fill(start, end, &mut chunk);
            for feature in 0..n_dense {
                let column = &mut values[feature * n_rows + start..feature * n_rows + end];
                let from = chunk.dense[feature..].iter().step_by(n_dense);
                for (slot, &number) in column.iter_mut().zip(from) {
                    *slot = (number as f32).clamp(-LARGEST, LARGEST);
                }
            }
            for (at, &one) in chunk.ones.iter().enumerate() {
                values[one as usize * n_rows + start + at / n_one_hot.max(1)] = 1.0;
            }
            for (at, stretch) in chunk.sparse_starts.windows(2).enumerate() {
                for &(feature, value) in &chunk.sparse[stretch[0] as usize..stretch[1] as usize] {
                    values[feature as usize * n_rows + start + at] = value;
                }
            }
        }
        Ok(Columns { n_rows, values })
    }

    /// Columns as they are.
    #[cfg(test)]
    pub fn from_values(n_rows: usize, values: Vec<f32>) -> Self {
        Columns { n_rows, values }
    }

    /// Rows of each column.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    pub fn n_features(&self) -> usize {
        self.values.len().checked_div(self.n_rows).unwrap_or(0)
    }

    /// One feature of every row.
    pub fn column(&self, feature: usize) -> &[f32] {
        &self.values[feature * self.n_rows..(feature + 1) * self.n_rows]
    }
}
