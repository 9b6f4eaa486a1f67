//! `{"tables": {name: [records]}}`: several tables, as the version was trained on, to rows.

use super::{Bounds, Collector, Strictness, too_many};
use crate::data::{self, TOO_MANY_CELLS, json_tables};
use crate::features::Cells;
use crate::http::budget::For;
use crate::http::request::{VALUE_BYTES, without_mark};
use crate::joins::{self, Tables};
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::{Field, Served};
use crate::text::causes;

/// Tables out of JSON, `{name: [{column: value}]}`, and these to rows.
///
/// # Errors
/// 400 when the JSON is not of this form; else as [`rows_of`].
pub fn read_tables(json: &[u8], served: &Served, bounds: Bounds<'_>) -> Result<Rows, Problem> {
    let json = without_mark(json);
    let work = bounds.work;
    // A frame of the records, and what is made of it.
    work.hold(For::Values, json.len().saturating_mul(VALUE_BYTES))?;
    let tables = json_tables("tables", json, work.most_cells()).map_err(|error| match error {
        data::Error::BadFile { reason, .. } if reason.starts_with(TOO_MANY_CELLS) => Problem::new(
            Code::TooLarge,
            format!("the tables have {reason}; send fewer records"),
        ),
        data::Error::BadFile {
            line,
            column,
            reason,
            ..
        } => {
            let line = line.map_or_else(String::new, |line| format!(", line {line}"));
            let column = column.map_or_else(String::new, |column| format!(", column `{column}`"));
            let why = format!("the tables cannot be read{line}{column}: {reason}");
            Problem::new(Code::BadRequest, why)
        }
        other => Problem::internal(&other),
    })?;
    rows_of(&tables, served, bounds)
}

/// One row per record of the base table, each with the record's key as its id.
///
/// # Errors
/// 422 when the version was not trained on tables, or a table or column is missing; 413 for too many records; else what
/// [`Collector::finish`] says.
fn rows_of(tables: &Tables, served: &Served, bounds: Bounds<'_>) -> Result<Rows, Problem> {
    let unprocessable = |why: String| Problem::new(Code::Unprocessable, why);
    let Some(plan) = &served.bundle.related else {
        let why = "this model was not trained on related tables; send `rows`";
        return Err(unprocessable(why.to_string()));
    };
    let base = tables.get(&plan.settings.base);
    if base.is_some_and(|base| base.height() > bounds.rows) {
        return Err(too_many(bounds.rows));
    }
    let flat = joins::flatten(plan, tables, joins::Rows::ToPredict);
    let flat = flat.map_err(|error| {
        let causes = causes(&error);
        let told = std::iter::once(error.to_string()).chain(causes);
        unprocessable(format!("cannot {}", told.collect::<Vec<_>>().join(": ")))
    })?;
    bounds.work.look()?;
    // What is not of the four kinds never comes out of tables.
    let unusable = |error| Problem::internal(&error);
    let mut collector = Collector::new(served, Strictness::ExtraIgnored, bounds);
    let mut columns = Vec::new();
    for column in flat.frame.columns() {
        if let Field::Input(position) = collector.field(column.name()) {
            columns.push((position, Cells::of(column).map_err(unusable)?));
        }
    }
    for row in 0..flat.frame.height() {
        if collector.begin_row().is_err() {
            break;
        }
        for (position, cells) in &columns {
            collector.put(*position, cells.cell(row).by_ref());
        }
        collector.end_row();
    }
    let mut rows = collector.finish()?;
    if let Ok(keys) = flat.frame.column(&plan.settings.key) {
        let keys = Cells::of(keys).map_err(unusable)?;
        let ids = (0..rows.n_rows).map(|row| keys.text(row).unwrap_or_default().trim().into());
        rows.ids = ids.collect();
    }
    Ok(rows)
}
