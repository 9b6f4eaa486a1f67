//! What `/diagnostics` says of a model from its registry, as it is cached.

use serde_json::{Map, Value};

use crate::checks::Finding;
use crate::diagnose::{Freshness, Timings};
use crate::pipeline::drift::HistoryEntry;

/// What `/diagnostics` says of a model from its registry.
#[derive(Debug, Default)]
pub struct ModelFacts {
    /// What is wrong.
    pub problems: Vec<String>,
    /// Share of missing values by column; `None` without a data set.
    pub missing_values: Option<Map<String, Value>>,
    /// How old data, champion and score are.
    pub freshness: Option<Freshness>,
    /// How long stages took.
    pub timings: Vec<Timings>,
    /// What the checks found in the data of the newest version.
    pub checks: Option<Vec<Finding>>,
    /// The newest comparisons of rows with those of training.
    pub drift: Option<Vec<HistoryEntry>>,
}
