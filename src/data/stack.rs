//! Tables that fit together to one frame.

use std::collections::HashMap;

use polars::prelude::{self as pl, DataFrame, IntoColumn as _};
use rayon::prelude::*;

use super::Error;
use super::schema::{Column, Kind, Schema};
use super::table::Table;

/// One column of one table with its kind; no kind when every cell is missing.
type Piece = (Option<Kind>, pl::Column);

/// One frame out of tables that fit the schema, column by column: no moment holds two copies of more columns than there are
/// cores.
pub(super) fn stack(tables: Vec<Table>, schema: &Schema) -> Result<DataFrame, Error> {
    let frame_error = |source| Error::Frame {
        action: "put the files together",
        source,
    };
    let height = tables.iter().map(|table| table.rows).sum();
    let places: HashMap<&str, usize> = schema.names().into_iter().zip(0..).collect();
    let mut pieces: Vec<Vec<Piece>> = places.iter().map(|_| Vec::new()).collect();
    for column in tables.into_iter().flat_map(|table| table.columns) {
        if let Some(&place) = places.get(column.name.as_str()) {
            pieces[place].push((column.kind, column.cells));
        }
    }
    let columns = schema.columns.par_iter().zip(pieces);
    let columns = columns
        .map(|(column, pieces)| whole(column, pieces))
        .collect::<pl::PolarsResult<Vec<_>>>()
        .map_err(frame_error)?;
    DataFrame::new(height, columns).map_err(frame_error)
}

/// One column out of its pieces, in one chunk.
fn whole(column: &Column, pieces: Vec<Piece>) -> pl::PolarsResult<pl::Column> {
    let dtype = column.kind.dtype();
    let mut whole: Option<pl::Series> = None;
    for (kind, cells) in pieces {
        let cells = cells.take_materialized_series();
        let cells = match kind {
            None => pl::Series::full_null(cells.name().clone(), cells.len(), &dtype),
            Some(kind) if kind == column.kind => cells,
            Some(_) => cells.cast(&dtype)?,
        };
        match &mut whole {
            None => whole = Some(cells),
            Some(whole) => {
                whole.append_owned(cells)?;
            }
        }
    }
    let whole = whole.unwrap_or_else(|| pl::Series::new_empty(column.name.as_str().into(), &dtype));
    let whole = if whole.n_chunks() > 1 {
        whole.rechunk()
    } else {
        whole
    };
    Ok(whole.into_column())
}

/// The rows of `above`, then those of `below`, in one chunk per column. Columns are found by name; where one side has
/// integers and the other numbers, the column is one of numbers.
///
/// # Errors
/// When a column of `above` is missing in `below` or is of another kind.
pub fn concat(above: DataFrame, below: DataFrame) -> Result<DataFrame, Error> {
    let height = above.height() + below.height();
    let mut columns = Vec::with_capacity(above.width());
    for upper in above.into_columns() {
        let lower = below.column(upper.name()).map_err(|_| Error::NoColumn {
            column: upper.name().to_string(),
        })?;
        let mut series = upper.take_materialized_series();
        let mut lower = lower.as_materialized_series().clone();
        if series.dtype() != lower.dtype()
            && series.dtype().is_numeric()
            && lower.dtype().is_numeric()
        {
            series = series.cast(&pl::DataType::Float64)?;
            lower = lower.cast(&pl::DataType::Float64)?;
        }
        series.append_owned(lower)?;
        columns.push(series.rechunk().into_column());
    }
    Ok(DataFrame::new(height, columns)?)
}
