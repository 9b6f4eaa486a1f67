//! What goes in: both models on rows with and without labels.

use serde::{Deserialize, Serialize};

use super::calibration::logit;
use super::rows::Rows;
use crate::evaluate::{ClassPredictions, Metric};

/// What is assumed before a decision is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Assumptions {
    /// By how much π̂ may be off on the rows where the models differ.
    pub structure: f64,
    /// The slope up to which it is off in one direction. What lies beyond counts as further misfits of that size, each in a direction of
    /// its own, so that what they come to grows with the root of the slope. `None` in decisions of before: all in one direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coherence: Option<f64>,
    /// Mean of the true gains of challengers over champions.
    pub prior_mean: f64,
    /// Their standard deviation.
    pub prior_sd: f64,
}

impl Default for Assumptions {
    fn default() -> Self {
        Assumptions {
            structure: 0.03,
            coherence: Some(0.15),
            prior_mean: 0.0,
            prior_sd: 0.015,
        }
    }
}

impl Assumptions {
    /// By how much a misfit of 1 moves an opinion of a slope: √(slope · min(slope, `coherence`)).
    pub(super) fn reach(&self, slope: f64) -> f64 {
        let coherent = self.coherence.map_or(slope, |most| slope.min(most));
        (slope * coherent).sqrt()
    }
}

/// The logits and labels of both models on some rows, each `(n_rows)`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Both {
    /// Log odds of the positive class by the champion.
    pub champion_logits: Vec<f64>,
    /// Log odds of the positive class by the challenger.
    pub challenger_logits: Vec<f64>,
    /// Whether the champion labels the row positive.
    pub champion_labels: Vec<bool>,
    /// Whether the challenger does.
    pub challenger_labels: Vec<bool>,
}

impl Both {
    /// Both models' predictions of two classes on the same rows; `None` when they are no such predictions, or hold a
    /// number that is not finite.
    pub fn of(champion: &ClassPredictions, challenger: &ClassPredictions) -> Option<Both> {
        let is_usable = |side: &ClassPredictions| {
            let n = side.labels.len();
            let probabilities = &side.probabilities;
            side.n_classes == 2
                && probabilities.len() == n
                && probabilities.iter().all(|p| p.is_finite())
        };
        let logits =
            |side: &ClassPredictions| side.probabilities.iter().map(|&p| logit(p)).collect();
        let labels =
            |side: &ClassPredictions| side.labels.iter().map(|&label| label == 1).collect();
        let fits = champion.labels.len() == challenger.labels.len();
        (fits && is_usable(champion) && is_usable(challenger)).then(|| Both {
            champion_logits: logits(champion),
            challenger_logits: logits(challenger),
            champion_labels: labels(champion),
            challenger_labels: labels(challenger),
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.champion_labels.len()
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.champion_labels.is_empty()
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows {
            champion_logits: &self.champion_logits,
            challenger_logits: &self.challenger_logits,
            champion_labels: &self.champion_labels,
            challenger_labels: &self.challenger_labels,
        }
    }
}

/// Rows with their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// What both models say.
    pub both: Both,
    /// Whether each row is truly positive, `(n_rows)`.
    pub positive: Vec<bool>,
}

impl Labelled {
    pub(super) fn truth(&self) -> Vec<f64> {
        let number = |&positive: &bool| f64::from(u8::from(positive));
        self.positive.iter().map(number).collect()
    }
}

/// The evidence on two models.
#[derive(Debug, Clone)]
pub struct Evidence<'a> {
    /// The metric decided on.
    pub metric: Metric,
    /// The test rows: seen by neither model.
    pub trusted: &'a Labelled,
    /// Training rows of one model that the other never saw, predicted out of fold by the one; none where none were kept.
    pub out_of_fold: &'a [Labelled],
    /// Rows without labels; without any the test rows are in for them.
    pub unlabelled: Option<&'a Both>,
    /// Rows without labels that were labelled on request; `None` where none were requested.
    pub asked: Option<&'a Asked>,
    /// What is assumed.
    pub assumptions: Assumptions,
}

/// Labels that were requested: of the rows without labels on which the models differ, some drawn at random within each
/// [`Direction`], so that each stands for a known number of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Rows without labels at the time of the draw, those on which both models agree included.
    pub population: u64,
    /// How many of them are of each direction, in the order of [`Direction::ALL`].
    pub strata: [u64; 2],
    /// The drawn rows whose labels have come.
    pub labelled: Labelled,
}

/// In which way two models differ on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The challenger alone says positive.
    ChallengerPositive,
    /// The champion alone does.
    ChampionPositive,
}

impl Direction {
    /// Both of them.
    pub const ALL: [Direction; 2] = [Direction::ChallengerPositive, Direction::ChampionPositive];

    /// The name used in records.
    pub fn name(self) -> &'static str {
        match self {
            Direction::ChallengerPositive => "challenger_positive",
            Direction::ChampionPositive => "champion_positive",
        }
    }

    /// The direction of a row's labels; `None` where both say the same.
    pub fn of(champion: bool, challenger: bool) -> Option<Direction> {
        match (champion, challenger) {
            (false, true) => Some(Direction::ChallengerPositive),
            (true, false) => Some(Direction::ChampionPositive),
            _ => None,
        }
    }
}
