//! Rows of requests, out of the prediction log: what both models would say of production.

use std::collections::HashSet;
use std::path::Path;

use polars::prelude::{Column, DataFrame};
use serde_json::Value;

use super::super::Env;
use super::sides::{MOST_ROWS, Side, answers};
use crate::bundle::Bundle;
use crate::data::Kind;
use crate::gate::two_keys::Both;
use crate::live::row_key;
use crate::model_types::PredictionId;
use crate::pipeline::error::Error;
use crate::pipeline::logged::{LoggedRow, newest};

/// What both models say of logged requests, with the id of each answer; or why no request could be used.
pub(super) type Said = Result<(Both, Vec<PredictionId>), String>;

/// What champion and challenger say of the newest logged requests but those that were learned from. Each model reads them in the kinds
/// of its own columns.
///
/// # Errors
/// When logged rows do not make a frame.
pub(super) fn rows(
    env: &Env,
    (log, learned): (&Path, &HashSet<String>),
    champion: &Side<'_>,
    challenger: &Side<'_>,
) -> Result<Said, Error> {
    let mut logged = newest(log, &env.config.name, MOST_ROWS, |_| true);
    logged.retain(|row| {
        learned.is_empty() || !learned.contains(&format!("{:032x}", row_key(&row.cells)))
    });
    if let Some(why) = keep_whole(&mut logged, champion.bundle, challenger.bundle) {
        return Ok(Err(why));
    }
    let old = answers(champion.bundle, &frame_of(&logged, champion.bundle)?);
    let new = answers(challenger.bundle, &frame_of(&logged, challenger.bundle)?);
    let both = old.zip(new).and_then(|(old, new)| Both::of(&old, &new));
    let ids = logged.into_iter().map(|row| row.id).collect();
    let unreadable = || "one of the models cannot read the logged requests".to_string();
    Ok(both.map(|both| (both, ids)).ok_or_else(unreadable))
}

/// Leaves the rows out that do not have every column that the models read: a version with other inputs answered them. Where that leaves
/// none, why.
pub(super) fn keep_whole(
    rows: &mut Vec<LoggedRow>,
    champion: &Bundle,
    challenger: &Bundle,
) -> Option<String> {
    if rows.is_empty() {
        return Some("no request is logged, see `server.prediction_log.sample`".to_string());
    }
    let of = |bundle: &Bundle| bundle.transformer.reads(&bundle.reading);
    let reads = [("champion", of(champion)), ("challenger", of(challenger))];
    let lacking = reads.iter().find_map(|(who, reads)| {
        let is_logged = |name: &str| rows.iter().any(|row| row.cells.contains_key(name));
        let lacking = reads.iter().find(|it| !is_logged(&it.name))?;
        Some(format!(
            "the {who} reads `{}`, which no logged request has",
            lacking.name
        ))
    });
    let names = || reads.iter().flat_map(|(_, reads)| reads).map(|it| &it.name);
    rows.retain(|row| names().all(|name| row.cells.contains_key(name)));
    let none = || "no logged request has every column that both models read".to_string();
    rows.is_empty().then(|| lacking.unwrap_or_else(none))
}

/// Logged rows as a frame, in the kinds of the columns that a model reads.
pub(super) fn frame_of(rows: &[LoggedRow], bundle: &Bundle) -> Result<DataFrame, Error> {
    let inputs = bundle.transformer.reads(&bundle.reading);
    let columns = inputs.iter().map(|input| {
        let cells = rows.iter().map(|row| row.cells.get(&input.name));
        let name = input.name.as_str().into();
        match input.kind {
            Kind::Integer => {
                let values = cells.map(|cell| cell.and_then(Value::as_i64));
                Column::new(name, values.collect::<Vec<_>>())
            }
            Kind::Number => {
                let values = cells.map(|cell| cell.and_then(Value::as_f64));
                Column::new(name, values.collect::<Vec<_>>())
            }
            Kind::Boolean => {
                let values = cells.map(|cell| cell.and_then(Value::as_bool));
                Column::new(name, values.collect::<Vec<_>>())
            }
            Kind::Text => {
                let values = cells.map(|cell| cell.and_then(Value::as_str));
                Column::new(name, values.collect::<Vec<_>>())
            }
        }
    });
    DataFrame::new(rows.len(), columns.collect()).map_err(|source| Error::Data(source.into()))
}
