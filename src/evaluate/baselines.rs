//! What a model must beat to be worth its keep: predictors that look at no feature.

use serde::{Deserialize, Serialize};

use super::threshold::likeliest;
use super::{ClassPredictions, Metric, Predictions, Scores, Truth, classification, predictions};

/// Where the targets of the training rows lie: what the baselines of numbers predict.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Centre {
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
}

impl Centre {
    /// Of some numbers; `None` when there are none or one is not finite. The median of an even number of them is the mean of
    /// the two in the middle.
    pub fn of(numbers: &[f64]) -> Option<Centre> {
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let n = sorted.len();
        let (below, above) = (*sorted.get(n.checked_sub(1)? / 2)?, *sorted.get(n / 2)?);
        // Each divided by itself: the sum of two large numbers, or of many, need not be one.
        let centre = Centre {
            mean: sorted.iter().map(|number| number / n as f64).sum(),
            median: below / 2.0 + above / 2.0,
        };
        (centre.mean.is_finite() && centre.median.is_finite()).then_some(centre)
    }
}

/// The scores of every baseline on rows: of classes by the shares in `prior` (see [`all`]), of numbers `always_mean` and
/// `always_median` of the training rows.
///
/// A constant has no rank correlation; where the metric is Spearman, it counts as 0, which is what a model must be above.
pub fn scored(truth: &Truth, prior: &[f64], centre: Option<&Centre>) -> Vec<(String, Scores)> {
    match truth {
        Truth::Classes(truth) => all(prior, truth.len())
            .into_iter()
            .map(|(name, predictions)| (name, classification::score(truth, &predictions)))
            .collect(),
        Truth::Numbers(numbers) => {
            let Some(centre) = centre else {
                return Vec::new();
            };
            let score = |(name, number): (&str, f64)| {
                let constant = Predictions::Numbers(vec![number; numbers.len()]);
                let mut scores = predictions::score(truth, &constant);
                scores.spearman = scores.get(Metric::R2).map(|_| 0.0);
                (name.to_owned(), scores)
            };
            [
                ("always_mean", centre.mean),
                ("always_median", centre.median),
            ]
            .into_iter()
            .map(score)
            .collect()
        }
    }
}

/// Predictions of every baseline for `n_rows` rows, from the share of each class among the *training* rows.
///
/// `always_majority`: the most frequent training class (the first on a tie) with certainty. `always_positive`: class 1 with
/// certainty, for two classes only. `class_prior`: the shares as probabilities, the majority as label. Fewer than two
/// classes give no baselines. Shares that are not finite make the scores that read them undefined.
pub fn all(prior: &[f64], n_rows: usize) -> Vec<(String, ClassPredictions)> {
    let n_classes = prior.len();
    if n_classes < 2 {
        return Vec::new();
    }
    let majority = likeliest(prior);
    let mut baselines = vec![(
        "always_majority".to_owned(),
        constant(majority, &certain(majority, n_classes), n_rows),
    )];
    if n_classes == 2 {
        baselines.push((
            "always_positive".to_owned(),
            constant(1, &certain(1, 2), n_rows),
        ));
    }
    baselines.push(("class_prior".to_owned(), constant(majority, prior, n_rows)));
    baselines
}

fn certain(class: u32, n_classes: usize) -> Vec<f64> {
    (0..n_classes)
        .map(|other| if other == class as usize { 1.0 } else { 0.0 })
        .collect()
}

fn constant(label: u32, shares: &[f64], n_rows: usize) -> ClassPredictions {
    let row = if shares.len() == 2 {
        &shares[1..]
    } else {
        shares
    };
    ClassPredictions {
        n_classes: shares.len(),
        labels: vec![label; n_rows],
        probabilities: row.repeat(n_rows),
    }
}
