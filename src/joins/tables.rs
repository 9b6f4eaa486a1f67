//! Tables by name, and their columns.

use std::collections::BTreeMap;

use super::error::Error;
use crate::data::{Kind, Schema};
use crate::text::nearest;
use polars::prelude::DataFrame;

/// Tables by name.
pub type Tables = BTreeMap<String, DataFrame>;

/// A table by its name.
pub(super) fn named<'a>(tables: &'a Tables, name: &str) -> Result<&'a DataFrame, Error> {
    tables.get(name).ok_or_else(|| Error::NoTable {
        table: name.to_string(),
    })
}

/// The kind of a column that must be there, unless the table holds nothing at all.
pub(super) fn kind_of(
    frame: &DataFrame,
    table: &str,
    column: &str,
    role: &'static str,
) -> Result<Option<Kind>, Error> {
    let schema = Schema::of(frame);
    match schema.get(column) {
        Some(found) => Ok(Some(found.kind)),
        None if frame.height() == 0 => Ok(None),
        None => {
            let near = nearest(column, schema.names().into_iter(), 0.4);
            Err(Error::NoColumn {
                table: table.to_string(),
                column: column.to_string(),
                role,
                hint: near.map_or_else(String::new, |near| format!("; did you mean `{near}`?")),
            })
        }
    }
}
