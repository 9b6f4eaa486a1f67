//! Linear predictor: `link(bias + weights · features)`.

use serde::{Deserialize, Serialize};

use super::packed;

/// How margins become probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// One output: `1 / (1 + exp(-margin))` is P(positive).
    Logistic,
    /// One output per class: `exp(margin_k) / Σ exp(margin_j)`.
    Softmax,
    /// The margins are the answer: numbers, or shares that already add up.
    Identity,
    /// One output per class: the logistic of each, divided by their sum.
    OneVsRest,
}

/// Weights, bias and a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// How margins become probabilities.
    pub link: Link,
    /// `(n_outputs)`: 1 for logistic, the number of classes for softmax.
    pub bias: Vec<f64>,
    /// `(n_outputs, n_features)` row-major.
    #[serde(with = "packed")]
    pub weights: Vec<f64>,
}

impl Linear {
    /// Number of margins.
    pub fn n_outputs(&self) -> usize {
        self.bias.len()
    }

    /// Weights of one output.
    pub fn weights_of(&self, output: usize) -> &[f64] {
        let n_features = self.weights.len() / self.bias.len().max(1);
        &self.weights[output * n_features..(output + 1) * n_features]
    }

    /// Whether shapes agree with the number of features and every number is finite.
    pub fn is_sound(&self, n_features: usize) -> bool {
        !self.bias.is_empty()
            && self.weights.len() == self.bias.len() * n_features
            && self.link.fits(self.bias.len())
            && self
                .bias
                .iter()
                .chain(&self.weights)
                .all(|number| number.is_finite())
    }
}

impl Link {
    /// Whether so many outputs can go through it.
    pub fn fits(self, n_outputs: usize) -> bool {
        match self {
            Link::Logistic => n_outputs == 1,
            Link::Softmax | Link::OneVsRest => n_outputs > 1,
            Link::Identity => n_outputs > 0,
        }
    }

    /// Turns the margins of one row into probabilities, in place: `[P(positive)]` or one per class.
    #[inline]
    pub fn apply(self, margins: &mut [f64]) {
        match self {
            Link::Logistic => {
                for margin in margins {
                    *margin = 1.0 / (1.0 + (-*margin).exp());
                }
            }
            Link::Softmax => {
                let largest = margins.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let mut sum = 0.0;
                for margin in margins.iter_mut() {
                    *margin = (*margin - largest).exp();
                    sum += *margin;
                }
                for margin in margins {
                    *margin /= sum;
                }
            }
            Link::Identity => {}
            Link::OneVsRest => {
                for margin in margins.iter_mut() {
                    *margin = 1.0 / (1.0 + (-*margin).exp());
                }
                let sum: f64 = margins.iter().sum();
                let n = margins.len() as f64;
                for margin in margins {
                    // Where every class is out of the question, none is likelier than another.
                    *margin = if sum > 0.0 { *margin / sum } else { 1.0 / n };
                }
            }
        }
    }
}
