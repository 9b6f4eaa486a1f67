//! Target means of categories, as scikit-learn's `TargetEncoder(smooth="auto")`:
//! `λ · mean of the category + (1 - λ) · mean of all`, `λ = n v / (n v + s)`, with n the category's rows, v the variance of
//! the target over all rows and s its variance within the category (both ddof 0).
//!
//! A row's own target is in the mean of its category, so a learner would trust that mean too much. The training matrix
//! therefore holds means made without the row's fold. This is the one place where it differs from what serving makes of
//! the same row, on purpose.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Goal, Step};

/// Parts that the training rows are cut into, by the seed.
const FOLDS: u64 = 5;

/// A fitted step and the features of the training rows, made out of fold.
pub struct TargetMeans {
    /// What serving uses.
    pub step: Step,
    /// `(n_rows, width)` row-major.
    pub out_of_fold: Vec<f64>,
}

/// Fits on rows whose category is at `places`: the categories, then missing, then other. `is_scaled` takes the mean of
/// all off and divides by the standard deviation of the features, for learners to which scale matters.
pub fn fit_target_mean(
    categories: Vec<String>,
    places: &[u32],
    goal: Goal<'_>,
    seed: u64,
    is_scaled: bool,
) -> TargetMeans {
    let width = goal.width();
    let fold_of: Vec<u64> = (0..places.len() as u64)
        .map(|row| xxh3_64_with_seed(&row.to_le_bytes(), seed) % FOLDS)
        .collect();
    let n = categories.len() + 1;
    let mut means = vec![0.0; n * width];
    let mut prior = vec![0.0; width];
    let mut out_of_fold = vec![0.0; places.len() * width];
    for output in 0..width {
        let of = |row: usize| goal.value(row, output);
        let all = Sums::of(n, places, |row| Some(of(row)));
        prior[output] = all.mean();
        for place in 0..n {
            means[place * width + output] = all.shrunk(place);
        }
        for fold in 0..FOLDS {
            let others = Sums::of(n, places, |row| (fold_of[row] != fold).then(|| of(row)));
            let shrunk: Vec<f64> = (0..=n).map(|place| others.shrunk(place)).collect();
            let inside = (0..places.len()).filter(|&row| fold_of[row] == fold);
            inside.for_each(|row| {
                out_of_fold[row * width + output] = shrunk[places[row] as usize];
            });
        }
        if is_scaled {
            let (centre, scale) = (prior[output], deviation(&out_of_fold, output, width));
            let matrices = [&mut means, &mut prior, &mut out_of_fold];
            for matrix in matrices {
                let column = matrix.iter_mut().skip(output).step_by(width);
                column.for_each(|value| *value = (*value - centre) / scale);
            }
        }
    }
    TargetMeans {
        step: Step::TargetMean {
            categories,
            means,
            prior,
        },
        out_of_fold,
    }
}

fn deviation(matrix: &[f64], output: usize, width: usize) -> f64 {
    let column = || matrix.iter().skip(output).step_by(width);
    let n = column().count().max(1) as f64;
    let mean = column().sum::<f64>() / n;
    let square = column().map(|it| (it - mean).powi(2)).sum::<f64>() / n;
    let deviation = square.sqrt();
    if deviation.is_finite() && deviation > 1e-12 * mean.abs() {
        deviation
    } else {
        1.0
    }
}

/// Sums of the target about a shift, per place.
struct Sums {
    shift: f64,
    total: (f64, f64, f64),
    per_place: Vec<(f64, f64, f64)>,
}

impl Sums {
    /// Over the rows that have a value. The place after the last is never counted: other.
    fn of(n: usize, places: &[u32], value: impl Fn(usize) -> Option<f64>) -> Self {
        let shift = (0..places.len()).find_map(&value).unwrap_or(0.0);
        let mut sums = Sums {
            shift,
            total: (0.0, 0.0, 0.0),
            per_place: vec![(0.0, 0.0, 0.0); n],
        };
        for (row, &place) in places.iter().enumerate() {
            let Some(value) = value(row) else { continue };
            let distance = value - shift;
            let into = sums.per_place.get_mut(place as usize);
            for sums in std::iter::once(&mut sums.total).chain(into) {
                sums.0 += 1.0;
                sums.1 += distance;
                sums.2 += distance * distance;
            }
        }
        sums
    }

    fn mean(&self) -> f64 {
        let (n, sum, _) = self.total;
        self.shift + if n > 0.0 { sum / n } else { 0.0 }
    }

    fn shrunk(&self, place: usize) -> f64 {
        let Some(&(n, sum, square)) = self.per_place.get(place) else {
            return self.mean();
        };
        let variance =
            |(n, sum, square): (f64, f64, f64)| (square / n - (sum / n).powi(2)).max(0.0);
        if n == 0.0 {
            return self.mean();
        }
        let (all, within) = (variance(self.total), variance((n, sum, square)));
        let share = all * n / (all * n + within);
        if share.is_nan() {
            self.mean()
        } else {
            share * (self.shift + sum / n) + (1.0 - share) * self.mean()
        }
    }
}
