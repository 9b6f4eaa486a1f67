//! What was asked and what was answered, classes or numbers: the one form in which scoring, gate and report see them.

use super::regression::{self, RegressionScorer};
use super::task::Task;
use super::{
    BCA_ROWS, ClassPredictions, IntervalMethod, MetricInterval, Scores, bootstrap, classification,
};

/// What is true of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// Class indices, `(n_rows)`.
    Classes(Vec<u32>),
    /// Numbers, `(n_rows)`.
    Numbers(Vec<f64>),
}

impl Truth {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Truth::Classes(classes) => classes.len(),
            Truth::Numbers(numbers) => numbers.len(),
        }
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What kind of thing it is.
    pub fn task(&self) -> Task {
        match self {
            Truth::Classes(_) => Task::Classification,
            Truth::Numbers(_) => Task::Regression,
        }
    }

    /// The same for some of the rows only. Rows beyond the end are left out.
    pub fn select(&self, rows: &[usize]) -> Truth {
        match self {
            Truth::Classes(classes) => Truth::Classes(picked(classes, rows)),
            Truth::Numbers(numbers) => Truth::Numbers(picked(numbers, rows)),
        }
    }
}

/// What a model says of some rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    /// Classes and their probabilities.
    Classes(ClassPredictions),
    /// Numbers, `(n_rows)`.
    Numbers(Vec<f64>),
}

impl Predictions {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Predictions::Classes(predictions) => predictions.len(),
            Predictions::Numbers(numbers) => numbers.len(),
        }
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The predictions of a classifier.
    pub fn classes(&self) -> Option<&ClassPredictions> {
        match self {
            Predictions::Classes(predictions) => Some(predictions),
            Predictions::Numbers(_) => None,
        }
    }

    /// The same for some of the rows only. Rows beyond the end are left out.
    pub fn select(&self, rows: &[usize]) -> Predictions {
        match self {
            Predictions::Classes(predictions) => Predictions::Classes(predictions.select(rows)),
            Predictions::Numbers(numbers) => Predictions::Numbers(picked(numbers, rows)),
        }
    }

    /// How many of its numbers (probabilities, of a classifier) are not finite.
    pub fn not_finite(&self) -> usize {
        let numbers = match self {
            Predictions::Classes(predictions) => &predictions.probabilities,
            Predictions::Numbers(numbers) => numbers,
        };
        numbers.iter().filter(|number| !number.is_finite()).count()
    }

    /// Why these answers cannot be scored against `truth`, in words; `None` when they can. Whether they are finite is not
    /// looked at. Never names a row's values.
    pub fn problem_with(&self, truth: &Truth) -> Option<String> {
        match (truth, self) {
            (Truth::Classes(truth), Predictions::Classes(predictions)) => {
                predictions.problem_with(truth)
            }
            (Truth::Numbers(truth), Predictions::Numbers(numbers)) => {
                let (rows, given) = (truth.len(), numbers.len());
                (rows != given).then(|| format!("{given} predicted numbers for {rows} rows"))
            }
            (Truth::Classes(_), _) => Some("numbers where classes are requested".to_owned()),
            (Truth::Numbers(_), _) => Some("classes where numbers are requested".to_owned()),
        }
    }
}

fn picked<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter()
        .filter_map(|&row| values.get(row).copied())
        .collect()
}

/// Scores answers against the truth by every metric of their task. What is undefined is `None`, never NaN: everything where
/// the answers do not fit the truth. See [`classification::score`] and [`super::regression`].
pub fn score(truth: &Truth, answers: &Predictions) -> Scores {
    match (truth, answers) {
        (Truth::Classes(truth), Predictions::Classes(predictions)) => {
            classification::score(truth, predictions)
        }
        (Truth::Numbers(truth), Predictions::Numbers(numbers)) => {
            RegressionScorer::new(truth, numbers).map_or_else(Scores::default, |scorer| {
                scorer.score_all(&vec![1; truth.len()])
            })
        }
        _ => Scores::default(),
    }
}

/// Fewer test rows than this give no interval: resamples of a handful of rows are far narrower than the truth.
pub const FEWEST_INTERVAL_ROWS: usize = 30;

/// Bootstrap intervals of every metric that is defined: stratified by class, of numbers over all rows; bias-corrected and
/// accelerated of fewer than [`BCA_ROWS`] rows, by percentiles of more. See
/// [`bootstrap::intervals`] and [`regression::intervals`]. None at all of fewer than [`FEWEST_INTERVAL_ROWS`] rows, and none
/// without a width: a score that no resample changes is not known exactly for that.
pub fn intervals(
    truth: &Truth,
    answers: &Predictions,
    confidence: f64,
    replicates: u32,
    seed: u64,
) -> Vec<MetricInterval> {
    if answers.len() < FEWEST_INTERVAL_ROWS {
        return Vec::new();
    }
    let method = if answers.len() < BCA_ROWS {
        IntervalMethod::Bca
    } else {
        IntervalMethod::Percentile
    };
    let mut intervals = match (truth, answers) {
        (Truth::Classes(truth), Predictions::Classes(predictions)) => {
            bootstrap::intervals(truth, predictions, confidence, replicates, seed, method)
        }
        (Truth::Numbers(truth), Predictions::Numbers(answers)) => {
            regression::intervals(truth, answers, confidence, replicates, seed, method)
        }
        _ => Vec::new(),
    };
    intervals.retain(|found| found.interval.has_width());
    intervals
}
