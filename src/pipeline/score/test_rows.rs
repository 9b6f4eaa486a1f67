//! The labelled test rows: read, hashed, and held against the rows that were learned from.

use polars::prelude::DataFrame;

use crate::data::{self, Scan, Schema};
use crate::evaluate::{Task, Truth};
use crate::features::{Cells, Encoded};
use crate::pipeline::ingest::{self, Dataset, quarantine_line, read_options, take};
use crate::pipeline::labels::{indices, labels_of};
use crate::pipeline::{Env, Error, count};

/// The labelled test rows.
pub struct TestRows {
    /// The rows, in one chunk per column.
    pub frame: DataFrame,
    /// The column that is predicted.
    pub target: String,
    /// Their labels; none is missing.
    pub labels: Encoded,
    /// Hash over the rows: a score made on others is never compared with.
    pub rows_hash: String,
    /// Hash of each row, over the columns of the test data.
    pub row_hashes: Vec<u128>,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// The test rows whose class or number is known: what both models are scored on.
pub struct Known {
    /// The rows.
    pub frame: DataFrame,
    /// Their class indices or numbers.
    pub truth: Truth,
    /// Hash over exactly these rows.
    pub rows_hash: String,
    /// Rows of some other class, or of no number, which are left out.
    pub strange: usize,
}

impl TestRows {
    /// The rows of these classes; those with a number where the task asks for numbers.
    pub fn known(&self, task: Task, classes: &[String]) -> Result<Known, Error> {
        let all = self.frame.height();
        let (rows, truth) = match task {
            Task::Classification => {
                let class = indices(&self.labels, classes);
                let truth = class.iter().copied().flatten().collect();
                (present(&class), Truth::Classes(truth))
            }
            Task::Regression => {
                let column = self.frame.column(&self.target);
                let cells = Cells::of(column.map_err(|source| Error::Data(source.into()))?)?;
                let numbers: Vec<Option<f64>> = (0..all).map(|row| cells.number(row)).collect();
                let truth = numbers.iter().copied().flatten().collect();
                (present(&numbers), Truth::Numbers(truth))
            }
        };
        let strange = all - rows.len();
        if strange == 0 {
            return Ok(Known {
                frame: self.frame.clone(),
                truth,
                rows_hash: self.rows_hash.clone(),
                strange,
            });
        }
        let hashes: Vec<u128> = rows
            .iter()
            .map(|&row| self.row_hashes[row as usize])
            .collect();
        Ok(Known {
            frame: take(&self.frame, &rows)?,
            truth,
            rows_hash: data::fingerprint(&hashes),
            strange,
        })
    }
}

/// The rows that have a value.
fn present<T>(values: &[Option<T>]) -> Vec<u32> {
    let rows = values
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_some());
    rows.map(|(row, _)| row as u32).collect()
}

/// Hash over the contents of the test files.
pub fn test_hash(scan: &Scan) -> String {
    ingest::content_hash(scan.files.iter().map(|file| &file.sha256))
}

/// Reads the test rows. `like` is the data set's schema: a column that is text there is text here.
pub fn read_test_rows(
    env: &Env,
    scan: &Scan,
    target: &str,
    like: &Schema,
) -> Result<TestRows, Error> {
    let config = &env.config;
    let mut options = read_options(config, false);
    for column in &like.columns {
        options
            .kinds
            .entry(column.name.clone())
            .or_insert(column.kind);
    }
    let nothing = |why: String| Error::NoTestData {
        folder: config.test_folder.clone(),
        why,
    };
    if scan.files.is_empty() {
        return Err(nothing(
            "the folder has no data file; put labelled rows there that are never trained on"
                .to_string(),
        ));
    }
    let read = data::read(&config.test_folder, scan, &options, None)?;
    // The verdict will stand for the files of the scan, so it must not be made on fewer.
    let changed = |path: &&String| scan.files.iter().any(|file| file.path == **path);
    if let Some(path) = read.unsettled.iter().find(changed) {
        return Err(nothing(format!(
            "{path} changed while it was read; run again when it is whole"
        )));
    }
    let mut notes: Vec<String> = read
        .quarantined
        .iter()
        .map(|file| format!("test file {}", quarantine_line(file)))
        .collect();
    let unfinished = scan.unsettled.iter();
    notes.extend(unfinished.map(|path| {
        format!("test file {path} is still being written; it is left for the next run")
    }));
    if read.frame.height() == 0 {
        let why = notes
            .first()
            .cloned()
            .unwrap_or_else(|| "the files have headers but no rows".to_string());
        return Err(nothing(why));
    }
    let mut labels = labels_of(&read.frame, target, "the test data")?;
    let all = labels.codes.len();
    let labelled: Vec<u32> = (0..all as u32)
        .filter(|&row| labels.codes[row as usize].is_some())
        .collect();
    let mut frame = read.frame;
    if labelled.len() < all {
        notes.push(format!(
            "{} without a value in `{target}`, left out",
            count((all - labelled.len()) as u64, "test row")
        ));
        frame = take(&frame, &labelled)?;
        labels.codes.retain(Option::is_some);
    }
    if frame.height() == 0 {
        return Err(nothing(format!("no row has a value in `{target}`")));
    }
    let schema = Schema::of(&frame);
    let row_hashes = data::row_hashes(&frame, &schema.names())?;
    Ok(TestRows {
        target: target.to_string(),
        labels,
        rows_hash: data::fingerprint(&row_hashes),
        row_hashes,
        frame,
        notes,
    })
}

/// Test rows that also stand in the data set, by their hash over the columns that both have.
pub fn leaked(test: &TestRows, dataset: &Dataset) -> Result<u64, Error> {
    let in_test = Schema::of(&test.frame);
    let in_data = Schema::of(&dataset.frame);
    let shared: Vec<&str> = in_data
        .names()
        .into_iter()
        .filter(|name| in_test.get(name).is_some())
        .collect();
    let is_same = in_test.names() == in_data.names();
    let (test_hashes, data_hashes);
    let (test_hashes, data_hashes) = if is_same {
        (&test.row_hashes, &dataset.row_hashes)
    } else {
        test_hashes = data::row_hashes(&test.frame, &shared)?;
        data_hashes = data::row_hashes(&dataset.frame, &shared)?;
        (&test_hashes, &data_hashes)
    };
    Ok(data::count_shared(test_hashes, data_hashes))
}
