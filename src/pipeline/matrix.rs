//! Writes the transformed matrices for a look, or for holding our learner against another one.

use std::path::Path;

use polars::prelude::{Column, DataFrame};

use super::ingest::Dataset;
use super::labels::{indices, labels_of};
use super::score::{Plans, read_test_rows};
use super::split::Parts;
use super::{Env, Error};
use crate::bundle::Bundle;
use crate::data::{self, Schema};

/// `train.parquet` (features and `__target`) and `test.parquet` (also our `__probability_<class index>`).
pub fn write(
    env: &Env,
    bundle: &Bundle,
    dataset: &Dataset,
    parts: &Parts,
    folder: &Path,
) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| crate::artifacts::Error::Folder {
        folder: folder.to_path_buf(),
        source,
    })?;
    let class = indices(
        &labels_of(&dataset.frame, &bundle.target, "the data set")?,
        &bundle.classes,
    );
    let target: Vec<i64> = parts
        .train
        .iter()
        .filter_map(|&row| class[row as usize].map(i64::from))
        .collect();
    let mut train = matrix(bundle, &dataset.frame, &parts.train, target, Vec::new())?;
    data::write_parquet(&mut train, &folder.join("train.parquet"))?;

    let scan = data::scan(&env.config.test_folder)?;
    let like = Schema::of(&dataset.frame);
    let test = read_test_rows(env, &scan, &bundle.target, &like, Plans::of(bundle))?;
    let class = indices(&test.labels, &bundle.classes);
    let rows: Vec<u32> = (0..class.len() as u32)
        .filter(|&row| class[row as usize].is_some())
        .collect();
    let target: Vec<i64> = class
        .iter()
        .flatten()
        .map(|&class| i64::from(class))
        .collect();
    let predictions = bundle.scorer().score_frame(&test.frame)?;
    let probabilities = (0..bundle.classes.len())
        .map(|class| {
            let values: Vec<f64> = rows
                .iter()
                .map(|&row| predictions.probability(row as usize, class))
                .collect();
            Column::new(format!("__probability_{class}").into(), values)
        })
        .collect();
    let mut test = matrix(bundle, &test.frame, &rows, target, probabilities)?;
    data::write_parquet(&mut test, &folder.join("test.parquet"))?;
    Ok(())
}

fn matrix(
    bundle: &Bundle,
    frame: &DataFrame,
    rows: &[u32],
    target: Vec<i64>,
    more: Vec<Column>,
) -> Result<DataFrame, Error> {
    let frame = bundle.transformer.prepared(frame)?;
    let view = bundle.transformer.view(&frame, rows)?;
    let dense = view.dense();
    let n_features = view.n_features();
    let names = bundle.transformer.feature_names();
    let mut columns: Vec<Column> = names
        .iter()
        .enumerate()
        .map(|(feature, name)| {
            let values: Vec<f64> = dense
                .iter()
                .skip(feature)
                .step_by(n_features.max(1))
                .copied()
                .collect();
            Column::new(name.as_str().into(), values)
        })
        .collect();
    columns.push(Column::new("__target".into(), target));
    columns.extend(more);
    DataFrame::new(rows.len(), columns).map_err(|source| Error::Data(source.into()))
}
