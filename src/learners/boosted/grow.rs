//! One tree of rows of this machine: their histograms, and where they stand.

use super::bins::Bins;
use super::coding::Coding;
use super::groups::Rows;
use super::histograms::{Gradients, histogram, subtract};
use super::packed::Sum;
use super::partition::part;
use super::shape::{Parted, Size, Tree, shape};
use super::split::{Rules, Split, best};

/// Leaves of a tree and the rows that are in them.
pub struct Grown<'r> {
    /// The tree.
    pub tree: Tree,
    /// `(n_leaves)`: rows of each leaf.
    pub rows: Vec<&'r [u32]>,
}

/// The rows of a leaf.
struct Stretch {
    from: usize,
    to: usize,
    histogram: Vec<Sum>,
}

/// Grows a tree on all rows. `rows` is room for as many indices, `(n_rows)`.
pub fn grow<'r>(
    bins: &Bins,
    coding: &Coding,
    gradients: Gradients<'_>,
    rules: &Rules,
    size: Size,
    rows: &'r mut [u32],
) -> Grown<'r> {
    let n_rows = bins.n_rows();
    rows.iter_mut()
        .enumerate()
        .for_each(|(at, row)| *row = at as u32);
    let search =
        |histogram: &[Sum], total: Sum| best(bins.codes(), coding, histogram, total, rules);
    let all = histogram(bins, gradients, Rows::Run(0, n_rows));
    let total = sum_of(bins, &all);
    let first = search(&all, total);
    let root = Stretch {
        from: 0,
        to: n_rows,
        histogram: all,
    };
    let split = |own: Stretch, parted: &Parted| -> [(Stretch, Option<Split>); 2] {
        let Stretch {
            from,
            to,
            histogram: mut parent,
        } = own;
        let goes_left = parted.split.goes_left(coding);
        let byte = bins.byte(coding.places[parted.split.column].byte);
        let n_left = part(&mut rows[from..to], byte, &goes_left);
        let middle = from + n_left;
        let (mut histograms, mut found) = ([Vec::new(), Vec::new()], [None, None]);
        if parted.is_open.contains(&true) {
            let is_left_small = n_left * 2 <= to - from;
            let small = if is_left_small {
                &rows[from..middle]
            } else {
                &rows[middle..to]
            };
            let small = histogram(bins, gradients, Rows::Listed(small));
            subtract(&mut parent, &small);
            histograms = if is_left_small {
                [small, parent]
            } else {
                [parent, small]
            };
            let look = |side: usize| {
                let can = parted.is_open[side];
                can.then(|| search(&histograms[side], parted.sums[side]))
                    .flatten()
            };
            found = rayon::join(|| look(0), || look(1)).into();
        }
        let ([left, right], [left_best, right_best]) = (histograms, found);
        let side = |from, to, histogram| Stretch {
            from,
            to,
            histogram,
        };
        [
            (side(from, middle, left), left_best),
            (side(middle, to, right), right_best),
        ]
    };
    let (tree, leaves) = shape((root, total, first), rules, size, split);
    let rows: &'r [u32] = rows;
    Grown {
        tree,
        rows: leaves
            .iter()
            .map(|leaf| &rows[leaf.from..leaf.to])
            .collect(),
    }
}

/// The sums of all rows: every column has them.
fn sum_of(bins: &Bins, histogram: &[Sum]) -> Sum {
    let mut total = Sum::default();
    if bins.codes().n_columns() > 0 {
        histogram[bins.codes().of_column(0)]
            .iter()
            .for_each(|&sum| total += sum);
    }
    total
}
