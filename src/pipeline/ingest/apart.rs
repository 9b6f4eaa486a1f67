//! Keeps rows that are or were held out as test rows out of the training data, also out of earlier data sets.

use std::collections::HashSet;

use serde_json::Map;
use serde_json::Value;

use crate::pipeline::Env;
use crate::pipeline::dataset::{Parts, take};
use crate::pipeline::error::Error;
use crate::pipeline::fresh::rows_in;
use crate::pipeline::past_rows::{PastRow, past_in};
use crate::registry::FreshSide;

/// The parts without rows that are or were test rows, and how many those were.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn without_test_rows(env: &Env, parts: Parts) -> Result<Parts, Error> {
    if !env.config.labels.sets_aside() {
        return Ok(parts);
    }
    let rows = env.registry.fresh_rows(&env.config.name).await?;
    let past = rows.iter().filter(|row| row.side == FreshSide::Past);
    let past: Vec<PastRow> = past
        .filter_map(|row| serde_json::from_str(row.cells.as_deref()?).ok())
        .collect();
    let rows: Vec<(String, Map<String, Value>)> = rows
        .into_iter()
        .filter(|row| row.side == FreshSide::Test)
        .filter_map(|row| Some((row.key, serde_json::from_str(row.cells.as_deref()?).ok()?)))
        .collect();
    let rows: Vec<(&str, &Map<String, Value>)> = rows
        .iter()
        .map(|(key, cells)| (key.as_str(), cells))
        .collect();
    let found = rows_in(&rows, &parts.frame)?;
    let mut out: HashSet<u32> = found.into_iter().flat_map(|(_, rows)| rows).collect();
    out.extend(past_in(&past, &parts.frame)?);
    if out.is_empty() {
        return Ok(parts);
    }
    let Parts {
        frame,
        row_hashes,
        mut record,
    } = parts;
    let stay: Vec<u32> = (0..frame.height() as u32)
        .filter(|row| !out.contains(row))
        .collect();
    record.rows_set_aside = out.len() as u64;
    Ok(Parts {
        frame: take(&frame, &stay)?,
        row_hashes: stay.iter().map(|row| row_hashes[*row as usize]).collect(),
        record,
    })
}
