//! Calibrated probabilities of two classes: what a predictor says, moved to how often that came true.

use serde::{Deserialize, Serialize};

use super::{Link, Predictor};

/// How near to 0 and 1 a probability is taken where its log odds are requested.
const CLIP: f64 = 1e-12;

/// A fitted calibration of P(positive).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Calibrator {
    /// Platt scaling: σ(slope · score + intercept). The score is the log odds where the predictor has them, else its probability.
    Platt {
        /// Above 0.
        slope: f64,
        /// Of the log odds.
        intercept: f64,
    },
    /// Isotonic regression: straight lines between the points of a curve that never falls.
    Isotonic(Curve),
}

/// Points of a curve over 0..=1 that never falls; flat beyond both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Probabilities as the predictor says them, strictly rising, `(n_points)`.
    pub at: Vec<f64>,
    /// What they are worth, never falling, `(n_points)`.
    pub value: Vec<f64>,
}

impl Curve {
    /// What a probability is worth; one that is no number stays so.
    #[inline]
    pub fn of(&self, p: f64) -> f64 {
        if p.is_nan() {
            return p;
        }
        let (at, value) = (&self.at, &self.value);
        match at.partition_point(|&it| it <= p) {
            0 => value[0],
            above if above == at.len() => value[above - 1],
            above => {
                let (low, high) = (at[above - 1], at[above]);
                let share = (p - low) / (high - low);
                value[above - 1] + (value[above] - value[above - 1]) * share
            }
        }
    }

    /// Whether there is a point, all are probabilities, and neither falls.
    pub fn is_sound(&self) -> bool {
        let is_share = |p: &f64| (0.0..=1.0).contains(p);
        !self.at.is_empty()
            && self.at.len() == self.value.len()
            && self.at.iter().chain(&self.value).all(is_share)
            && self.at.is_sorted_by(|a, b| a < b)
            && self.value.is_sorted()
    }
}

impl Calibrator {
    /// The name used in settings, records and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Calibrator::Platt { .. } => "platt",
            Calibrator::Isotonic(_) => "isotonic",
        }
    }

    /// What a probability of a predictor with such a link is worth.
    pub fn of(&self, link: Link, p: f64) -> f64 {
        match self {
            Calibrator::Platt { slope, intercept } => {
                let mut margin = [slope * score(link, p) + intercept];
                Link::Logistic.apply(&mut margin);
                margin[0]
            }
            Calibrator::Isotonic(curve) => curve.of(p),
        }
    }

    /// Whether its numbers are such that a fit gives.
    pub fn is_sound(&self) -> bool {
        match self {
            Calibrator::Platt { slope, intercept } => {
                *slope > 0.0 && slope.is_finite() && intercept.is_finite()
            }
            Calibrator::Isotonic(curve) => curve.is_sound(),
        }
    }
}

/// What Platt scaling reads of a probability: its log odds where the link makes it of them, else itself.
pub fn score(link: Link, p: f64) -> f64 {
    match link {
        Link::Logistic => {
            let p = p.clamp(CLIP, 1.0 - CLIP);
            (p / (1.0 - p)).ln()
        }
        Link::Identity | Link::Softmax | Link::OneVsRest => p,
    }
}

impl Predictor {
    /// The predictor whose margin is `slope` times this one's and `intercept`. Of log odds that is Platt scaling: every scorer, export
    /// and explanation is then calibrated without knowing of it.
    pub fn scaled(self, slope: f64, intercept: f64) -> Predictor {
        let all = |numbers: &mut [f64]| numbers.iter_mut().for_each(|it| *it *= slope);
        match self {
            Predictor::Linear(mut linear) => {
                all(&mut linear.weights);
                all(&mut linear.bias);
                linear.bias.iter_mut().for_each(|it| *it += intercept);
                Predictor::Linear(linear)
            }
            Predictor::Trees(mut trees) => {
                all(&mut trees.values);
                all(&mut trees.base);
                trees.base.iter_mut().for_each(|it| *it += intercept);
                Predictor::Trees(trees)
            }
        }
    }
}
