//! What a file does not say of trees: how many rows come by each node, and so what splits tell. Counted on rows of the project.

use polars::prelude::DataFrame;

use crate::features::{self, Chunk, Transformer};
use crate::predictors::{LEAF, Trees};

/// More rows than this say hardly more of where rows go.
const MOST_ROWS: usize = 10_000;
/// Rows whose features are made together.
const TOGETHER: usize = 256;

/// Sends rows of a frame down the trees and keeps how many came by each node, and per feature what its splits tell: the spread of
/// the means below them.
///
/// # Errors
/// When a column cannot be read.
pub fn weigh(
    trees: &mut Trees,
    transformer: &Transformer,
    frame: &DataFrame,
    rows: &[u32],
) -> Result<(), features::Error> {
    let frame = transformer.prepared(frame)?;
    let every = rows.len().div_ceil(MOST_ROWS).max(1);
    let rows: Vec<u32> = rows.iter().copied().step_by(every).collect();
    let view = transformer.view(&frame, &rows)?;
    let (n_dense, n_ones) = (view.n_dense(), view.n_one_hot());
    let mut chunk = Chunk::default();
    let mut features = vec![0.0_f32; view.n_features()];
    for start in (0..rows.len()).step_by(TOGETHER) {
        view.fill(start, (start + TOGETHER).min(rows.len()), &mut chunk);
        for row in 0..chunk.n_rows {
            features.fill(0.0);
            let dense = &chunk.dense[row * n_dense..(row + 1) * n_dense];
            features
                .iter_mut()
                .zip(dense)
                .for_each(|(it, &x)| *it = x as f32);
            for &one in &chunk.ones[row * n_ones..(row + 1) * n_ones] {
                features[one as usize] = 1.0;
            }
            come_by(trees, &features);
        }
    }
    tell(trees);
    Ok(())
}

fn come_by(trees: &mut Trees, features: &[f32]) {
    for tree in 0..trees.roots.len() {
        let mut node = trees.roots[tree] as usize;
        loop {
            trees.cover[node] += 1.0;
            if trees.feature[node] == LEAF {
                break;
            }
            let value = features[trees.feature[node] as usize];
            let goes_left = if value.is_nan() {
                trees.missing_left[node]
            } else {
                value < trees.threshold[node]
            };
            node = trees.left[node] as usize + usize::from(!goes_left);
        }
    }
}

/// `Σ rows · (mean of the child - mean of the node)²` over both children and all outputs, per feature.
fn tell(trees: &mut Trees) {
    let width = if trees.output.is_empty() {
        trees.n_outputs()
    } else {
        1
    };
    let n = trees.feature.len();
    let mut means = vec![0.0; n * width];
    // Children stand after their parent.
    for node in (0..n).rev() {
        let left = trees.left[node] as usize;
        for at in 0..width {
            means[node * width + at] = if trees.feature[node] == LEAF {
                trees.values[left * width + at]
            } else {
                let [a, b] = [left, left + 1].map(|child| f64::from(trees.cover[child]));
                let (x, y) = (means[left * width + at], means[(left + 1) * width + at]);
                if a + b > 0.0 {
                    (a * x + b * y) / (a + b)
                } else {
                    f64::midpoint(x, y)
                }
            };
        }
    }
    for node in 0..n {
        if trees.feature[node] == LEAF {
            continue;
        }
        let left = trees.left[node] as usize;
        for child in [left, left + 1] {
            for at in 0..width {
                let apart = means[child * width + at] - means[node * width + at];
                trees.gain[trees.feature[node] as usize] +=
                    f64::from(trees.cover[child]) * apart * apart;
            }
        }
    }
}
