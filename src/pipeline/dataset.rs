//! The rows of a data set and how they came about.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, IdxCa, NewChunkedArray};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::Error;
use crate::data::rules::Rejected;
use crate::data::{ColumnSummary, FileRead, FolderRead, Quarantined, ReadingPlan, Remark};
use crate::joins::RelatedPlan;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::SeenFile;
use crate::text::hex;

/// The rows of a data set and where they came from.
#[derive(Clone)]
pub struct Dataset {
    /// The run that made it.
    pub run: RunId,
    /// Its file below the output folder.
    pub name: String,
    /// Hash over the contents of its source files.
    pub data_hash: String,
    /// Hash over its rows.
    pub rows_hash: String,
    /// The rows.
    pub frame: DataFrame,
    /// A hash of each row.
    pub row_hashes: Vec<u128>,
    /// Each column in numbers.
    pub profile: Vec<ColumnSummary>,
    /// How it was made.
    pub record: DatasetRecord,
}

/// Where the rows of a data set are that an engine made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineRecord {
    /// Which sort of engine: `spark`.
    pub kind: String,
    /// Its folder of Parquet below the output folder.
    pub folder: String,
    /// Rows in the folder.
    pub rows: u64,
    /// Rows of the sample, which the data set's own file has.
    pub sample_rows: u64,
    /// The share of the rows that the sample is, in millionths.
    pub sample_millionths: u64,
}

impl EngineRecord {
    /// Whether the sample is all there is.
    pub fn is_whole(&self) -> bool {
        self.rows == self.sample_rows
    }
}

/// How a data set was made; stored with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Source files taken in.
    pub files: Vec<FileRead>,
    /// Files left out, and why.
    pub quarantined: Vec<Quarantined>,
    /// Files that were still being written.
    pub unsettled: Vec<String>,
    /// Rows in the files.
    pub rows_read: u64,
    /// Exact duplicates that were dropped.
    pub duplicates: u64,
    /// Rows of earlier data sets that are in it (`accumulate`).
    pub rows_kept: u64,
    /// Rows that the window left out.
    pub rows_outside_window: u64,
    /// Rows that are left out since they are fresh test rows (`labels.test_share`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rows_set_aside: u64,
    /// Labelled rows of production in it, behind all others (`labels.train`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub production: Option<ProductionRows>,
    /// Rows in it.
    pub rows: u64,
    /// NaN and infinite cells that count as missing, per column.
    pub non_finite: Vec<(String, u64)>,
    /// What broke the rules of `schema`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// Rows that were left out for it.
    #[serde(default)]
    pub rows_rejected: u64,
    /// Anything else worth a line.
    pub notes: Vec<String>,
    /// Remarks on the files; the checks make findings of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// How its files and columns were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<ReadingPlan>,
    /// Where all of its rows are, where an engine made it and this machine has a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<EngineRecord>,
    /// How several tables became its rows, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedPlan>,
}

/// Labelled rows of production in a data set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ProductionRows {
    /// How many there are, inside the window; they are the data set's last rows.
    pub rows: u64,
    /// When the first and the last of them were answered.
    pub answered: Option<[String; 2]>,
    /// How many each version answered.
    pub by_version: BTreeMap<VersionNumber, u64>,
    /// Labelled rows that the files have, too; they count once.
    pub in_files: u64,
    /// Those that are rows of the test data; they are not learned from.
    pub in_test: u64,
    /// Those that lack a column that the champion reads, or break a rule of `schema`.
    pub left_out: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl DatasetRecord {
    /// The files as the registry remembers them: quarantined ones too, since the same content would fail again.
    pub fn seen(&self) -> Vec<SeenFile> {
        let taken = self.files.iter().map(|file| (&file.sha256, &file.path));
        let left = self
            .quarantined
            .iter()
            .map(|file| (&file.sha256, &file.path));
        taken
            .chain(left)
            .map(|(sha256, path)| SeenFile {
                sha256: sha256.clone(),
                path: path.clone(),
            })
            .collect()
    }
}

/// Hash over file contents, whatever their names and order.
pub fn content_hash<'a>(hashes: impl Iterator<Item = &'a str>) -> String {
    let distinct: BTreeSet<&str> = hashes.collect();
    let mut digest = Sha256::new();
    for hash in distinct {
        digest.update(hash.as_bytes());
        digest.update(b"\n");
    }
    hex(&digest.finalize())
}

/// One line on a file that was left out.
pub fn quarantine_line(file: &Quarantined) -> String {
    let line = file.line.map(|line| format!(":{line}")).unwrap_or_default();
    // A reason that names columns needs no column beside it.
    let column = match &file.column {
        Some(column) if !file.reason.contains('`') => format!(", column `{column}`"),
        _ => String::new(),
    };
    format!(
        "{}{line}{column} is quarantined: {}",
        file.path, file.reason
    )
}

/// Rows on their way to a data set, before the window.
pub struct Parts {
    /// The rows.
    pub frame: DataFrame,
    /// A hash of each row.
    pub row_hashes: Vec<u128>,
    /// How they came about so far.
    pub record: DatasetRecord,
}

/// What is to be said of a reading besides its remarks.
pub fn other_notes(notes: Vec<String>, remarks: &[Remark]) -> Vec<String> {
    let is_other = |note: &String| remarks.iter().all(|remark| remark.says != *note);
    notes.into_iter().filter(is_other).collect()
}

pub fn parts_of(read: FolderRead) -> Parts {
    Parts {
        frame: read.frame,
        row_hashes: read.row_hashes,
        record: DatasetRecord {
            files: read.files,
            quarantined: read.quarantined,
            unsettled: read.unsettled,
            rows_read: read.rows_read,
            duplicates: read.duplicates_dropped,
            non_finite: read.non_finite,
            notes: other_notes(read.notes, &read.remarks),
            remarks: read.remarks,
            reading: Some(read.plan),
            rejected: read.rejected.0,
            rows_rejected: read.rejected.1,
            ..DatasetRecord::default()
        },
    }
}

/// Rows of a frame by index, in one chunk per column.
pub fn take(frame: &DataFrame, rows: &[u32]) -> Result<DataFrame, Error> {
    let mut taken = frame
        .take(&IdxCa::from_slice("rows".into(), rows))
        .map_err(|source| Error::Data(source.into()))?;
    taken.rechunk_mut();
    Ok(taken)
}
