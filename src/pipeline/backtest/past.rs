//! Rows of the past by their time.

use std::collections::HashSet;

use crate::bundle::Bundle;
use crate::config::{ModelConfig, Window};
use crate::data;
use crate::evaluate::{ClassPredictions, Predictions, Task, Truth};
use crate::pipeline::dataset::{Dataset, DatasetRecord, take};
use crate::pipeline::error::Error;
use crate::pipeline::labels::{labels_of, target_of};
use crate::pipeline::score::{TestRows, aligned};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A data set and the time of each row.
pub(super) struct Past<'a> {
    dataset: &'a Dataset,
    target: String,
    times: Vec<Option<i64>>,
}

/// Rows of some time.
pub(super) struct Rows {
    pub(super) dataset: Dataset,
    target: String,
}

impl<'a> Past<'a> {
    pub(super) fn of(config: &ModelConfig, dataset: &'a Dataset) -> Result<Past<'a>, Error> {
        let Some(column) = &config.time_column else {
            return Err(Error::Backtest(
                "tell rows of before from rows of later: set `time_column`".to_string(),
            ));
        };
        let times = data::timestamps(&dataset.frame, column, &config.ingest.times(), false)?;
        let in_ms = |micros: Option<i64>| micros.map(|it| it.div_euclid(1000));
        let times = times.into_iter().map(in_ms).collect();
        Ok(Past {
            target: target_of(config, &dataset.frame)?,
            times,
            dataset,
        })
    }

    /// The rows from an instant on and before another, both in milliseconds; a row without a time is of no time.
    pub(super) fn rows(&self, from_ms: i64, to_ms: i64) -> Result<Rows, Error> {
        self.taken(&self.within(from_ms, to_ms))
    }

    /// The rows that are learned from at an instant: those of before, as far as the window goes.
    pub(super) fn learned(&self, window: &Window, to_ms: i64) -> Result<Rows, Error> {
        match window {
            Window::Unbounded => self.rows(i64::MIN, to_ms),
            Window::Days(days) => {
                let length = i64::from(*days).saturating_mul(DAY_MS);
                self.rows(to_ms.saturating_sub(length), to_ms)
            }
            Window::Rows(most) => {
                let mut rows = self.within(i64::MIN, to_ms);
                rows.sort_by_key(|&row| self.times[row as usize]);
                let left_out = rows.len().saturating_sub(*most as usize);
                let mut rows = rows.split_off(left_out);
                rows.sort_unstable();
                self.taken(&rows)
            }
        }
    }

    fn within(&self, from_ms: i64, to_ms: i64) -> Vec<u32> {
        let times = self.times.iter().enumerate();
        let is_within = |time: i64| (from_ms..to_ms).contains(&time);
        times
            .filter(|(_, time)| time.is_some_and(is_within))
            .map(|(row, _)| row as u32)
            .collect()
    }

    fn taken(&self, rows: &[u32]) -> Result<Rows, Error> {
        taken(self.dataset, &self.target, rows)
    }
}

/// Some rows of a data set.
fn taken(dataset: &Dataset, target: &str, rows: &[u32]) -> Result<Rows, Error> {
    let hashes = rows.iter().map(|&row| dataset.row_hashes[row as usize]);
    let row_hashes: Vec<u128> = hashes.collect();
    let rows_hash = data::fingerprint(&row_hashes);
    Ok(Rows {
        target: target.to_string(),
        dataset: Dataset {
            run: dataset.run.clone(),
            name: dataset.name.clone(),
            data_hash: rows_hash.clone(),
            rows_hash,
            frame: take(&dataset.frame, rows)?,
            row_hashes,
            profile: dataset.profile.clone(),
            record: DatasetRecord {
                rows: rows.len() as u64,
                ..dataset.record.clone()
            },
        },
    })
}

impl Rows {
    /// All rows of a data set.
    pub(super) fn all(dataset: Dataset, target: String) -> Rows {
        Rows { dataset, target }
    }

    /// Rows of the test folder.
    pub(super) fn of_test(test: TestRows, like: &Dataset) -> Rows {
        Rows {
            target: test.target,
            dataset: Dataset {
                frame: test.frame,
                rows_hash: test.rows_hash,
                row_hashes: test.row_hashes,
                ..like.clone()
            },
        }
    }

    /// The rows of a data set that are in none of before.
    pub(super) fn new_of(
        dataset: &Dataset,
        target: &str,
        known: &HashSet<u128>,
    ) -> Result<Rows, Error> {
        let rows = dataset.row_hashes.iter().zip(0_u32..);
        let rows: Vec<u32> = rows
            .filter(|(hash, _)| !known.contains(hash))
            .map(|(_, row)| row)
            .collect();
        taken(dataset, target, &rows)
    }

    pub(super) fn len(&self) -> u64 {
        self.dataset.row_hashes.len() as u64
    }

    /// The rows whose class or number is known, and what a version says of them, over `classes`. `None` where there is none.
    pub(super) fn answered(
        &self,
        bundle: &Bundle,
        classes: &[String],
    ) -> Result<Option<(Truth, Predictions)>, Error> {
        if self.len() == 0 {
            return Ok(None);
        }
        let rows = TestRows {
            labels: labels_of(&self.dataset.frame, &self.target, "the data set")?,
            frame: self.dataset.frame.clone(),
            target: self.target.clone(),
            rows_hash: self.dataset.rows_hash.clone(),
            row_hashes: self.dataset.row_hashes.clone(),
            notes: Vec::new(),
            remarks: Vec::new(),
            fresh: None,
            for_champion: None,
        };
        let known = rows.known(bundle.task(), classes)?;
        if known.truth.is_empty() {
            return Ok(None);
        }
        let said = match bundle.scorer().answer_frame(&known.frame)? {
            Predictions::Classes(said) => {
                Predictions::Classes(aligned(said, &bundle.classes, classes))
            }
            numbers => numbers,
        };
        Ok(Some((known.truth, said)))
    }

    /// What stands for the answers where there is no row.
    pub(super) fn nothing(&self, bundle: &Bundle) -> (Truth, Predictions) {
        match bundle.task() {
            Task::Regression => (Truth::Numbers(Vec::new()), Predictions::Numbers(Vec::new())),
            Task::Classification => {
                let said = ClassPredictions {
                    n_classes: bundle.classes.len(),
                    labels: Vec::new(),
                    probabilities: Vec::new(),
                };
                (Truth::Classes(Vec::new()), Predictions::Classes(said))
            }
        }
    }
}
