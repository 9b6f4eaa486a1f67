//! Small sections of a model: the split, and how it is scored.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How rows are put on a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitKind {
    /// At random within each class, by the seed.
    Random,
    /// The latest rows by `time_column` validate.
    Time,
    /// By `keys`: all rows of one entity are on one side.
    Group,
}

/// How the data set is split into a training and a validation part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Split {
    /// How rows are put on a side. Default: `group` where there are `keys`, else `time` where there is a `time_column`,
    /// else `random`, so that the validation part is as far from the training part as later rows will be.
    pub kind: Option<SplitKind>,
    /// Share of rows in the validation part, from 0 to 0.9. With 0, every row is learned from, nothing chooses a threshold (it
    /// stays 0.5 where the policy does not fix it), and `auto` has nothing to compare on.
    pub validation: f64,
    /// Seed of the split and of everything else that draws at random in training.
    pub seed: u64,
    /// Whether, once candidate, rounds and threshold were chosen, the model is fitted again on both parts. Default: not where
    /// `logistic` is fitted on more rows than `fold_rows`; else where there are at most 100,000 rows.
    pub refit: Option<bool>,
    /// Labelled rows up to which candidate, rounds and threshold are chosen in folds: each row is judged by models that were
    /// fitted without it, instead of the validation part alone. 0: never.
    pub fold_rows: u64,
}

/// Labelled rows up to which folds choose, unless the settings say otherwise.
pub(super) const FOLD_ROWS: u64 = 3_000;

impl Default for Split {
    fn default() -> Self {
        Split {
            kind: None,
            validation: 0.2,
            seed: 42,
            refit: None,
            fold_rows: FOLD_ROWS,
        }
    }
}

/// How scores are reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Score {
    /// Confidence of the reported intervals, in (0.5, 1).
    pub confidence: f64,
    /// Replicates of the stratified bootstrap behind them.
    pub replicates: u32,
    /// When only the test data changed, a fall of the champion's metric by more than this since its last score (model
    /// drift) starts a training. Of `rmse` and `mae` it is a share of what they were.
    pub max_fall: f64,
}

impl Default for Score {
    fn default() -> Self {
        Score {
            confidence: 0.95,
            replicates: 1000,
            max_fall: 0.05,
        }
    }
}
