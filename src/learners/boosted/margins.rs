//! What the trees so far say of each row.

use std::sync::atomic::{AtomicU32, Ordering};

/// The margin of each row for one output, as it is by now. Rows are written from several threads, each row from one only.
pub struct Margins(Vec<AtomicU32>);

impl Margins {
    /// All alike.
    pub fn new(n_rows: usize, first: f32) -> Self {
        Margins(
            (0..n_rows)
                .map(|_| AtomicU32::new(first.to_bits()))
                .collect(),
        )
    }

    /// A row's margin.
    #[inline]
    pub fn get(&self, row: usize) -> f32 {
        f32::from_bits(self.0[row].load(Ordering::Relaxed))
    }

    /// Adds to a row's margin.
    #[inline]
    pub fn add(&self, row: usize, value: f32) {
        let sum = self.get(row) + value;
        self.0[row].store(sum.to_bits(), Ordering::Relaxed);
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The margins from a row on, as many as there is room for.
    pub fn copy(&self, start: usize, into: &mut [f32]) {
        for (to, from) in into.iter_mut().zip(&self.0[start..]) {
            *to = f32::from_bits(from.load(Ordering::Relaxed));
        }
    }
}
