//! The rows of a view, read once and kept in sparse form: for models that are too wide for sums over pairs of features, and
//! that pass over the rows many times.

use rayon::prelude::*;

use crate::features::{Chunk, View};

/// Rows turned into features at a time.
const CHUNK_ROWS: usize = 2048;

/// Numbers side by side, everything else as what is not 0. 12 bytes per entry are never made dense.
pub struct Rows {
    n_rows: usize,
    n_features: usize,
    n_dense: usize,
    /// `(n_rows, n_dense)` row-major.
    dense: Vec<f64>,
    /// `(n_rows + 1)`: where the entries of each row begin.
    starts: Vec<usize>,
    /// Feature of each entry.
    index: Vec<u32>,
    /// Value of each entry.
    value: Vec<f32>,
}

/// One row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The leading features.
    pub dense: &'a [f64],
    /// Other features that are not 0.
    pub index: &'a [u32],
    /// Their values.
    pub value: &'a [f32],
}

impl Row<'_> {
    /// Every feature that may not be 0.
    pub fn entries(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let dense = self.dense.iter().copied().enumerate();
        let sparse = self.index.iter().zip(self.value);
        dense.chain(sparse.map(|(&index, &value)| (index as usize, f64::from(value))))
    }
}

/// Whether some column of the view becomes more than one feature that is not 0.
pub fn has_sparse(view: &View<'_>) -> bool {
    let mut chunk = Chunk::default();
    view.fill(0, view.n_rows().min(1), &mut chunk);
    !chunk.sparse_starts.is_empty()
}

impl Rows {
    /// Reads all rows of a view.
    pub fn of(view: &View<'_>) -> Self {
        let n_rows = view.n_rows();
        let parts: Vec<Rows> = (0..n_rows.div_ceil(CHUNK_ROWS))
            .into_par_iter()
            .map(|part| {
                let start = part * CHUNK_ROWS;
                let mut chunk = Chunk::default();
                view.fill(start, (start + CHUNK_ROWS).min(n_rows), &mut chunk);
                Rows::of_chunk(view, chunk)
            })
            .collect();
        let mut all = Rows {
            n_rows,
            n_features: view.n_features(),
            n_dense: view.n_dense(),
            dense: Vec::with_capacity(n_rows * view.n_dense()),
            starts: vec![0],
            index: Vec::with_capacity(parts.iter().map(|part| part.index.len()).sum()),
            value: Vec::with_capacity(parts.iter().map(|part| part.index.len()).sum()),
        };
        for part in parts {
            let before = all.index.len();
            all.dense.extend(part.dense);
            let starts = part.starts.iter().skip(1);
            all.starts.extend(starts.map(|start| before + start));
            all.index.extend(part.index);
            all.value.extend(part.value);
        }
        all
    }

    fn of_chunk(view: &View<'_>, chunk: Chunk) -> Self {
        let n_one_hot = view.n_one_hot();
        let mut rows = Rows {
            n_rows: chunk.n_rows,
            n_features: view.n_features(),
            n_dense: view.n_dense(),
            dense: Vec::new(),
            starts: vec![0],
            index: Vec::with_capacity(chunk.ones.len() + chunk.sparse.len()),
            value: Vec::with_capacity(chunk.ones.len() + chunk.sparse.len()),
        };
        for row in 0..chunk.n_rows {
            let ones = &chunk.ones[row * n_one_hot..(row + 1) * n_one_hot];
            rows.index.extend_from_slice(ones);
            rows.value.extend(ones.iter().map(|_| 1.0));
            if let Some([start, end]) = chunk.sparse_starts.get(row..row + 2) {
                let stretch = &chunk.sparse[*start as usize..*end as usize];
                rows.index.extend(stretch.iter().map(|entry| entry.0));
                rows.value.extend(stretch.iter().map(|entry| entry.1));
            }
            rows.starts.push(rows.index.len());
        }
        rows.dense = chunk.dense;
        rows
    }

    /// Rows by hand: per row `(feature, value)`, no number columns.
    #[cfg(test)]
    pub fn from_entries(n_features: usize, entries: &[Vec<(u32, f32)>]) -> Self {
        let mut rows = Rows {
            n_rows: entries.len(),
            n_features,
            n_dense: 0,
            dense: Vec::new(),
            starts: vec![0],
            index: Vec::new(),
            value: Vec::new(),
        };
        for row in entries {
            rows.index.extend(row.iter().map(|entry| entry.0));
            rows.value.extend(row.iter().map(|entry| entry.1));
            rows.starts.push(rows.index.len());
        }
        rows
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Features of each row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Features of all rows that may not be 0.
    pub fn n_entries(&self) -> usize {
        self.dense.len() + self.index.len()
    }

    /// One row.
    #[inline]
    pub fn row(&self, at: usize) -> Row<'_> {
        let (start, end) = (self.starts[at], self.starts[at + 1]);
        Row {
            dense: &self.dense[at * self.n_dense..(at + 1) * self.n_dense],
            index: &self.index[start..end],
            value: &self.value[start..end],
        }
    }
}
