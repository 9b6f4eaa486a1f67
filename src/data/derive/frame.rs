//! Derived columns of a frame: stretches of its rows as batches, on all cores.

use std::borrow::Cow;

use polars::prelude::*;
use rayon::prelude::*;

use super::evaluate::{Batch, unknown};
use super::values::Values;
use super::{Expression, Failure, derive_batch};
use crate::data::schema::{Column as Facts, Kind};
use crate::data::{Error, Schema};

/// Rows computed at once: their cells stay in the cache from one operator to the next.
const ROWS: usize = 4096;

/// The frame with the derived columns, each computed from those of the frame and those before it. Columns of `times` are
/// times in expressions. One of the same name is replaced.
///
/// # Errors
/// The first one that cannot be computed.
pub fn derive(
    frame: &DataFrame,
    times: &[String],
    derived: &[(String, Expression)],
) -> Result<DataFrame, Failure> {
    if derived.is_empty() {
        return Ok(frame.clone());
    }
    let read = columns_read(frame, derived)?;
    // The types alone, so that what is wrong is said without a row, and without rows.
    let empty = frame.slice(0, 0);
    computed(&empty, &read, times, derived)?;
    let starts: Vec<usize> = (0..frame.height()).step_by(ROWS).collect();
    let parts: Vec<Vec<Values<'static>>> = match starts.len() {
        0 | 1 => vec![computed(frame, &read, times, derived)?],
        _ => starts
            .into_par_iter()
            .map(|start| {
                let rows = frame.slice(start as i64, ROWS);
                computed(&rows, &read, times, derived)
            })
            .collect::<Result<_, Failure>>()?,
    };
    let mut made = frame.clone();
    let mut columns: Vec<Vec<Values<'static>>> = derived.iter().map(|_| Vec::new()).collect();
    for part in parts {
        for (column, values) in columns.iter_mut().zip(part) {
            column.push(values);
        }
    }
    for ((name, _), parts) in derived.iter().zip(columns) {
        let column = to_column(name, parts);
        made.with_column(column).map_err(|_| Failure {
            column: name.clone(),
            why: "it has another number of rows than the data".to_string(),
        })?;
    }
    made.rechunk_mut();
    Ok(made)
}

/// The frame's columns that are read, before those of the same name are computed.
fn columns_read(
    frame: &DataFrame,
    derived: &[(String, Expression)],
) -> Result<Vec<String>, Failure> {
    let mut read: Vec<String> = Vec::new();
    let mut made: Vec<&str> = Vec::new();
    for (name, expression) in derived {
        for column in &expression.columns {
            let is_there = frame.column(column).is_ok();
            if !is_there && !made.contains(&column.as_str()) {
                let known = frame.get_column_names().into_iter().map(|it| it.as_str());
                return Err(Failure {
                    column: name.clone(),
                    why: unknown(column, known.chain(made)),
                });
            }
            if is_there && !read.contains(column) {
                read.push(column.clone());
            }
        }
        made.push(name);
    }
    Ok(read)
}

/// The derived columns of some rows.
fn computed(
    rows: &DataFrame,
    read: &[String],
    times: &[String],
    derived: &[(String, Expression)],
) -> Result<Vec<Values<'static>>, Failure> {
    let mut batch = Batch::new(rows.height());
    for name in read {
        let Ok(column) = rows.column(name) else {
            continue;
        };
        let values = if times.contains(name) {
            values_of(column).as_times()
        } else {
            values_of(column)
        };
        batch.put(name, values);
    }
    derive_batch(&mut batch, derived)?;
    let taken = derived.iter().map(|(name, _)| batch.get(name));
    Ok(taken
        .map(|values| values.map_or(Values::Nothing(0), |it| it.borrowed().owned()))
        .collect())
}

/// The cells of a column that ingest made.
fn values_of(column: &Column) -> Values<'_> {
    if let Ok(cells) = column.f64() {
        Values::Number(cells.iter().collect())
    } else if let Ok(cells) = column.i64() {
        Values::Integer(cells.iter().collect())
    } else if let Ok(cells) = column.bool() {
        Values::Boolean(cells.iter().collect())
    } else if let Ok(cells) = column.str() {
        Values::Text(cells.iter().map(|it| it.map(Cow::Borrowed)).collect())
    } else {
        Values::Nothing(column.len())
    }
}

/// Stretches of one column after the other, as a frame's column. All are of the type of the first.
pub(super) fn to_column(name: &str, parts: Vec<Values<'_>>) -> Column {
    let name = PlSmallStr::from_str(name);
    macro_rules! joined {
        ($($variant:ident),+) => {
            match parts.first() {
                $(Some(Values::$variant(_)) => {
                    let mut all = Vec::new();
                    for part in parts {
                        if let Values::$variant(mut cells) = part {
                            all.append(&mut cells);
                        }
                    }
                    Column::new(name, all)
                })+
                _ => {
                    let length = parts.iter().map(Values::len).sum();
                    Column::full_null(name, length, &DataType::String)
                }
            }
        };
    }
    joined!(Boolean, Integer, Number, Text)
}

/// The cells of a column as microseconds since 1970; what is not a time is missing.
pub fn times_of(column: &Column) -> Vec<Option<i64>> {
    match values_of(column).as_times() {
        Values::Time(times) => times,
        other => vec![None; other.len()],
    }
}

/// A frame with columns cast to the kinds they had elsewhere; a cell that does not fit is missing.
///
/// # Errors
/// When a column is not there.
pub fn cast_to(frame: &DataFrame, columns: &[Facts]) -> Result<DataFrame, Error> {
    let schema = Schema::of(frame);
    let mut cast = frame.clone();
    for Facts { name, kind } in columns {
        let found = schema.get(name).ok_or_else(|| Error::NoColumn {
            column: name.clone(),
        })?;
        if found.kind == *kind {
            continue;
        }
        let dtype = match kind {
            Kind::Integer => DataType::Int64,
            Kind::Number => DataType::Float64,
            Kind::Boolean => DataType::Boolean,
            Kind::Text => DataType::String,
        };
        cast.with_column(cast.column(name)?.cast(&dtype)?)?;
    }
    Ok(cast)
}
