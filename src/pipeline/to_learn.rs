//! Which labelled rows of production a run learns from: those that were gathered for it and that the champion can read.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::Error;
use super::labelled_rows::{Input, LabelledRow, LabelledRows};
use super::trained::dataset_run;
use super::{Env, versions};
use crate::data::Scan;
use crate::model_types::VersionNumber;
use crate::registry::FreshSide;

impl Input {
    /// Input files with the labelled rows that are gathered by now.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn of(env: &Env, scan: Scan) -> Result<Input, Error> {
        let rows = to_learn(env).await?;
        Ok(Input { scan, rows })
    }
}

/// Labelled rows of production to learn from; none where the settings learn from the files alone.
async fn to_learn(env: &Env) -> Result<LabelledRows, Error> {
    if !env.config.labels.trains() {
        return Ok(LabelledRows::default());
    }
    let model = &env.config.name;
    let rows = env.registry.fresh_rows(model).await?.into_iter();
    let mut rows: Vec<LabelledRow> = rows
        .filter(|row| row.side == FreshSide::Learn)
        .filter_map(|row| {
            let cells: Map<String, Value> = serde_json::from_str(&row.cells?).ok()?;
            Some(LabelledRow {
                key: row.key,
                version: row.version,
                at_ms: row.at_ms,
                label: row.label?,
                cells,
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(LabelledRows::default());
    }
    let champion = versions::load_champion(env).await.ok().flatten();
    let reads = champion.as_ref().map(|it| {
        let bundle = &it.bundle;
        bundle.transformer.reads(&bundle.reading)
    });
    let n = rows.len();
    let is_whole = |row: &LabelledRow| {
        let mut reads = reads.iter().flatten();
        reads.all(|column| row.cells.contains_key(&column.name))
    };
    rows.retain(is_whole);
    let known_columns = match &champion {
        Some(champion) => columns_of(env, champion.number).await?,
        None => None,
    };
    Ok(LabelledRows {
        left_out: (n - rows.len()) as u64,
        rows,
        known_columns,
    })
}

/// The columns of the data set that a version learned from, where it is recorded whole.
async fn columns_of(env: &Env, number: VersionNumber) -> Result<Option<HashSet<String>>, Error> {
    let model = &env.config.name;
    let Some(version) = env.registry.version(model, number).await? else {
        return Ok(None);
    };
    let Some(row) = env.registry.dataset(model, &dataset_run(&version)).await? else {
        return Ok(None);
    };
    let columns = row.record["columns"].as_array();
    // Of wide data sets only the first columns are recorded.
    let columns = columns.filter(|all| all.len() < super::ingest::MOST_COLUMNS);
    Ok(columns.map(|all| {
        let names = all.iter().filter_map(|column| column["name"].as_str());
        names.map(str::to_string).collect()
    }))
}
