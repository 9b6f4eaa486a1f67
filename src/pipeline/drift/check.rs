//! Rows that were checked against a version's reference, and what came of it: as it is stored and answered.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::drift::{ColumnDrift, Counts, Drift, Levels, Verdict};
use crate::model_types::VersionNumber;
use crate::registry::DriftCheckRow;

/// What sort of rows were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowsKind {
    /// A data set that a run made.
    Data,
    /// The test rows.
    Test,
    /// What servers answered.
    Requests,
    /// A file that was named.
    File,
}

impl RowsKind {
    /// What is recorded when it was compared.
    pub const RECORDED: [RowsKind; 3] = [RowsKind::Data, RowsKind::Test, RowsKind::Requests];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            RowsKind::Data => "data",
            RowsKind::Test => "test",
            RowsKind::Requests => "requests",
            RowsKind::File => "file",
        }
    }

    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            RowsKind::Data => "the data set",
            RowsKind::Test => "the test rows",
            RowsKind::Requests => "the requests",
            RowsKind::File => "the file",
        }
    }
}

/// A column that is another one than in training.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    /// The column.
    pub column: String,
    /// `missing`, `added` or `kind`.
    pub change: String,
    /// The same in words.
    pub reason: String,
}

/// The same rows against the champion since drift was last reported, else the first one, where that is another one: what moves slowly
/// is seen there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowDrift {
    /// The version.
    pub version: VersionNumber,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Columns that differ.
    pub columns: Vec<String>,
    /// Columns that were found different in this window, whatever came of it; of rows that come window after window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
}

/// What a domain classifier says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Area under the ROC curve of out-of-fold scores, in 0..=1; ½ is chance. `None` where it could not be computed.
    pub auc: Option<f64>,
    /// P(such an area or a larger one | nothing has changed).
    pub p_value: Option<f64>,
    /// Training rows, and rows that were compared, that the classifier saw.
    pub rows: [u64; 2],
    /// Why there is no area; empty where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

impl Joint {
    /// It could not be computed, and why.
    pub fn none(reason: &str) -> Joint {
        Joint {
            auc: None,
            p_value: None,
            rows: [0, 0],
            reason: reason.to_string(),
        }
    }
}

/// Rows checked against a version's reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DriftCheck {
    /// The model.
    pub model: String,
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// What sort of rows.
    pub kind: RowsKind,
    /// Which of them: a run, a file; empty of requests.
    pub source: String,
    /// Begin of the window, in milliseconds since 1970.
    pub from_ms: i64,
    /// Its end, exclusive.
    pub to_ms: i64,
    /// The same times for people, UTC.
    pub window: [String; 2],
    /// Rows of the reference; 0 where there is none.
    pub reference_rows: u64,
    /// Rows that were compared.
    pub rows: u64,
    /// Whether it matters to this model.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The levels that it was judged by.
    pub levels: Option<Levels>,
    /// Each column, the most severe first.
    pub features: Vec<ColumnDrift>,
    /// What the model says of the rows.
    pub prediction: Option<ColumnDrift>,
    /// Columns that are not what they were.
    #[serde(default)]
    pub schema: Vec<SchemaChange>,
    /// The same against an earlier champion.
    #[serde(default)]
    pub slow: Option<SlowDrift>,
    /// All columns together, where the settings ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<Joint>,
    /// What was counted, in the bins of the reference. Of requests it is not stored here: their windows have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
}

/// A check in a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftLine {
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Columns that differ.
    pub columns: Vec<String>,
}

impl DriftLine {
    /// Of a check.
    pub fn of(check: &DriftCheck) -> DriftLine {
        let drifting = check.columns().filter(|it| it.verdict == Verdict::Drift);
        DriftLine {
            version: check.version,
            verdict: check.verdict,
            reason: check.reason.clone(),
            columns: drifting.map(ColumnDrift::key).collect(),
        }
    }
}

/// Which rows, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// The model.
    pub model: String,
    /// The version whose reference it is.
    pub version: VersionNumber,
    /// What sort of rows.
    pub kind: RowsKind,
    /// Which of them.
    pub source: String,
    /// The window, half-open.
    pub window_ms: (i64, i64),
}

impl DriftCheck {
    /// What came of comparing rows.
    pub fn of(which: Which, drift: Drift, schema: Vec<SchemaChange>) -> DriftCheck {
        let Drift {
            reference_rows,
            rows,
            verdict,
            reason,
            levels,
            features,
            prediction,
        } = drift;
        DriftCheck {
            reference_rows,
            rows,
            verdict,
            reason,
            levels: Some(levels),
            features,
            prediction,
            schema,
            ..DriftCheck::unknown(which, rows, String::new())
        }
    }

    /// Nothing can be said, and why.
    pub fn unknown(which: Which, rows: u64, reason: String) -> DriftCheck {
        let (from_ms, to_ms) = which.window_ms;
        DriftCheck {
            model: which.model,
            version: which.version,
            kind: which.kind,
            source: which.source,
            from_ms,
            to_ms,
            window: [rfc3339(from_ms), rfc3339(to_ms)],
            reference_rows: 0,
            rows,
            verdict: Verdict::Unknown,
            reason,
            levels: None,
            features: Vec::new(),
            prediction: None,
            schema: Vec::new(),
            slow: None,
            joint: None,
            counts: None,
        }
    }

    /// All columns, and the predictions.
    pub fn columns(&self) -> impl Iterator<Item = &ColumnDrift> {
        self.features.iter().chain(&self.prediction)
    }

    /// The check of a row of the registry; `None` for a record of another program.
    pub fn read(row: &DriftCheckRow) -> Option<DriftCheck> {
        DriftCheck::deserialize(&row.record).ok()
    }

    /// The little that a line of the history shows, in the form of the whole.
    fn line(&self) -> Value {
        let column = |it: &ColumnDrift| json!({"name": it.name, "kind": it.kind, "effect": it.effect, "verdict": it.verdict});
        json!({
            "reason": self.reason,
            "features": self.features.iter().map(column).collect::<Vec<_>>(),
            "prediction": self.prediction.as_ref().map(column),
        })
    }

    /// The row of the registry.
    pub fn row(&self, at_ms: i64) -> DriftCheckRow {
        let is_of_requests = self.kind == RowsKind::Requests;
        let stored = DriftCheck {
            counts: self.counts.clone().filter(|_| !is_of_requests),
            ..self.clone()
        };
        DriftCheckRow {
            model: self.model.clone(),
            version: self.version,
            kind: self.kind.name().to_string(),
            source: self.source.clone(),
            from_ms: self.from_ms,
            to_ms: self.to_ms,
            at_ms,
            n_rows: self.rows as i64,
            verdict: self.verdict.name().to_string(),
            line: self.line(),
            // Texts and numbers: it can be written.
            record: serde_json::to_value(stored).unwrap_or_default(),
        }
    }
}
