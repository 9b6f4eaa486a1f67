//! The rows that `explain` is given, as a version takes them.

use std::io::Read;
use std::path::Path;

use polars::prelude::DataFrame;

use super::super::export::Picked;
use super::super::{Failure, Kind};
use crate::data::{self, ReadOptions};
use crate::features::{as_taken, unreadable};
use crate::pipeline;

/// Most bytes that are read from stdin.
const MOST_BYTES: u64 = 64 << 20;

/// Reads a file, or JSON from stdin for `-`.
///
/// # Errors
/// When it cannot be read, or a cell cannot be what its column is.
pub fn read(file: &Path, picked: &Picked) -> Result<DataFrame, Failure> {
    let null_values = match &picked.env {
        Some(env) => env.config.ingest.null_values.clone(),
        None => ReadOptions::default().null_values,
    };
    let kinds = picked.bundle.profile.iter();
    let options = ReadOptions {
        null_values,
        kinds: kinds.map(|it| (it.name.clone(), it.kind)).collect(),
        text: picked
            .env
            .as_ref()
            .map_or_else(Default::default, |env| env.config.ingest.text()),
        reading: picked.bundle.reading.clone(),
        ..ReadOptions::default()
    };
    if file != Path::new("-") {
        return taken_by(
            picked,
            data::read_file_for_version(file, &options)?,
            &options,
        );
    }
    let failed = |error: std::io::Error| {
        Failure::new(Kind::Data, anyhow::Error::from(error).context("read stdin"))
    };
    let mut copy = tempfile::Builder::new()
        .suffix(".json")
        .tempfile()
        .map_err(failed)?;
    let stdin = std::io::stdin().lock();
    std::io::copy(&mut stdin.take(MOST_BYTES), copy.as_file_mut()).map_err(failed)?;
    let frame = data::read_file_for_version(copy.path(), &options)?;
    taken_by(picked, frame, &options)
}

/// The rows as the version takes them. What it cannot read is said: there is one answer for `explain`, `predict` and requests.
fn taken_by(
    picked: &Picked,
    frame: DataFrame,
    options: &ReadOptions,
) -> Result<DataFrame, Failure> {
    let reads = picked.bundle.transformer.reads(&picked.bundle.reading);
    let nulls = &options.null_values;
    if let Some(found) = unreadable(&frame, &reads, nulls).first() {
        let row = found.rows.first().map_or(0, |row| row + 1);
        let error = anyhow::anyhow!(
            "read row {row}, column `{}`: {}",
            found.column,
            found.wanted
        );
        return Err(
            Failure::new(Kind::Data, error).hint("write the cell as the training data has it")
        );
    }
    Ok(as_taken(frame, &reads, nulls).map_err(pipeline::Error::from)?)
}
