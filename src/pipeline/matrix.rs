//! Writes the transformed matrices for a look, or for holding our learner against another one.

use std::path::Path;

use polars::prelude::{Column, DataFrame};

use super::Env;
use super::dataset::Dataset;
use super::error::Error;
use super::fresh::TestData;
use super::score::{Known, Plans, read_test_rows};
use super::split::Parts;
use super::target::{TargetRows, read_target};
use crate::bundle::Bundle;
use crate::data::{self, Schema};
use crate::evaluate::{Predictions, Truth};

/// `train.parquet` (features and `__target`) and `test.parquet` (also our `__probability_<class index>`, of numbers our
/// `__prediction`).
///
/// # Errors
/// When a file cannot be written.
pub async fn write(
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
    let target = match read_target(&env.config, &dataset.frame, &bundle.target)?.part(&parts.train)
    {
        TargetRows::Classes(class, _) => Truth::Classes(class),
        TargetRows::Numbers(numbers) => Truth::Numbers(numbers),
    };
    let train = matrix(bundle, &dataset.frame, &parts.train, target, Vec::new())?;
    data::write_parquet(&train, &folder.join("train.parquet"))?;

    let scan = super::input_scan::look(&env.config.test_folder).await?;
    let given = TestData::of(env, scan).await?;
    let like = Schema::of(&dataset.frame);
    let test = read_test_rows(env, &given, &bundle.target, &like, Plans::of(bundle))?;
    let Known { frame, truth, .. } = test.known(bundle.task(), &bundle.classes)?;
    let rows: Vec<u32> = (0..frame.height() as u32).collect();
    let answered = match bundle.scorer().answer_frame(&frame)? {
        Predictions::Numbers(numbers) => vec![Column::new("__prediction".into(), numbers)],
        Predictions::Classes(predictions) => (0..bundle.classes.len())
            .map(|class| {
                let of = |&row: &u32| predictions.probability(row as usize, class);
                let values: Vec<f64> = rows.iter().map(of).collect();
                Column::new(format!("__probability_{class}").into(), values)
            })
            .collect(),
    };
    let test = matrix(bundle, &frame, &rows, truth, answered)?;
    data::write_parquet(&test, &folder.join("test.parquet"))?;
    Ok(())
}

fn matrix(
    bundle: &Bundle,
    frame: &DataFrame,
    rows: &[u32],
    target: Truth,
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
    columns.push(match target {
        Truth::Classes(class) => {
            let indices: Vec<i64> = class.into_iter().map(i64::from).collect();
            Column::new("__target".into(), indices)
        }
        Truth::Numbers(numbers) => Column::new("__target".into(), numbers),
    });
    columns.extend(more);
    DataFrame::new(rows.len(), columns).map_err(|source| Error::Data(source.into()))
}
