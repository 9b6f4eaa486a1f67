//! A trained version.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::Error;
use crate::bundle::{Bundle, Origin};
use crate::checks::Finding;
use crate::evaluate::calibration::Calibrated;
use crate::model_types::RunId;
use crate::registry::VersionRow;

/// A trained version.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Its row in the registry.
    pub version: VersionRow,
    /// Its bundle.
    pub bundle: Bundle,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// What the checks found before it was trained.
    pub findings: Vec<Finding>,
    /// Time spent in the learner alone.
    pub fit_ms: f64,
    /// Time spent on folds, where they were drawn.
    pub folds_ms: Option<f64>,
}

impl Trained {
    /// How many candidates its learner was chosen from, where `auto` chose.
    pub fn chosen_from(&self) -> Option<usize> {
        let n = self.bundle.leaderboard.len();
        (n > 0).then_some(n)
    }
}

/// What training recorded of a version, as the registry and `version.json` have it. Versions of older programs, and those that
/// were adopted, lack some of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingRecord {
    /// The run whose data set it was trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_run: Option<RunId>,
    /// Facts worth a line in the report.
    pub notes: Vec<String>,
    /// Milliseconds in the learner alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit_ms: Option<f64>,
    /// Milliseconds on folds, where learner, rounds or threshold were chosen in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folds_ms: Option<f64>,
    /// Where the threshold comes from, of two classes: `out_of_fold`, `validation`, `settings`, `gate` where only it was moved, or
    /// `default` where nothing chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold_from: Option<String>,
    /// How its probabilities were calibrated, where that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibrated>,
    /// What the checks found before it was trained.
    #[serde(
        deserialize_with = "those_that_are_known",
        skip_serializing_if = "Option::is_none"
    )]
    pub checks: Option<Vec<Finding>>,
    /// The learner; with `auto` the one that won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learner: Option<String>,
    /// The name that it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What became of it where it waited for approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The file that it was taken in from, where it was not trained here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Origin>,
}

/// The decision of a person on a version that waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// `approved: …` or `rejected: …`.
    pub reason: String,
    /// When.
    pub at_ms: i64,
}

impl TrainingRecord {
    /// That of a version; an empty one where it has none.
    pub fn of(version: &VersionRow) -> TrainingRecord {
        let record = version.record.as_ref();
        record
            .and_then(|record| TrainingRecord::deserialize(record).ok())
            .unwrap_or_default()
    }

    /// The record as the registry keeps it.
    ///
    /// # Errors
    /// When a number of it is none that JSON has.
    pub fn to_value(&self) -> Result<Value, Error> {
        serde_json::to_value(self).map_err(|source| Error::Stored {
            what: "the record of a version".to_string(),
            source,
        })
    }
}

/// The run whose data set a version was trained on.
pub fn dataset_run(version: &VersionRow) -> RunId {
    let recorded = TrainingRecord::of(version).dataset_run;
    recorded.unwrap_or_else(|| version.run.clone())
}

/// Findings of a check that another program has are left out with all others, and leave the rest of the record readable.
fn those_that_are_known<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Vec<Finding>>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(Vec::deserialize(value).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(record: Value) -> TrainingRecord {
        TrainingRecord::deserialize(record).expect("a record")
    }

    #[test]
    fn records_of_older_and_newer_programs_are_read_as_far_as_they_go() {
        let old = read(json!({"notes": ["ü"], "fit_ms": 1.5}));
        assert_eq!((old.notes.len(), old.fit_ms), (1, Some(1.5)));
        assert_eq!(
            (old.dataset_run, old.checks, old.learner),
            (None, None, None)
        );
        let new = read(json!({"dataset_run": "r", "checks": [{"check": "unheard_of"}], "more": 1}));
        assert_eq!((new.dataset_run.as_deref(), new.checks), (Some("r"), None));
    }

    #[test]
    fn a_record_is_written_as_it_was_always() {
        let record = TrainingRecord {
            dataset_run: Some(RunId::new("r")),
            notes: Vec::new(),
            fit_ms: Some(2.0),
            folds_ms: None,
            threshold_from: None,
            calibration: None,
            checks: Some(Vec::new()),
            learner: Some("ridge".to_string()),
            name: None,
            approval: None,
            imported: None,
        };
        let written = serde_json::to_string(&record).expect("JSON");
        let expected =
            r#"{"dataset_run":"r","notes":[],"fit_ms":2.0,"checks":[],"learner":"ridge"}"#;
        assert_eq!(written, expected);
        assert_eq!(read(serde_json::from_str(&written).expect("JSON")), record);
    }
}
