//! A file's table while the form of its numbers is decided.

use std::collections::{BTreeMap, BTreeSet};

use super::census::Census;
use crate::data::options::ReadOptions;
use crate::data::schema::Kind;
use crate::data::source::Format;
use crate::data::table::Table;

/// A file's table on its way into the frame.
pub struct Source<'a> {
    /// Its path as it is shown.
    pub path: &'a str,
    pub format: Format,
    pub table: Table,
}

/// The columns of texts that may be numbers.
pub(super) fn census_of(
    file: &Source<'_>,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> BTreeMap<String, Census> {
    let texts = file
        .table
        .columns
        .iter()
        .filter(|column| column.kind == Some(Kind::Text) && !as_text.contains(&column.name));
    texts
        .filter_map(|column| {
            let cells = column.cells.as_materialized_series().str().ok()?;
            Some((column.name.clone(), Census::of(cells, &options.text)?))
        })
        .collect()
}
