//! What an answer without looking would be: the class shares, or the mean, of the training rows. Every other learner should
//! beat it.

use super::learned::Learned;
use super::target::{Target, class_weights};
use crate::config::raw::ClassWeight;
use crate::features::View;
use crate::predictors::{Linear, Link, Predictor};

/// Shares or the mean as the bias of a linear predictor whose weights are all 0.
pub fn fit(view: &View<'_>, target: Target<'_>, class_weight: ClassWeight) -> Learned {
    let bias = match target {
        Target::Classes(class, n_classes) => {
            let mut share = vec![0.0; n_classes];
            let weight =
                class_weights(target, class_weight).unwrap_or_else(|| vec![1.0; n_classes]);
            class
                .iter()
                .for_each(|&class| share[class as usize] += weight[class as usize]);
            let total: f64 = share.iter().sum();
            share.iter_mut().for_each(|share| *share /= total);
            match n_classes {
                2 => vec![share[1]],
                _ => share,
            }
        }
        Target::Numbers(numbers) => {
            let n = numbers.len().max(1) as f64;
            vec![numbers.iter().map(|number| number / n).sum()]
        }
    };
    Learned {
        predictor: Predictor::Linear(Linear {
            link: Link::Identity,
            weights: vec![0.0; bias.len() * view.n_features()],
            bias,
        }),
        notes: Vec::new(),
    }
}
