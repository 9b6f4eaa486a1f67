//! What a run left in its record, as far as other rooms read it. `pipeline::RunReport` writes it; a test there holds both together.
//!
//! Records of earlier programs lack fields; those are empty then. A field of another type than here is an error, not a zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Sha256, VersionNumber};

/// The record of a run that finished.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RunRecord {
    /// The version that it made, or scored again.
    pub version: Option<VersionNumber>,
    /// The champion after it.
    pub champion: Option<VersionNumber>,
    /// Why it came to its outcome, most important first.
    pub reasons: Vec<String>,
    /// The scores of both versions on the same test rows.
    pub scores: RecordedScores,
    /// How its data set was made, where it made one.
    pub data: Option<RecordedData>,
    /// What the checks found, the worst first.
    pub findings: Vec<RecordedFinding>,
    /// Milliseconds by stage, and `fit` for the learner alone.
    pub timings_ms: BTreeMap<String, f64>,
}

/// The scores of challenger and champion.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RecordedScores {
    /// The model's metric.
    pub metric: Option<String>,
    /// The challenger's scores by metric, among other values.
    pub challenger: Option<BTreeMap<String, Value>>,
    /// The champion's.
    pub champion: Option<BTreeMap<String, Value>>,
}

/// How a data set was made.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct RecordedData {
    /// Its rows.
    pub rows: Option<u64>,
    /// Exact duplicates that were dropped.
    pub duplicates: Option<u64>,
    /// Files that could not be used.
    pub quarantined: Vec<LeftOutFile>,
}

/// A file that a run could not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutFile {
    /// Its path below the input folder.
    pub path: String,
    /// Of its content.
    #[serde(default)]
    pub sha256: Sha256,
    /// The physical line at which it went wrong, the header being line 1.
    #[serde(default)]
    pub line: Option<u64>,
    /// Why not.
    #[serde(default)]
    pub reason: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct RecordedFinding {
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// The check.
    pub check: String,
    /// One sentence.
    pub says: String,
}

impl RecordedScores {
    /// The challenger's value of the model's metric.
    pub fn of_challenger(&self) -> Option<f64> {
        self.value(self.challenger.as_ref())
    }

    /// The champion's value of the model's metric.
    pub fn of_champion(&self) -> Option<f64> {
        self.value(self.champion.as_ref())
    }

    fn value(&self, side: Option<&BTreeMap<String, Value>>) -> Option<f64> {
        side?.get(self.metric.as_ref()?)?.as_f64()
    }
}

impl std::fmt::Display for LeftOutFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.path, self.reason),
            None => write!(f, "{}: {}", self.path, self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_empty_and_what_is_wrong_is_an_error() {
        let empty: RunRecord = serde_json::from_value(json!({})).expect("an earlier record");
        assert_eq!(empty, RunRecord::default());
        let record: RunRecord = serde_json::from_value(json!({
            "version": 2, "reasons": ["a", "b"], "data": {"rows": 7, "quarantined": [{"path": "x.csv"}]},
            "scores": {"metric": "f1", "challenger": {"version": 2, "f1": 0.5}, "champion": null},
            "timings_ms": {"train": 1.5}, "of a later program": [],
        }))
        .expect("reads");
        assert_eq!(record.scores.of_challenger(), Some(0.5));
        assert_eq!(record.scores.of_champion(), None);
        assert_eq!(record.timings_ms["train"], 1.5);
        assert_eq!(
            record.data.expect("data").quarantined[0].to_string(),
            "x.csv: "
        );
        serde_json::from_value::<RunRecord>(json!({"timings_ms": {"train": "1.5"}}))
            .expect_err("a text");
    }
}
