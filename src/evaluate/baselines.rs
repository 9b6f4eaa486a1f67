//! What a model must beat to be worth its keep: three predictors that look at no feature.

use super::Predictions;
use super::threshold::likeliest;

/// Predictions of every baseline for `n_rows` rows, from the share of each class among the *training* rows.
///
/// `always_majority`: the most frequent training class (the first on a tie) with certainty. `always_positive`: class 1 with
/// certainty, for two classes only. `class_prior`: the shares as probabilities, the majority as label. Fewer than two
/// classes give no baselines. Shares that are not finite make the scores that read them undefined.
pub fn all(prior: &[f64], n_rows: usize) -> Vec<(String, Predictions)> {
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

fn constant(label: u32, shares: &[f64], n_rows: usize) -> Predictions {
    let row = if shares.len() == 2 {
        &shares[1..]
    } else {
        shares
    };
    Predictions {
        n_classes: shares.len(),
        labels: vec![label; n_rows],
        probabilities: row.repeat(n_rows),
    }
}
