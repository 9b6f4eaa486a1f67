//! Data sets that are in their folder.

use std::collections::BTreeMap;

use serde_json::json;

use super::stamp::stamp_in;
use crate::data::FileRead;
use crate::model_types::{RunId, Sha256};
use crate::pipeline::dataset::{Dataset, DatasetRecord};
use crate::pipeline::error::Error;
use crate::pipeline::ingest;
use crate::pipeline::{Env, recover};
use crate::registry::{DatasetRow, VersionRow};

/// The run of a version folder's data set, where exactly one begins with the folder's stamp.
pub async fn run_of(env: &Env, folder: &str) -> Result<Option<RunId>, Error> {
    let stamp = stamp_in(folder);
    let mut runs: Vec<RunId> = data_files(env).await?.into_keys().collect();
    runs.retain(|run| run.starts_with(stamp));
    Ok((runs.len() == 1).then(|| runs.remove(0)))
}

/// Run → file of its data set.
pub async fn data_files(env: &Env) -> Result<BTreeMap<RunId, String>, Error> {
    let names = env.datasets.names("").await?.into_iter();
    let files = names
        .filter(|name| name.starts_with("finaldata_"))
        .filter_map(|name| Some((RunId::new(recover::run_in(&name)?), name)))
        .collect();
    Ok(files)
}

/// A data set that is in its folder; one that does not read is left where it is.
pub async fn read_dataset(
    env: &Env,
    run: &RunId,
    name: &str,
    version: &VersionRow,
) -> Option<(Dataset, DatasetRow)> {
    let list = env.datasets.get(&format!("ingestedfiles_{run}.txt")).await;
    let list = String::from_utf8(list.unwrap_or_default()).unwrap_or_default();
    let files: Vec<FileRead> = list
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sha256, path)| FileRead {
            path: path.to_string(),
            sha256: Sha256::new(sha256),
            bytes: 0,
            rows: 0,
        })
        .collect();
    let hashes = files.iter().map(|file| file.sha256.as_str());
    let data_hash = match &version.data_hash {
        Some(recorded) => recorded.clone(),
        None => crate::pipeline::dataset::content_hash(hashes),
    };
    let record = DatasetRecord {
        files,
        notes: vec!["adopted: how it was read is not known".to_string()],
        ..DatasetRecord::default()
    };
    let mut row = DatasetRow {
        run: run.clone(),
        name: name.to_string(),
        data_hash,
        rows_hash: String::new(),
        n_rows: 0,
        record: serde_json::to_value(&record).ok()?,
    };
    let dataset = ingest::load_row(env, row.clone()).await.ok()?;
    row.rows_hash = crate::data::fingerprint(&dataset.row_hashes);
    row.n_rows = dataset.frame.height() as i64;
    row.record["rows"] = json!(row.n_rows);
    Some((dataset, row))
}
