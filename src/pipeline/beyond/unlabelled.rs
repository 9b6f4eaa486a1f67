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
use crate::pipeline::error::Error;
use crate::pipeline::logged::{LoggedRow, newest};

/// What champion and challenger say of the newest logged requests but those that were learned from, with the id of each answer; `None` where nothing is logged, or one of the models needs
/// a column that the log does not have.
pub(super) fn rows(
    env: &Env,
    (log, learned): (&Path, &HashSet<String>),
    champion: &Side<'_>,
    challenger: &Side<'_>,
) -> Result<Option<(Both, Vec<String>)>, Error> {
    let mut logged = newest(log, &env.config.name, MOST_ROWS, |_| true);
    logged.retain(|row| {
        learned.is_empty() || !learned.contains(&format!("{:032x}", row_key(&row.cells)))
    });
    keep_whole(&mut logged, champion.bundle);
    if logged.is_empty() {
        return Ok(None);
    }
    let frame = frame_of(&logged, champion.bundle)?;
    let said = answers(champion.bundle, &frame).zip(answers(challenger.bundle, &frame));
    let both = said.and_then(|(old, new)| Both::of(&old, &new));
    let ids = logged.into_iter().map(|row| row.id).collect();
    Ok(both.map(|both| (both, ids)))
}

/// Leaves the rows out that do not have every column that the champion reads: a version with other inputs answered them.
pub(super) fn keep_whole(rows: &mut Vec<LoggedRow>, champion: &Bundle) {
    let reads = champion.transformer.reads(&champion.reading);
    rows.retain(|row| reads.iter().all(|it| row.cells.contains_key(&it.name)));
}

/// Logged rows as a frame, in the kinds of the columns that the champion reads.
pub(super) fn frame_of(rows: &[LoggedRow], champion: &Bundle) -> Result<DataFrame, Error> {
    let inputs = champion.transformer.reads(&champion.reading);
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
