//! What learns, and with which parameters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decision::Decide;
use crate::evaluate::Task;

/// What learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LearnerKind {
    /// L2-regularised logistic regression, binary or multinomial.
    #[default]
    Logistic,
    /// Least squares, for numbers.
    Linear,
    /// L2-regularised least squares, for numbers.
    Ridge,
    /// L1- and L2-regularised least squares, for numbers.
    ElasticNet,
    /// Gradient-boosted trees.
    BoostedTrees,
    /// Extremely randomised trees.
    ExtraTrees,
    /// Random forest.
    RandomForest,
    /// Multinomial logistic regression on n-grams of the text columns.
    Text,
    /// Class shares or the mean of the training rows, whatever the row says.
    Baseline,
    /// The best of a stated set of the others, compared on rows that were held back.
    Auto,
}

impl LearnerKind {
    /// The name used in config and reports.
    pub fn name(self) -> &'static str {
        match self {
            LearnerKind::Logistic => "logistic",
            LearnerKind::Linear => "linear",
            LearnerKind::Ridge => "ridge",
            LearnerKind::ElasticNet => "elastic_net",
            LearnerKind::BoostedTrees => "boosted_trees",
            LearnerKind::ExtraTrees => "extra_trees",
            LearnerKind::RandomForest => "random_forest",
            LearnerKind::Text => "text",
            LearnerKind::Baseline => "baseline",
            LearnerKind::Auto => "auto",
        }
    }

    /// Whether it splits on features one by one, so that neither scale nor order-preserving changes matter to it.
    pub fn is_trees(self) -> bool {
        matches!(
            self,
            LearnerKind::BoostedTrees | LearnerKind::ExtraTrees | LearnerKind::RandomForest
        )
    }

    /// The only task it can do, where it is one.
    pub fn task(self) -> Option<Task> {
        match self {
            LearnerKind::Logistic | LearnerKind::Text => Some(Task::Classification),
            LearnerKind::Linear | LearnerKind::Ridge | LearnerKind::ElasticNet => {
                Some(Task::Regression)
            }
            _ => None,
        }
    }
}

/// How much a row of each class counts while learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// As much as any other.
    #[default]
    None,
    /// So much that all classes weigh the same: rows / (classes × rows of the class).
    Balanced,
}

/// How a model's probabilities are moved to how often they come true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationKind {
    /// They stay as the learner gives them.
    None,
    /// A logistic curve of two numbers.
    Platt,
    /// Steps that never fall.
    Isotonic,
    /// Isotonic from 1,000 rows on (100 of the rarer class), Platt with fewer; none where neither makes them better.
    Auto,
}

/// The learner and its parameters. Those that the learner does not have are left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Learner {
    /// Which learner.
    pub kind: LearnerKind,
    /// `logistic`, `text`: inverse of the regularisation strength, as in scikit-learn: larger fits closer. Default: 1; 10 where
    /// texts are read word by word.
    pub c: Option<f64>,
    /// `logistic`, `text`: most iterations of the solver.
    pub max_iterations: u32,
    /// Whether the decision threshold of a two-class model is tuned for the metric on the validation part; else 0.5. The old
    /// spelling of `decision`, which goes before it.
    pub tune_threshold: bool,
    /// The policy by which rows are decided on; it stays when versions change, and each version's threshold is chosen by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decide>,
    /// How the probabilities of two classes are calibrated, on rows that the model was not fitted on. Default: `auto` for trees where
    /// the gate's two keys read them, else `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<CalibrationKind>,
    /// How much a row of each class counts while learning.
    pub class_weight: ClassWeight,
    /// `ridge`, `elastic_net`: strength of the regularisation, as in scikit-learn.
    pub alpha: f64,
    /// `elastic_net`: share of L1 in it, from 0 to 1.
    pub l1_ratio: f64,
    /// `boosted_trees`: most rounds. Default: 300.
    pub rounds: Option<u32>,
    /// `boosted_trees`: rounds without a better loss on the validation part after which it stops; 0 never stops early.
    pub early_stopping: u32,
    /// `boosted_trees`: share of each tree that counts.
    pub learning_rate: f64,
    /// `extra_trees`, `random_forest`: number of trees. Default: 100.
    pub trees: Option<u32>,
    /// Trees: most levels of a tree. Default: 6 for `boosted_trees`, as many as it takes for the others.
    pub max_depth: Option<u32>,
    /// Trees: fewest training rows in a leaf. Default: by learner and number of rows.
    pub min_leaf_rows: Option<u32>,
    /// `extra_trees`, `random_forest`: share of the features that are looked at for each split. Default: √n for classes, all for numbers.
    pub feature_share: Option<f64>,
    /// `auto`: most fits, in the stated order; each fold counts as one.
    pub max_fits: u32,
    /// `auto`: seconds after which no further candidate is started; 0 sets no limit. With a limit, two runs may choose differently.
    pub max_seconds: f64,
}

impl Learner {
    /// Says which counts are none, or more than any machine can hold.
    pub(super) fn check_counts(&self, say: &mut impl FnMut(&str, String)) {
        let counts = [
            ("max_iterations", Some(self.max_iterations), 1_000_000),
            ("max_fits", Some(self.max_fits), 1_000_000),
            ("rounds", self.rounds, 100_000),
            ("trees", self.trees, 10_000),
            ("max_depth", self.max_depth, 1_000),
            ("min_leaf_rows", self.min_leaf_rows, u32::MAX),
        ];
        for (key, value, most) in counts {
            match value {
                Some(0) => say(key, "0 is less than 1".to_string()),
                Some(value) if value > most => say(key, format!("{value} is more than {most}")),
                _ => {}
            }
        }
    }
}

impl Default for Learner {
    fn default() -> Self {
        Learner {
            kind: LearnerKind::Logistic,
            c: None,
            max_iterations: 200,
            tune_threshold: true,
            decision: None,
            calibration: None,
            class_weight: ClassWeight::None,
            alpha: 1.0,
            l1_ratio: 0.5,
            rounds: None,
            early_stopping: 20,
            learning_rate: 0.1,
            trees: None,
            max_depth: None,
            min_leaf_rows: None,
            feature_share: None,
            max_fits: 100,
            max_seconds: 0.0,
        }
    }
}
