//! Target means of categories, as scikit-learn's `TargetEncoder(smooth="auto")`:
//! `λ · mean of the category + (1 - λ) · mean of all`, `λ = n v / (n v + s)`, with n the category's rows, v the variance of
//! the target over all rows and s its variance within the category (both ddof 0).
//!
//! A row's own target is in the mean of its category, so a learner would trust that mean too much. The training matrix
//! therefore holds means made without the row's fold. This is the one place where it differs from what serving makes of
//! the same row, on purpose.
//!
//! Everything is made of sums by fold and category, wherever the rows are.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Goal, Step};

/// Parts that the training rows are cut into, by the seed.
pub const FOLDS: usize = 5;

/// The fold of a row by its place among the training rows.
pub fn fold_of(place: u64, seed: u64) -> usize {
    (xxh3_64_with_seed(&place.to_le_bytes(), seed) % FOLDS as u64) as usize
}

/// Some rows and the sums of their targets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TargetSum {
    /// How many there are.
    pub rows: f64,
    /// `Σ (y - shift)`.
    pub first: f64,
    /// `Σ (y - shift)²`.
    pub second: f64,
}

impl TargetSum {
    fn add(&mut self, other: TargetSum) {
        self.rows += other.rows;
        self.first += other.first;
        self.second += other.second;
    }

    fn variance(self) -> f64 {
        (self.second / self.rows - (self.first / self.rows).powi(2)).max(0.0)
    }
}

/// Sums of the target of the training rows by fold and place of their category.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetSums {
    /// What was taken off targets; 0 for classes, whose sums are then exact.
    pub shift: f64,
    /// `(FOLDS, categories + 2, width)` row-major; the places after the categories are missing and other.
    pub cells: Vec<TargetSum>,
}

/// Means of a column's categories.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldMeans {
    /// What serving uses.
    pub step: Step,
    /// What training rows have: `(FOLDS, categories + 2, width)` row-major.
    pub by_fold: Vec<f64>,
}

/// A fitted step and the features of the training rows, made out of fold.
pub struct TargetMeans {
    /// What serving uses.
    pub step: Step,
    /// `(n_rows, width)` row-major.
    pub out_of_fold: Vec<f64>,
}

/// Fits on rows whose category is at `places`: the categories, then missing, then other. `is_scaled` as for [`means_of`].
pub fn fit_target_mean(
    categories: Vec<String>,
    places: &[u32],
    goal: Goal<'_>,
    seed: u64,
    is_scaled: bool,
) -> TargetMeans {
    let width = goal.width();
    let folds: Vec<usize> = (0..places.len() as u64)
        .map(|row| fold_of(row, seed))
        .collect();
    let n_places = categories.len() + 2;
    let mut sums = TargetSums {
        shift: match goal {
            Goal::Classes(..) => 0.0,
            Goal::Numbers(numbers) => numbers.first().copied().unwrap_or(0.0),
        },
        cells: vec![TargetSum::default(); FOLDS * n_places * width],
    };
    for (row, (&place, &fold)) in places.iter().zip(&folds).enumerate() {
        let at = (fold * n_places + place as usize) * width;
        for (output, cell) in sums.cells[at..at + width].iter_mut().enumerate() {
            let distance = goal.value(row, output) - sums.shift;
            cell.add(TargetSum {
                rows: 1.0,
                first: distance,
                second: distance * distance,
            });
        }
    }
    let FoldMeans { step, by_fold } = means_of(categories, &sums, width, is_scaled);
    TargetMeans {
        out_of_fold: out_of_fold(&by_fold, &folds, places, width),
        step,
    }
}

/// The features of rows by their fold and place, `(n_rows, width)` row-major.
pub fn out_of_fold(by_fold: &[f64], folds: &[usize], places: &[u32], width: usize) -> Vec<f64> {
    let n_places = by_fold.len() / (FOLDS * width).max(1);
    let mut features = Vec::with_capacity(places.len() * width);
    for (&fold, &place) in folds.iter().zip(places) {
        let at = (fold * n_places + place as usize) * width;
        features.extend_from_slice(&by_fold[at..at + width]);
    }
    features
}

/// The means by sums of the target, of `width` outputs. `is_scaled` takes the mean of all off and divides by the standard deviation
/// of the features of training rows, for learners to which scale matters.
pub fn means_of(
    categories: Vec<String>,
    sums: &TargetSums,
    width: usize,
    is_scaled: bool,
) -> FoldMeans {
    let n_places = categories.len() + 2;
    let known = n_places - 1;
    let mut means = vec![0.0; known * width];
    let mut prior = vec![0.0; width];
    let mut by_fold = vec![0.0; FOLDS * n_places * width];
    for output in 0..width {
        let cell =
            |fold: usize, place: usize| sums.cells[(fold * n_places + place) * width + output];
        let all = Part::of(sums.shift, n_places, None, cell);
        prior[output] = all.mean();
        for place in 0..known {
            means[place * width + output] = all.shrunk(place);
        }
        for fold in 0..FOLDS {
            let others = Part::of(sums.shift, n_places, Some(fold), cell);
            for place in 0..n_places {
                by_fold[(fold * n_places + place) * width + output] = others.shrunk(place);
            }
        }
        if is_scaled {
            let features = by_fold.iter().skip(output).step_by(width).copied();
            let rows = sums.cells.iter().skip(output).step_by(width);
            let features = rows.map(|cell| cell.rows).zip(features);
            let (centre, scale) = (prior[output], deviation(features));
            for matrix in [&mut means, &mut prior, &mut by_fold] {
                let column = matrix.iter_mut().skip(output).step_by(width);
                column.for_each(|value| *value = (*value - centre) / scale);
            }
        }
    }
    FoldMeans {
        step: Step::TargetMean {
            categories,
            means,
            prior,
        },
        by_fold,
    }
}

/// The deviation of a feature, by the rows of each of its values.
fn deviation(features: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = features.clone().map(|(rows, _)| rows).sum::<f64>().max(1.0);
    let mean = features.clone().map(|(rows, it)| rows * it).sum::<f64>() / n;
    let square = features
        .map(|(rows, it)| rows * (it - mean).powi(2))
        .sum::<f64>()
        / n;
    let deviation = square.sqrt();
    if deviation.is_finite() && deviation > 1e-12 * mean.abs() {
        deviation
    } else {
        1.0
    }
}

/// The rows of all folds but one.
struct Part {
    shift: f64,
    total: TargetSum,
    /// Of the categories, then missing. Other has the mean of all.
    per_place: Vec<TargetSum>,
}

impl Part {
    fn of(
        shift: f64,
        n_places: usize,
        without: Option<usize>,
        cell: impl Fn(usize, usize) -> TargetSum,
    ) -> Self {
        let mut part = Part {
            shift,
            total: TargetSum::default(),
            per_place: vec![TargetSum::default(); n_places - 1],
        };
        for fold in (0..FOLDS).filter(|&fold| Some(fold) != without) {
            for place in 0..n_places {
                let sum = cell(fold, place);
                part.total.add(sum);
                if let Some(own) = part.per_place.get_mut(place) {
                    own.add(sum);
                }
            }
        }
        part
    }

    fn mean(&self) -> f64 {
        let TargetSum { rows, first, .. } = self.total;
        self.shift + if rows > 0.0 { first / rows } else { 0.0 }
    }

    fn shrunk(&self, place: usize) -> f64 {
        let own = match self.per_place.get(place) {
            Some(own) if own.rows > 0.0 => own,
            _ => return self.mean(),
        };
        let (all, within) = (self.total.variance(), own.variance());
        let share = all * own.rows / (all * own.rows + within);
        if share.is_nan() {
            self.mean()
        } else {
            share * (self.shift + own.first / own.rows) + (1.0 - share) * self.mean()
        }
    }
}
