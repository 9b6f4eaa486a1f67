//! Domain classifier: can rows be told from those of training by all columns together? A difference that no column shows alone (two
//! columns that no longer go together, another way of writing texts) is seen here.
//!
//! A logistic regression is fitted to tell the two sides apart, on four fifths of the rows, and scores the rest; five times over. Where
//! there are at most twelve columns, it gets the products of all pairs as well.
//! The statistic is the area under the ROC curve of those out-of-fold scores: ½ when the sides are alike, 1 when each row gives
//! itself away. Its p-value is Mann–Whitney's: the area is U / (n·m), and U is about normal when nothing has changed, with the
//! variance corrected for ties. Not a percentile of what a random classifier reaches. Larger = more drift, so only areas above ½
//! count. Source: Lopez-Paz & Oquab, *Revisiting Classifier Two-Sample Tests*, ICLR 2017; scipy's `mannwhitneyu`.

use statrs::distribution::{ContinuousCDF, Normal};

/// Folds.
const FOLDS: usize = 5;
/// Strength of the ridge: scikit-learn's `C = 1`.
const RIDGE: f64 = 1.0;
/// Newton steps, at most; a fit that is far from its optimum by then is used as it is.
const MOST_STEPS: usize = 25;
/// Columns up to which products of pairs are given to the classifier, too: a line cannot see that two columns go together.
const MOST_PAIRED: usize = 12;
/// Fewest rows on either side.
pub const FEWEST: usize = 25;

/// How well rows can be told from those of the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Separability {
    /// Area under the ROC curve of the out-of-fold scores, in 0..=1; ½ is chance.
    pub auc: f64,
    /// P(such an area or a larger one | both sides are alike).
    pub p_value: f64,
}

/// Tells the rows of two matrices apart. Both are `(n_rows, n_columns)` row-major, without missing cells. `None` with fewer than
/// 25 rows on a side, or without columns. Rows are put into folds by their place modulo five.
pub fn domain_classifier(
    reference: &[f64],
    window: &[f64],
    n_columns: usize,
) -> Option<Separability> {
    if n_columns == 0 {
        return None;
    }
    let (n, m) = (reference.len() / n_columns, window.len() / n_columns);
    if n < FEWEST || m < FEWEST {
        return None;
    }
    let (mut rows, mut width) = standardised(reference, window, n_columns);
    if (2..=MOST_PAIRED).contains(&width) {
        let paired = with_products(&rows, width);
        let all = width + width * (width - 1) / 2;
        (rows, width) = standardised(&paired[..n * all], &paired[n * all..], all);
    }
    let is_window = |row: usize| row >= n;
    // A side's own place decides on the fold, so that each fold has its share of both.
    let fold_of = |row: usize| if is_window(row) { row - n } else { row } % FOLDS;
    let mut scores = vec![0.0; n + m];
    for fold in 0..FOLDS {
        let others: Vec<usize> = (0..n + m).filter(|&row| fold_of(row) != fold).collect();
        let weights = fitted(&rows, width, &others, is_window);
        for row in (0..n + m).filter(|&row| fold_of(row) == fold) {
            scores[row] = linear(&rows[row * width..(row + 1) * width], &weights);
        }
    }
    Some(area(&scores[..n], &scores[n..]))
}

/// Both matrices below each other, each column with mean 0 and standard deviation 1 over both; constant columns are left out. Also
/// how many columns are left.
fn standardised(reference: &[f64], window: &[f64], n_columns: usize) -> (Vec<f64>, usize) {
    let n_rows = (reference.len() + window.len()) / n_columns;
    let cell = |row: usize, column: usize| {
        let at = row * n_columns + column;
        if at < reference.len() {
            reference[at]
        } else {
            window[at - reference.len()]
        }
    };
    let mut kept: Vec<(usize, f64, f64)> = Vec::new();
    for column in 0..n_columns {
        let mean = (0..n_rows).map(|row| cell(row, column)).sum::<f64>() / n_rows as f64;
        let squares = (0..n_rows).map(|row| (cell(row, column) - mean).powi(2));
        let deviation = (squares.sum::<f64>() / n_rows as f64).sqrt();
        if deviation > 1e-12 * mean.abs().max(1e-300) && deviation.is_finite() {
            kept.push((column, mean, deviation));
        }
    }
    let rows = (0..n_rows).flat_map(|row| {
        kept.iter()
            .map(move |&(column, mean, deviation)| (cell(row, column) - mean) / deviation)
    });
    (rows.collect(), kept.len())
}

/// Each row with the products of all pairs of its cells behind it.
fn with_products(rows: &[f64], width: usize) -> Vec<f64> {
    let row = |row: &[f64]| -> Vec<f64> {
        let pairs = (0..width).flat_map(|a| (a + 1..width).map(move |b| (a, b)));
        let products = pairs.map(|(a, b)| row[a] * row[b]);
        row.iter().copied().chain(products).collect()
    };
    rows.chunks_exact(width).flat_map(row).collect()
}

/// Weights and, last, the intercept.
fn linear(row: &[f64], weights: &[f64]) -> f64 {
    let products = row.iter().zip(weights).map(|(cell, weight)| cell * weight);
    products.sum::<f64>() + weights[row.len()]
}

/// Minimises ½·Σ w² + Σ log loss over some rows by Newton's method; the intercept is not shrunk.
fn fitted(
    rows: &[f64],
    width: usize,
    picked: &[usize],
    is_window: impl Fn(usize) -> bool,
) -> Vec<f64> {
    let size = width + 1;
    let mut weights = vec![0.0; size];
    let mut cells = vec![1.0; size];
    for _ in 0..MOST_STEPS {
        let mut gradient: Vec<f64> = weights.iter().map(|weight| RIDGE * weight).collect();
        gradient[width] = 0.0;
        let mut hessian = vec![0.0; size * size];
        for at in 0..width {
            hessian[at * size + at] = RIDGE;
        }
        for &row in picked {
            cells[..width].copy_from_slice(&rows[row * width..(row + 1) * width]);
            let p = 1.0 / (1.0 + (-linear(&cells[..width], &weights)).exp());
            let miss = p - f64::from(u8::from(is_window(row)));
            let curve = p * (1.0 - p);
            for a in 0..size {
                gradient[a] += miss * cells[a];
                let scaled = curve * cells[a];
                for b in 0..=a {
                    hessian[a * size + b] += scaled * cells[b];
                }
            }
        }
        let Some(step) = solved(&mut hessian, &gradient, size) else {
            break;
        };
        let longest = step.iter().fold(0.0f64, |most, part| most.max(part.abs()));
        for (weight, part) in weights.iter_mut().zip(&step) {
            *weight -= part;
        }
        if longest < 1e-10 {
            break;
        }
    }
    weights
}

/// Solves a symmetric positive system, given by its lower half, by Cholesky's method; `None` where it is not positive.
fn solved(lower: &mut [f64], right: &[f64], size: usize) -> Option<Vec<f64>> {
    for a in 0..size {
        for b in 0..=a {
            let products = (0..b).map(|c| lower[a * size + c] * lower[b * size + c]);
            let rest = lower[a * size + b] - products.sum::<f64>();
            if a == b {
                if rest <= 1e-12 {
                    return None;
                }
                lower[a * size + a] = rest.sqrt();
            } else {
                lower[a * size + b] = rest / lower[b * size + b];
            }
        }
    }
    let mut found = right.to_vec();
    for a in 0..size {
        let products = (0..a).map(|b| lower[a * size + b] * found[b]);
        found[a] = (found[a] - products.sum::<f64>()) / lower[a * size + a];
    }
    for a in (0..size).rev() {
        let products = (a + 1..size).map(|b| lower[b * size + a] * found[b]);
        found[a] = (found[a] - products.sum::<f64>()) / lower[a * size + a];
    }
    Some(found)
}

/// Mann–Whitney: how often a score of the window is above one of the reference, and how surprising that is.
pub fn area(reference: &[f64], window: &[f64]) -> Separability {
    let (n, m) = (reference.len() as f64, window.len() as f64);
    let mut all: Vec<(f64, bool)> = reference.iter().map(|score| (*score, false)).collect();
    all.extend(window.iter().map(|score| (*score, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut ties, mut at) = (0.0, 0.0, 0);
    while at < all.len() {
        let same = all[at..]
            .iter()
            .take_while(|(score, _)| *score == all[at].0)
            .count();
        let rank = at as f64 + (same as f64 + 1.0) / 2.0;
        let of_window = all[at..at + same]
            .iter()
            .filter(|(_, is_window)| *is_window)
            .count();
        ranks += rank * of_window as f64;
        ties += (same as f64).powi(3) - same as f64;
        at += same;
    }
    let u = ranks - m * (m + 1.0) / 2.0;
    let total = n + m;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let p_value = if variance > 0.0 {
        let z = (u - n * m / 2.0) / variance.sqrt();
        Normal::standard().sf(z)
    } else {
        // All scores are the same.
        1.0
    };
    Separability {
        auc: u / (n * m),
        p_value,
    }
}
