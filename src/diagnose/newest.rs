//! The newest data set of a model, read back and summarised.

use std::path::Path;

use super::columns::DataSummary;
use crate::data::{self, ColumnSummary};
use crate::pipeline::{self, Env, Error};
use crate::registry::DatasetRow;

/// Reads a data set back from its file and summarises it, without examples where they would nearly name each row.
///
/// # Errors
/// When its file cannot be read.
pub fn summarise_newest(env: &Env, row: &DatasetRow, file: &Path) -> Result<DataSummary, Error> {
    let options = pipeline::read_options(&env.config, false);
    let frame = data::read_file(file, &options);
    let frame = frame.map_err(|source| Error::Dataset {
        name: row.name.clone(),
        source,
    })?;
    let columns = data::summarise(&frame).into_iter();
    Ok(DataSummary {
        run: Some(row.run.clone()),
        rows: frame.height() as u64,
        columns: columns.map(ColumnSummary::without_examples).collect(),
    })
}
