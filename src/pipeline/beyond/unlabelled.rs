//! Rows of requests, out of the prediction log: what both models would say of production.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame};
use serde_json::{Map, Value};

use super::super::Env;
use super::sides::{MOST_ROWS, Side, answers};
use crate::bundle::Bundle;
use crate::config::checked::plain_name;
use crate::data::Kind;
use crate::gate::two_keys::Both;
use crate::pipeline::error::Error;

/// What champion and challenger say of the newest logged requests, with the id of each answer; `None` where nothing is logged, or one of the models needs
/// a column that the log does not have.
pub(super) fn rows(
    env: &Env,
    champion: &Side<'_>,
    challenger: &Side<'_>,
) -> Result<Option<(Both, Vec<String>)>, Error> {
    let folder = &env.config.prediction_log;
    let logged = newest(folder, &env.config.name, MOST_ROWS);
    if logged.is_empty() {
        return Ok(None);
    }
    let frame = frame_of(&logged, champion.bundle)?;
    let said = answers(champion.bundle, &frame).zip(answers(challenger.bundle, &frame));
    let both = said.and_then(|(old, new)| Both::of(&old, &new));
    let ids = logged.into_iter().map(|row| row.id).collect();
    Ok(both.map(|both| (both, ids)))
}

/// A logged row of a request.
pub struct LoggedRow {
    /// Id of its answer.
    pub id: String,
    /// When it was asked.
    pub at: String,
    /// Its columns.
    pub cells: Map<String, Value>,
}

/// The newest logged rows of a model, at most so many. Lines and files that cannot be read are passed over: the log is kept by
/// servers that may be writing.
pub fn newest(folder: &Path, model: &str, most: usize) -> Vec<LoggedRow> {
    let mut rows = Vec::new();
    for file in files(folder, model) {
        let Ok(decoder) = File::open(&file).and_then(zstd::Decoder::new) else {
            continue;
        };
        let lines = BufReader::new(decoder).lines().map_while(Result::ok);
        let mut of_file: Vec<LoggedRow> = lines
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .filter(|line| line["model"] == model)
            .filter_map(|mut line| match line["row"].take() {
                Value::Object(cells) => Some(LoggedRow {
                    id: line["id"].as_str().unwrap_or_default().to_string(),
                    at: line["at"].as_str().unwrap_or_default().to_string(),
                    cells,
                }),
                _ => None,
            })
            .collect();
        let more = most - rows.len();
        let from = of_file.len().saturating_sub(more);
        rows.extend(of_file.drain(from..));
        if rows.len() >= most {
            break;
        }
    }
    rows
}

/// The log's files of a model, newest first; names sort by time.
fn files(folder: &Path, model: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let begins = format!("{}_", plain_name(model));
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with(&begins) && name.contains(".ndjson.zst")
        })
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files.reverse();
    files
}

/// Logged rows as a frame, in the kinds of the columns that the champion reads.
pub(super) fn frame_of(rows: &[LoggedRow], champion: &Bundle) -> Result<DataFrame, Error> {
    let inputs = &champion.transformer.inputs;
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
