//! The rows that bins are made of.

/// Features of rows, as they are read into bytes.
pub trait Table: Sync {
    /// Number of rows.
    fn n_rows(&self) -> usize;
    /// The features that are plain numbers.
    fn numbers(&self) -> &[u32];
    /// The one-hot blocks: first feature and width.
    fn blocks(&self) -> &[(u32, u32)];
    /// Reads rows `start..end`.
    fn read(&self, start: usize, end: usize, into: &mut Stretch);
}

/// Some rows of a [`Table`].
#[derive(Debug, Default)]
pub struct Stretch {
    /// `(n_rows, n_numbers)` row-major; a missing number is NaN, no other is without end.
    pub numbers: Vec<f32>,
    /// `(n_rows, n_blocks)` row-major: which feature of the block is 1, from its first.
    pub places: Vec<u32>,
}
