//! What is in a predictor itself: weights of a linear one, on the columns' own scale too, and gains of trees.

use serde::{Deserialize, Serialize};

use crate::bundle::Bundle;
use crate::features::Step;
use crate::predictors::{Linear, Predictor};

/// The weight of one feature for one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Name of the feature.
    pub feature: String,
    /// The class whose margin it moves, with more than two classes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What the feature as the model sees it adds to the margin: one standard deviation of a scaled number.
    pub weight: f64,
    /// What one unit of the column adds: `weight / scale`; a category has no unit but itself.
    pub original: f64,
}

/// Every weight of a linear model that is not 0, outputs one after the other, features in order; none for others.
///
/// With a bias moved by `-Σ weight · mean / scale` these are scikit-learn's `coef_` on unscaled columns.
pub fn coefficients(bundle: &Bundle) -> Vec<Coefficient> {
    let Predictor::Linear(linear) = &bundle.predictor else {
        return Vec::new();
    };
    let names = bundle.transformer.feature_names();
    let scales = scales(bundle);
    let outputs = 0..linear.n_outputs();
    outputs
        .flat_map(|output| of_output(bundle, linear, output, &names, &scales))
        .collect()
}

fn of_output(
    bundle: &Bundle,
    linear: &Linear,
    output: usize,
    names: &[String],
    scales: &[f64],
) -> Vec<Coefficient> {
    let class = (linear.n_outputs() > 1).then(|| bundle.classes[output].clone());
    let weights = linear.weights_of(output).iter().zip(names).zip(scales);
    weights
        .filter(|((weight, _), _)| **weight != 0.0)
        .map(|((weight, name), scale)| Coefficient {
            feature: name.clone(),
            class: class.clone(),
            weight: *weight,
            original: weight / scale,
        })
        .collect()
}

/// Per feature, what its column is divided by; 1 where it is not.
fn scales(bundle: &Bundle) -> Vec<f64> {
    let inputs = bundle.transformer.inputs.iter();
    inputs
        .flat_map(|input| {
            let mut scales = vec![1.0; input.width()];
            if let Step::Scale { scale, .. } | Step::Number { scale, .. } = input.step {
                scales[0] = scale;
            }
            scales
        })
        .collect()
}

/// Per column of a model of trees, how much the splits on its features gained, as a share of all; largest first. None for
/// others.
pub fn gains(bundle: &Bundle) -> Vec<(String, f64)> {
    let Predictor::Trees(trees) = &bundle.predictor else {
        return Vec::new();
    };
    let all: f64 = trees.gain.iter().sum();
    let mut gains = Vec::with_capacity(bundle.transformer.inputs.len());
    let mut first = 0;
    for input in &bundle.transformer.inputs {
        let of_column = &trees.gain[first..first + input.width()];
        first += input.width();
        let gain: f64 = of_column.iter().sum();
        gains.push((input.name.clone(), if all > 0.0 { gain / all } else { 0.0 }));
    }
    gains.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    gains
}
