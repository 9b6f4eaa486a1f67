//! Predictions of two models over one list of classes.

use crate::evaluate::ClassPredictions;

/// The challenger's classes, then those that only the champion knows.
pub fn union(challenger: &[String], champion: Option<&[String]>) -> Vec<String> {
    let mut classes = challenger.to_vec();
    for class in champion.unwrap_or_default() {
        if !classes.contains(class) {
            classes.push(class.clone());
        }
    }
    classes
}

/// Predictions over one class list as predictions over another that contains it.
pub fn aligned(predictions: ClassPredictions, from: &[String], to: &[String]) -> ClassPredictions {
    if from == to {
        return predictions;
    }
    let place: Vec<usize> = from
        .iter()
        .map(|class| to.iter().position(|other| other == class).unwrap_or(0))
        .collect();
    let rows = predictions.len();
    let labels = predictions
        .labels
        .iter()
        .map(|&label| place[label as usize] as u32)
        .collect();
    let probabilities = if to.len() == 2 {
        (0..rows)
            .map(|row| {
                predictions.probability(row, place.iter().position(|&at| at == 1).unwrap_or(0))
            })
            .collect()
    } else {
        let mut spread = vec![0.0; rows * to.len()];
        for row in 0..rows {
            for (class, &at) in place.iter().enumerate() {
                spread[row * to.len() + at] = predictions.probability(row, class);
            }
        }
        spread
    };
    ClassPredictions {
        n_classes: to.len(),
        labels,
        probabilities,
    }
}

/// The class shares of a model over another list of classes; one that it does not know has none.
pub fn prior_over(prior: &[f64], from: &[String], to: &[String]) -> Vec<f64> {
    to.iter()
        .map(|class| {
            let at = from.iter().position(|other| other == class);
            at.map_or(0.0, |at| prior[at])
        })
        .collect()
}
