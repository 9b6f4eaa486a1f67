//! Which labelled rows of production a run learns from: those that were gathered for it and that the champion can read.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::beyond::read_ask;
use super::error::Error;
use super::labelled_rows::{Draw, Input, LabelledRow, LabelledRows};
use super::trained::dataset_run;
use super::{Env, versions};
use crate::data::Scan;
use crate::registry::FreshSide;

/// Newest versions whose questions are looked at.
pub(super) const MOST_VERSIONS: usize = 50;

impl Input {
    /// Input files with the labelled rows that are gathered by now.
    ///
    /// # Errors
    /// When the registry cannot be asked.
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
    let rows: Vec<(String, LabelledRow)> = rows
        .filter(|row| row.side == FreshSide::Learn)
        .filter_map(|row| {
            let cells: Map<String, Value> = serde_json::from_str(&row.cells?).ok()?;
            let labelled = LabelledRow {
                key: row.key,
                version: row.version,
                at_ms: row.at_ms,
                label: row.label?,
                cells,
                draw: None,
            };
            Some((row.id, labelled))
        })
        .collect();
    if rows.is_empty() {
        return Ok(LabelledRows::default());
    }
    let draws = draws(env).await?;
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
    let rows: Vec<LabelledRow> = rows
        .into_iter()
        .filter(|(_, row)| is_whole(row))
        .map(|(id, row)| LabelledRow {
            draw: draws.get(&id).cloned(),
            ..row
        })
        .collect();
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
async fn columns_of(env: &Env, number: i64) -> Result<Option<HashSet<String>>, Error> {
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

/// The draws of the answers whose labels were asked for, by their ids.
async fn draws(env: &Env) -> Result<HashMap<String, Draw>, Error> {
    let mut found = HashMap::new();
    let versions = env.registry.versions(&env.config.name).await?;
    for version in versions.iter().rev().take(MOST_VERSIONS) {
        let Some(ask) = read_ask(env, version).await? else {
            continue;
        };
        for (direction, row) in ask.wanted() {
            let draw = Draw {
                version: ask.version,
                direction: direction.name(),
                from: ask.strata[direction as usize].rows,
            };
            found.insert(row.id.clone(), draw);
        }
    }
    Ok(found)
}
