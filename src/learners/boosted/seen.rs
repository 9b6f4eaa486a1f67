//! A view of a frame as a table of numbers and one-hot blocks.

use super::table::{Stretch, Table};
use crate::features::{Chunk, View};
use crate::learners::learned::Error;

/// Most bytes of columns: twice as much is held.
const MOST_BYTES: usize = 1_000_000_000;
/// What a number too large for 32 bits counts as. One step below the largest, so that a threshold above it is a number, too.
const LARGEST: f32 = f32::MAX.next_down();

/// A view as it is read into bins.
pub struct Seen<'v, 'a> {
    view: &'v View<'a>,
    numbers: Vec<u32>,
    blocks: Vec<(u32, u32)>,
}

impl<'v, 'a> Seen<'v, 'a> {
    /// Looks at a view.
    ///
    /// # Errors
    /// When its columns would not fit into memory side by side.
    pub fn new(view: &'v View<'a>, learner: &'static str) -> Result<Self, Error> {
        let blocks = view.one_hot_blocks();
        let ones: usize = blocks.iter().map(|&(_, width)| width as usize).sum();
        let n_features = view.n_features();
        let sparse = view.n_dense() + ones..n_features;
        let numbers: Vec<u32> = (0..view.n_dense())
            .chain(sparse)
            .map(|at| at as u32)
            .collect();
        let n_columns = numbers.len() + ones.div_ceil(255) + blocks.len();
        if view.n_rows().saturating_mul(n_columns) > MOST_BYTES {
            return Err(Error::TooWide {
                learner,
                rows: view.n_rows(),
                features: n_features,
            });
        }
        Ok(Seen {
            view,
            numbers,
            blocks,
        })
    }
}

impl Table for Seen<'_, '_> {
    fn n_rows(&self) -> usize {
        self.view.n_rows()
    }

    fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    fn blocks(&self) -> &[(u32, u32)] {
        &self.blocks
    }

    fn read(&self, start: usize, end: usize, into: &mut Stretch) {
        let (n_dense, n_numbers) = (self.view.n_dense(), self.numbers.len());
        let mut chunk = Chunk::default();
        self.view.fill(start, end, &mut chunk);
        into.numbers.clear();
        into.numbers.resize((end - start) * n_numbers, 0.0);
        if n_dense > 0 {
            let rows = into.numbers.chunks_exact_mut(n_numbers);
            for (row, dense) in rows.zip(chunk.dense.chunks_exact(n_dense)) {
                for (to, &number) in row.iter_mut().zip(dense) {
                    *to = (number as f32).clamp(-LARGEST, LARGEST);
                }
            }
        }
        let first = self.numbers.get(n_dense).copied().unwrap_or(0) as usize;
        for (row, stretch) in chunk.sparse_starts.windows(2).enumerate() {
            for &(feature, value) in &chunk.sparse[stretch[0] as usize..stretch[1] as usize] {
                into.numbers[row * n_numbers + n_dense + feature as usize - first] = value;
            }
        }
        into.places.clear();
        let firsts = self.blocks.iter().map(|&(first, _)| first).cycle();
        let places = chunk
            .ones
            .iter()
            .zip(firsts)
            .map(|(&one, first)| one - first);
        into.places.extend(places);
    }
}
