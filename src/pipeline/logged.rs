//! The prediction log, read back: whole rows of requests, newest first.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::error::Error;
use crate::artifacts;
use crate::config::ModelConfig;
use crate::config::checked::plain_name;
use crate::model_types::PredictionId;

/// A logged row of a request.
pub struct LoggedRow {
    /// Id of its answer.
    pub id: PredictionId,
    /// When it was asked.
    pub at: String,
    /// Its columns, as requests have them where the line says so.
    pub cells: Map<String, Value>,
}

/// The folder of this machine with the log's files: of a log in a store, copies of those that are there now.
///
/// # Errors
/// When the store cannot be listed or read.
pub async fn folder_of(config: &ModelConfig) -> Result<PathBuf, Error> {
    Ok(artifacts::refresh(&config.prediction_log).await?)
}

/// The newest logged rows of a model that are wanted, by their ids, at most so many. Lines and files that cannot be read are
/// passed over: the log is kept by servers that may be writing.
pub fn newest(
    folder: &Path,
    model: &str,
    most: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<LoggedRow> {
    let mut rows = Vec::new();
    for file in files(folder, model) {
        let Ok(decoder) = File::open(&file).and_then(zstd::Decoder::new) else {
            continue;
        };
        let lines = BufReader::new(decoder).lines().map_while(Result::ok);
        let mut of_file: Vec<LoggedRow> = lines
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .filter(|line| line["model"] == model)
            .filter(|line| is_wanted(line["id"].as_str().unwrap_or_default()))
            .filter_map(|mut line| match columns(&mut line) {
                Value::Object(cells) => Some(LoggedRow {
                    id: PredictionId::new(line["id"].as_str().unwrap_or_default()),
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

/// The columns of a request where the model's inputs are made of them, else those inputs.
fn columns(line: &mut Value) -> Value {
    match line["given"].take() {
        given @ Value::Object(_) => given,
        _ => line["row"].take(),
    }
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
