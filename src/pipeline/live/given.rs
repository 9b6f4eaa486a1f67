//! A file of labels.

use std::path::Path;

use polars::prelude::DataFrame;

use super::feedback::Given;
use crate::config::label::Label;
use crate::data::{self, Kind, ReadOptions};
use crate::model_types::PredictionId;
use crate::pipeline::Error;

/// The labels of a file: the columns `id`, and `label` or the target's name, and where they are there `observed_at` and `source`.
/// Rows without a label are left out: it has not come yet.
///
/// # Errors
/// When the file cannot be read, or has no such columns.
pub fn read_labels(path: &Path, target: &str) -> Result<Vec<Given>, Error> {
    let names = ["id", "label", target, "observed_at", "source"];
    let options = ReadOptions {
        // As they stand: an id may look like a number.
        kinds: names
            .map(|name| (name.to_string(), Kind::Text))
            .into_iter()
            .collect(),
        ..ReadOptions::default()
    };
    let frame = data::read_file(path, &options)?;
    let ids = texts(&frame, "id")
        .ok_or_else(|| no_column(path, "id", "the id that came with the answer"))?;
    let labels = texts(&frame, "label")
        .or_else(|| texts(&frame, target))
        .ok_or_else(|| no_column(path, "label", "the true class or number"))?;
    let observed = texts(&frame, "observed_at");
    let source = texts(&frame, "source");
    let of = |column: &Option<Vec<Option<String>>>, row: usize| {
        column.as_ref().and_then(|cells| cells[row].clone())
    };
    let rows = ids.into_iter().zip(labels).enumerate();
    let given = rows.filter_map(|(row, (id, label))| {
        Some(Given {
            id: PredictionId::new(id.unwrap_or_default()),
            label: Label::Text(label?),
            observed_at: of(&observed, row),
            source: of(&source, row),
        })
    });
    Ok(given.collect())
}

fn no_column(path: &Path, column: &str, role: &'static str) -> Error {
    Error::NoColumn {
        column: column.to_string(),
        role,
        place: path.display().to_string(),
        hint: String::new(),
    }
}

fn texts(frame: &DataFrame, name: &str) -> Option<Vec<Option<String>>> {
    let cells = frame.column(name).ok()?.str().ok()?;
    Some(cells.iter().map(|cell| cell.map(str::to_string)).collect())
}
