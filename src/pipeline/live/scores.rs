//! What a version answers, beside what it answered on its test rows: a histogram of its scores.

use serde::Serialize;

use crate::evaluate::Predictions;

/// Bins of a histogram.
const BINS: usize = 20;

/// A bin of scores: half-open, but the last has its upper edge, too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ScoreBin {
    /// Lower edge.
    pub from: f64,
    /// Upper edge.
    pub to: f64,
    /// Share of the test rows, in 0..=1.
    pub test: f64,
    /// Share of the answers, in 0..=1.
    pub answers: f64,
}

/// What is kept of an answer, of each test row: the probability of the positive class of two, that of the predicted class of more,
/// or the number.
pub fn kept_of(answers: Predictions) -> Vec<f64> {
    match answers {
        Predictions::Numbers(numbers) => numbers,
        Predictions::Classes(said) if said.n_classes == 2 => said.probabilities,
        Predictions::Classes(said) => {
            let rows = said.probabilities.chunks_exact(said.n_classes.max(1));
            let of_label = |(row, label): (&[f64], &u32)| row.get(*label as usize).copied();
            rows.zip(&said.labels).filter_map(of_label).collect()
        }
    }
}

/// Both sides in the same bins: of probabilities from 0 to 1, of numbers over the range of both. Nothing where one side has no row.
pub fn score_bins(test: &[f64], answers: &[f64], are_probabilities: bool) -> Vec<ScoreBin> {
    let finite = |values: &[f64]| -> Vec<f64> {
        values.iter().copied().filter(|it| it.is_finite()).collect()
    };
    let (test, answers) = (finite(test), finite(answers));
    if test.is_empty() || answers.is_empty() {
        return Vec::new();
    }
    let both = || test.iter().chain(&answers).copied();
    let (low, high) = if are_probabilities {
        (0.0, 1.0)
    } else {
        (
            both().fold(f64::INFINITY, f64::min),
            both().fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let width = (high - low) / BINS as f64;
    if width.is_nan() || width <= 0.0 || !width.is_finite() {
        return Vec::new();
    }
    let shares = |values: &[f64]| -> Vec<f64> {
        let mut counts = vec![0u32; BINS];
        for value in values {
            // Negative places are below the range, which none is.
            let place = ((value - low) / width) as usize;
            counts[place.min(BINS - 1)] += 1;
        }
        let n = values.len() as f64;
        counts
            .into_iter()
            .map(|count| f64::from(count) / n)
            .collect()
    };
    let (of_test, of_answers) = (shares(&test), shares(&answers));
    let edge = |place: usize| low + width * place as f64;
    (0..BINS)
        .map(|place| ScoreBin {
            from: edge(place),
            to: edge(place + 1),
            test: of_test[place],
            answers: of_answers[place],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::ClassPredictions;

    #[test]
    fn shares_add_up_on_both_sides_and_ends_belong_to_a_bin() {
        let bins = score_bins(&[0.0, 0.5, 1.0, f64::NAN], &[1.0], true);
        assert_eq!(bins.len(), BINS);
        let sum = |of: fn(&ScoreBin) -> f64| bins.iter().map(of).sum::<f64>();
        assert!((sum(|it| it.test) - 1.0).abs() < 1e-12);
        assert!((sum(|it| it.answers) - 1.0).abs() < 1e-12);
        assert_eq!((bins[0].test, bins[10].test), (1.0 / 3.0, 1.0 / 3.0));
        assert_eq!(bins[BINS - 1].answers, 1.0);
        let numbers = score_bins(&[-10.0, 30.0], &[10.0], false);
        assert_eq!((numbers[0].from, numbers[BINS - 1].to), (-10.0, 30.0));
        for (test, answers) in [
            (&[] as &[f64], &[1.0] as &[f64]),
            (&[1.0], &[]),
            (&[2.0], &[2.0]),
        ] {
            assert_eq!(score_bins(test, answers, false), []);
        }
    }

    #[test]
    fn of_many_classes_the_probability_of_the_predicted_one_counts() {
        let said = Predictions::Classes(ClassPredictions {
            n_classes: 3,
            labels: vec![2, 0],
            probabilities: vec![0.1, 0.2, 0.7, 0.5, 0.3, 0.2],
        });
        assert_eq!(kept_of(said), [0.7, 0.5]);
    }
}
