//! Means, the Gram matrix and products with the target, as sums over chunks of rows that merge by adding: all that least
//! squares ever need of the rows.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul};
use rayon::prelude::*;

use crate::features::{Chunk, View};

/// Rows turned into features at a time.
const CHUNK_ROWS: usize = 2048;
/// Most partial sums held at once; a fixed number, so that the order of additions does not hang on the machine.
const MOST_PARTS: usize = 16;

/// Centred sums over all rows.
pub struct Moments {
    /// `(p)`: mean of each feature.
    pub mean: Vec<f64>,
    /// `(p, p)` row-major: `Σ (x - mean)(x - mean)ᵀ`, both triangles.
    pub gram: Vec<f64>,
    /// `(p)`: `Σ (x - mean) y`.
    pub product: Vec<f64>,
    /// `(p)`: `Σ x²`, to tell what of the diagonal is rounding.
    pub squares: Vec<f64>,
}

/// Sums over some rows, features taken about a shift that is near their means.
struct Sums {
    /// `Σ z`.
    first: Vec<f64>,
    /// `Σ z zᵀ`, lower triangle.
    gram: Vec<f64>,
    /// `Σ z y`.
    product: Vec<f64>,
}

impl Sums {
    fn zero(p: usize) -> Self {
        Sums {
            first: vec![0.0; p],
            gram: vec![0.0; p * p],
            product: vec![0.0; p],
        }
    }

    fn merge(&mut self, other: &Sums) {
        for (into, from) in [
            (&mut self.first, &other.first),
            (&mut self.gram, &other.gram),
            (&mut self.product, &other.product),
        ] {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += b);
        }
    }
}

impl Moments {
    /// Of all rows of a view whose target, already centred, is `y`.
    pub fn of(view: &View<'_>, y: &[f64]) -> Self {
        let (n_rows, p) = (view.n_rows(), view.n_features());
        let shift = shift(view);
        let most = (64_000_000 / (8 * p * p).max(1)).clamp(1, MOST_PARTS);
        let rows_per_part = n_rows.div_ceil(most).max(CHUNK_ROWS);
        let parts: Vec<Sums> = (0..n_rows.div_ceil(rows_per_part))
            .into_par_iter()
            .map(|part| {
                let start = part * rows_per_part;
                let end = (start + rows_per_part).min(n_rows);
                sums(view, y, &shift, start, end)
            })
            .collect();
        let mut total = Sums::zero(p);
        parts.iter().for_each(|part| total.merge(part));
        centred(total, &shift, n_rows)
    }
}

impl Moments {
    /// Of sums about a shift that were made elsewhere: `first` `(p)`, `gram` `(p, p)` with its lower triangle, `product` `(p)`.
    pub(super) fn of_sums(
        first: Vec<f64>,
        gram: Vec<f64>,
        product: Vec<f64>,
        shift: &[f64],
        n_rows: usize,
    ) -> Self {
        let sums = Sums {
            first,
            gram,
            product,
        };
        centred(sums, shift, n_rows)
    }
}

/// The means of the first rows; entries of one-hot and text features are counted from 0.
pub(super) fn shift(view: &View<'_>) -> Vec<f64> {
    let mut shift = vec![0.0; view.n_features()];
    let mut chunk = Chunk::default();
    view.fill(0, view.n_rows().min(CHUNK_ROWS), &mut chunk);
    let n_dense = view.n_dense();
    let n = chunk.n_rows.max(1) as f64;
    for row in chunk.dense.chunks(n_dense.max(1)) {
        let sums = shift.iter_mut().zip(row);
        sums.for_each(|(sum, x)| *sum += x / n);
    }
    shift
}

fn sums(view: &View<'_>, y: &[f64], shift: &[f64], start: usize, end: usize) -> Sums {
    let (p, n_dense, n_one_hot) = (view.n_features(), view.n_dense(), view.n_one_hot());
    let mut sums = Sums::zero(p);
    let mut chunk = Chunk::default();
    let mut block = Array2::zeros((n_dense, n_dense));
    let mut entries: Vec<(usize, f64)> = Vec::new();
    for from in (start..end).step_by(CHUNK_ROWS) {
        let to = (from + CHUNK_ROWS).min(end);
        view.fill(from, to, &mut chunk);
        for (row, y) in (0..chunk.n_rows).zip(&y[from..to]) {
            let dense = &mut chunk.dense[row * n_dense..(row + 1) * n_dense];
            for (feature, (x, shift)) in dense.iter_mut().zip(shift).enumerate() {
                *x -= shift;
                sums.first[feature] += *x;
                sums.product[feature] += *x * y;
            }
            entries.clear();
            let ones = &chunk.ones[row * n_one_hot..(row + 1) * n_one_hot];
            entries.extend(ones.iter().map(|&one| (one as usize, 1.0)));
            if let Some([start, end]) = chunk.sparse_starts.get(row..row + 2) {
                let stretch = &chunk.sparse[*start as usize..*end as usize];
                entries.extend(stretch.iter().map(|&(at, x)| (at as usize, f64::from(x))));
            }
            for &(at, value) in &entries {
                sums.first[at] += value;
                sums.product[at] += value * y;
                let line = &mut sums.gram[at * p..(at + 1) * p];
                let beside = line.iter_mut().zip(&*dense);
                beside.for_each(|(sum, x)| *sum += value * x);
                for &(other, value_of_other) in &entries {
                    line[other] += value * value_of_other;
                }
            }
        }
        if n_dense > 0
            && let Ok(dense) = ArrayView2::from_shape((chunk.n_rows, n_dense), &chunk.dense)
        {
            general_mat_mul(1.0, &dense.t(), &dense, 0.0, &mut block);
            for (at, row) in block.outer_iter().enumerate() {
                let line = sums.gram[at * p..at * p + n_dense].iter_mut();
                line.zip(row).for_each(|(sum, x)| *sum += x);
            }
        }
    }
    sums
}

/// Takes what the shift missed off: `Σ (z - z̄)(z - z̄)ᵀ = Σ z zᵀ - n z̄ z̄ᵀ`.
fn centred(mut sums: Sums, shift: &[f64], n_rows: usize) -> Moments {
    let p = shift.len();
    let n = n_rows.max(1) as f64;
    let rest: Vec<f64> = sums.first.iter().map(|sum| sum / n).collect();
    let mean: Vec<f64> = rest.iter().zip(shift).map(|(a, b)| a + b).collect();
    for row in 0..p {
        for column in 0..=row {
            let entry = sums.gram[row * p + column] - n * rest[row] * rest[column];
            sums.gram[row * p + column] = entry;
            sums.gram[column * p + row] = entry;
        }
    }
    let squares = (0..p).map(|at| sums.gram[at * p + at] + n * mean[at] * mean[at]);
    Moments {
        squares: squares.collect(),
        mean,
        gram: sums.gram,
        product: sums.product,
    }
}
