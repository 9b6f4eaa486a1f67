//! Out-of-fold predictions: of each training row, what a model says that was fitted without it. Kept with each version, by
//! row hash: two logits' worth of bytes a row, and no value of any column.

use polars::prelude::{Column, DataFrame};

use super::super::Env;
use super::super::calibrate::calibrated;
use super::super::fit::Material;
use super::super::trainer::{Trainer, as_long};
use super::sides::columns_of;
use crate::bundle::{Bundle, Calibration};
use crate::config::Learner;
use crate::data;
use crate::evaluate::{ClassPredictions, Predictions};
use crate::features::Cells;
use crate::model_types::VersionNumber;
use crate::pipeline::error::Error;

/// The file in a version's folder.
pub const FILE: &str = "outoffold.parquet";
/// Number of folds.
const FOLDS: u128 = 5;

/// Training rows with what models that never saw them say.
#[derive(Debug, Clone, PartialEq)]
pub struct OutOfFold {
    /// Names of the columns that the hashes go over.
    pub columns: String,
    /// Hash of each row.
    pub rows: Vec<u128>,
    /// Whether it is truly positive.
    pub positive: Vec<bool>,
    /// Probability of the positive class.
    pub probabilities: Vec<f64>,
    /// Whether it is labelled positive at the version's own threshold.
    pub labels: Vec<bool>,
}

impl OutOfFold {
    /// Some of the rows.
    pub(super) fn select(&self, at: &[usize]) -> OutOfFold {
        OutOfFold {
            columns: self.columns.clone(),
            rows: at.iter().map(|&at| self.rows[at]).collect(),
            positive: at.iter().map(|&at| self.positive[at]).collect(),
            probabilities: at.iter().map(|&at| self.probabilities[at]).collect(),
            labels: at.iter().map(|&at| self.labels[at]).collect(),
        }
    }

    /// The same, calibrated as `bundle` is to be, and labelled as it labels.
    pub fn calibrated(mut self, bundle: &Bundle, calibration: Option<&Calibration>) -> OutOfFold {
        calibrated(bundle, calibration, &mut self.probabilities);
        self.at(bundle.threshold)
    }

    /// As predictions of two classes.
    pub(super) fn predictions(&self) -> ClassPredictions {
        ClassPredictions {
            n_classes: 2,
            labels: self.labels.iter().map(|&label| u32::from(label)).collect(),
            probabilities: self.probabilities.clone(),
        }
    }

    /// What folds said that were drawn for other reasons, too: P(positive) of each of `rows`, labelled as `bundle` labels.
    pub fn of(
        making: &Trainer<'_>,
        bundle: &Bundle,
        rows: &[u32],
        class: &[u32],
        probabilities: Vec<f64>,
    ) -> OutOfFold {
        let hashes = &making.dataset.row_hashes;
        let is_positive = |p: &f64| *p >= bundle.threshold;
        OutOfFold {
            columns: columns_of(making.material.frame),
            rows: rows.iter().map(|&row| hashes[row as usize]).collect(),
            positive: class.iter().map(|&class| class == 1).collect(),
            labels: probabilities.iter().map(is_positive).collect(),
            probabilities,
        }
    }

    /// Fits one model for each fold of `rows` and predicts the fold by it, labelled as `bundle` labels. Folds go by the hash
    /// of the row, or of its `keys`, so that no entity is on both sides; a row is in the same fold in every run. `None` when a
    /// fold cannot be fitted, as on very few rows.
    ///
    /// # Errors
    /// When rows cannot be taken out of the data set.
    pub fn make(
        making: &Trainer<'_>,
        bundle: &Bundle,
        learner: &Learner,
        rows: &[u32],
        class: &[u32],
    ) -> Result<Option<OutOfFold>, Error> {
        let Material { config, frame, .. } = *making.material;
        let hashes = &making.dataset.row_hashes;
        let keys: Vec<&str> = config.keys.iter().map(String::as_str).collect();
        let groups = if keys.is_empty() {
            None
        } else {
            Some(data::row_hashes(frame, &keys)?)
        };
        let seed = u128::from(config.split.seed);
        let fold_of = |row: u32| {
            let hash = groups
                .as_ref()
                .map_or(hashes[row as usize], |it| it[row as usize]);
            // A multiplication spreads the seed over all bits; the high half is read.
            (hash
                .wrapping_add(seed)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
                >> 64)
                % FOLDS
        };
        let learner = as_long(learner, &bundle.predictor);
        let mut probabilities = vec![f64::NAN; rows.len()];
        let mut labels = vec![false; rows.len()];
        for fold in 0..FOLDS {
            let (held, others): (Vec<usize>, Vec<usize>) =
                (0..rows.len()).partition(|&at| fold_of(rows[at]) == fold);
            if held.is_empty() {
                continue;
            }
            let row = |&at: &usize| rows[at];
            let others: Vec<u32> = others.iter().map(row).collect();
            let held_rows: Vec<u32> = held.iter().map(row).collect();
            let Ok(mut fitted) = making.without_validation(&learner, &others) else {
                return Ok(None);
            };
            (fitted.threshold, fitted.costs) = (bundle.threshold, bundle.costs.clone());
            let held_frame = crate::pipeline::dataset::take(frame, &held_rows)?;
            let Ok(Predictions::Classes(answers)) = fitted.scorer().answer_frame(&held_frame)
            else {
                return Ok(None);
            };
            for (at, (p, label)) in held
                .into_iter()
                .zip(answers.probabilities.into_iter().zip(answers.labels))
            {
                (probabilities[at], labels[at]) = (p, label == 1);
            }
        }
        Ok(Some(OutOfFold {
            columns: columns_of(frame),
            rows: rows.iter().map(|&row| hashes[row as usize]).collect(),
            positive: class.iter().map(|&class| class == 1).collect(),
            probabilities,
            labels,
        }))
    }

    fn to_frame(&self) -> Result<DataFrame, Error> {
        let half = |shift: u32| -> Vec<i64> {
            let rows = self.rows.iter();
            rows.map(|hash| (hash >> shift) as u64 as i64).collect()
        };
        let columns = vec![
            Column::new("row_high".into(), half(64)),
            Column::new("row_low".into(), half(0)),
            Column::new("positive".into(), &self.positive),
            Column::new("probability".into(), &self.probabilities),
            Column::new("label".into(), &self.labels),
            Column::new(
                "columns".into(),
                vec![self.columns.as_str(); self.rows.len()],
            ),
        ];
        DataFrame::new(self.rows.len(), columns).map_err(|source| Error::Data(source.into()))
    }

    /// Writes them beside a version.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn write(&self, env: &Env, folder: &str) -> Result<(), Error> {
        let frame = self.to_frame()?;
        let key = env.version_key(folder, FILE);
        let written = env.models.put_file(&key, |path| {
            data::write_parquet(&frame, path).map_err(Error::from)
        });
        written.await
    }
}

impl OutOfFold {
    /// The same, labelled at another threshold.
    pub fn at(mut self, threshold: f64) -> OutOfFold {
        self.labels = self.probabilities.iter().map(|&p| p >= threshold).collect();
        self
    }

    /// Those of a version; `None` where none were kept.
    ///
    /// # Errors
    /// When they are there and cannot be read.
    pub async fn read(env: &Env, version: VersionNumber) -> Result<Option<OutOfFold>, Error> {
        read(env, version).await
    }
}

/// See [`OutOfFold::read`].
pub(super) async fn read(env: &Env, version: VersionNumber) -> Result<Option<OutOfFold>, Error> {
    let Some(version) = env.registry.version(&env.config.name, version).await? else {
        return Ok(None);
    };
    let key = env.version_key(&version.folder, FILE);
    if !env.models.exists(&key).await? {
        return Ok(None);
    }
    let frame = data::read_parquet(&env.models.local_copy(&key).await?)?;
    let cells = |name: &str| -> Result<Cells<'_>, Error> {
        let column = frame.column(name);
        Ok(Cells::of(
            column.map_err(|source| Error::Data(source.into()))?,
        )?)
    };
    let whole = |name: &str| -> Result<Vec<u64>, Error> {
        let column = frame.column(name).and_then(|column| {
            column.i64().map(|values| {
                values
                    .iter()
                    .map(|it| it.unwrap_or_default() as u64)
                    .collect()
            })
        });
        column.map_err(|source| Error::Data(source.into()))
    };
    let numbers = |name: &str| -> Result<Vec<f64>, Error> {
        let cells = cells(name)?;
        Ok((0..frame.height())
            .map(|row| cells.number(row).unwrap_or(f64::NAN))
            .collect())
    };
    let flags = |name: &str| -> Result<Vec<bool>, Error> {
        Ok(numbers(name)?.into_iter().map(|flag| flag == 1.0).collect())
    };
    let hashes = whole("row_high")?.into_iter().zip(whole("row_low")?);
    let columns = cells("columns")?;
    Ok(Some(OutOfFold {
        columns: columns
            .text(0)
            .map(|text| text.into_owned())
            .unwrap_or_default(),
        rows: hashes
            .map(|(high, low)| u128::from(high) << 64 | u128::from(low))
            .collect(),
        positive: flags("positive")?,
        probabilities: numbers("probability")?,
        labels: flags("label")?,
    }))
}
