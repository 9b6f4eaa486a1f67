//! A Parquet file to a table, its many types brought to the four kinds.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::{
    self as pl, DataType, IntoColumn as _, ParquetReader, SerReader as _, TimeUnit,
};

use polars_arrow::datatypes::ArrowDataType;

use super::encoding::foreign;
use super::iso_times::{iso_day, iso_time};
use super::options::ReadOptions;
use super::parquet_raw::{raw_of, read_raw};
use super::schema::Kind;
use super::source::too_large;
use super::table::{Bad, Table, TableColumn, TableError};

/// Reads a Parquet file. A panic inside polars on damaged bytes counts as damaged bytes. A column of a type that cannot be used
/// is missing throughout where it is one of `options.drop`, and else a reason to reject the file, in which it is named.
pub(super) fn read(path: &Path, options: &ReadOptions) -> Result<Table, TableError> {
    let file = File::open(path).map_err(TableError::Io)?;
    let length = file.metadata().map_err(TableError::Io)?.len();
    if length == 0 {
        return Err(Bad::new("file is empty").into());
    }
    let most = options.head.filter(|head| length > *head);
    let most = match most {
        Some(_) if options.columns_alone => 0,
        Some(_) => HEAD_ROWS,
        None => usize::MAX,
    };
    let mut head = Vec::new();
    (&file)
        .take(512)
        .read_to_end(&mut head)
        .map_err(TableError::Io)?;
    if !head.starts_with(b"PAR1") {
        return Err(no_parquet(&head).into());
    }
    (&file).rewind().map_err(TableError::Io)?;
    let read = catch_unwind(AssertUnwindSafe(|| read_columns(file, options, most)));
    match read {
        Ok(table) => table,
        Err(_panic) => Err(damaged().into()),
    }
}

/// Says what a file is by its first bytes that is called a Parquet file and is none.
fn no_parquet(head: &[u8]) -> Bad {
    match foreign(head) {
        Some(what) => Bad::new(what.replacen("not a text file", "not a Parquet file", 1)),
        None if !head.contains(&0) && std::str::from_utf8(head).is_ok() => {
            Bad::new("not a Parquet file but text; name it `.csv` or `.json`, as it is")
        }
        None => damaged(),
    }
}

fn damaged() -> Bad {
    Bad::new("not a Parquet file, or a damaged one")
}

/// Rows of a long file of which only the beginning is wanted.
const HEAD_ROWS: usize = 5000;

fn read_columns(mut file: File, options: &ReadOptions, most: usize) -> Result<Table, TableError> {
    let mut reader = ParquetReader::new(file.try_clone().map_err(TableError::Io)?);
    let metadata = reader.get_metadata().map_err(|_| damaged())?.clone();
    let mut names = HashSet::new();
    let mut fields = metadata.schema_descr.fields().iter().map(|it| it.name());
    if let Some(name) = fields.find(|name| !names.insert(*name)) {
        return Err(Bad::new("two columns have this name").column(name).into());
    }
    let schema = reader.schema().map_err(|_| damaged())?;
    let (all, rows) = (metadata.num_rows, metadata.num_rows.min(most));
    check_size(rows, schema.len(), options)?;
    let mut plain = Vec::new();
    let mut strange = Vec::new();
    for (index, field) in schema.iter_values().enumerate() {
        match (raw_of(&field.dtype), unusable(&field.dtype)) {
            (Some(_), _) => {}
            (None, None) => plain.push(index),
            (None, Some(what)) => strange.push((field.name.to_string(), what)),
        }
    }
    strange.retain(|(name, _)| !options.drop.contains(name));
    if let Some((first, _)) = strange.first() {
        let named: Vec<String> = strange
            .iter()
            .map(|(name, what)| format!("`{name}` ({what})"))
            .collect();
        let reason = format!(
            "{} cannot be used; name {} in `drop`, or write flat values",
            named.join(", "),
            if strange.len() == 1 {
                "the column"
            } else {
                "the columns"
            }
        );
        return Err(Bad::new(reason).column(first).into());
    }
    let mut columns: HashMap<String, pl::Column> = HashMap::new();
    if !plain.is_empty() {
        let frame = reader
            .with_projection(Some(plain))
            .with_slice(Some((0, rows)))
            .finish()
            .map_err(|_| damaged())?;
        columns.extend(
            frame
                .into_columns()
                .into_iter()
                .map(|it| (it.name().to_string(), it)),
        );
    }
    let mut table = Table {
        columns: Vec::with_capacity(schema.len()),
        rows,
        dropped: 0,
        text: None,
    };
    for field in schema.iter_values() {
        let name = field.name.as_str();
        let column = match (raw_of(&field.dtype), columns.remove(name)) {
            (Some(_), _) if rows == 0 => Ok(nothing(name, 0)),
            (Some(raw), _) => {
                let series =
                    read_raw(&mut file, &metadata, field, raw).filter(|it| it.len() == all);
                convert(series.ok_or_else(damaged)?.head(Some(rows)).into_column())
            }
            (None, Some(column)) => convert(column),
            (None, None) => Ok(nothing(name, rows)),
        };
        table.columns.push(match column {
            // It was of use by its type, and is not by what is in it.
            Err(_) if options.drop.iter().any(|it| it == name) => nothing(name, rows),
            other => other?,
        });
    }
    Ok(table)
}

/// The columns in the types that they have, but for those that only [`read_raw`] reads, and the names of those that cannot be
/// had at all.
pub(super) fn as_it_is(
    path: &Path,
    options: &ReadOptions,
) -> Result<(pl::DataFrame, Vec<String>), TableError> {
    let file = File::open(path).map_err(TableError::Io)?;
    let read = catch_unwind(AssertUnwindSafe(|| unchanged(file, options)));
    read.unwrap_or_else(|_panic| Err(damaged().into()))
}

fn unchanged(
    mut file: File,
    options: &ReadOptions,
) -> Result<(pl::DataFrame, Vec<String>), TableError> {
    let mut reader = ParquetReader::new(file.try_clone().map_err(TableError::Io)?);
    let metadata = reader.get_metadata().map_err(|_| damaged())?.clone();
    let schema = reader.schema().map_err(|_| damaged())?;
    check_size(metadata.num_rows, schema.len(), options)?;
    let mut plain = Vec::new();
    let mut unwritten = Vec::new();
    for (index, field) in schema.iter_values().enumerate() {
        match (raw_of(&field.dtype), unusable(&field.dtype)) {
            (Some(_), _) => {}
            (None, None) => plain.push(index),
            (None, Some(_)) => unwritten.push(field.name.to_string()),
        }
    }
    let mut columns: HashMap<String, pl::Column> = HashMap::new();
    if !plain.is_empty() {
        let frame = reader
            .with_projection(Some(plain))
            .finish()
            .map_err(|_| damaged())?;
        columns.extend(
            frame
                .into_columns()
                .into_iter()
                .map(|it| (it.name().to_string(), it)),
        );
    }
    let mut ordered = Vec::new();
    for field in schema.iter_values() {
        match raw_of(&field.dtype) {
            Some(raw) => {
                let series = read_raw(&mut file, &metadata, field, raw)
                    .filter(|it| it.len() == metadata.num_rows);
                ordered.push(series.ok_or_else(damaged)?.into_column());
            }
            None => ordered.extend(columns.remove(field.name.as_str())),
        }
    }
    let frame = pl::DataFrame::new(metadata.num_rows, ordered).map_err(|_| damaged())?;
    Ok((frame, unwritten))
}

/// A file of a few bytes may speak of more rows than any memory holds.
fn check_size(rows: usize, columns: usize, options: &ReadOptions) -> Result<(), Bad> {
    let bytes = (rows as u64)
        .saturating_mul(columns.max(1) as u64)
        .saturating_mul(8);
    match options.most_bytes {
        Some(most) if bytes > most => Err(Bad::new(too_large(
            &format!("{rows} rows of {columns} columns"),
            most,
        ))),
        _ => Ok(()),
    }
}

/// A column without a value.
fn nothing(name: &str, rows: usize) -> TableColumn {
    TableColumn {
        name: name.to_string(),
        kind: None,
        cells: pl::Series::full_null(name.into(), rows, &DataType::Float64).into_column(),
        non_finite: 0,
        first_at: None,
        text_at: None,
        hint: None,
    }
}

/// What a type is that holds no single value a cell, or none that is known; `None` for those that can be used.
fn unusable(dtype: &ArrowDataType) -> Option<String> {
    use ArrowDataType as A;
    Some(match dtype {
        A::List(_) | A::LargeList(_) | A::FixedSizeList(..) => "lists".to_string(),
        A::Struct(_) => "nested values".to_string(),
        A::Map(..) => "maps".to_string(),
        A::Duration(_) => "durations".to_string(),
        A::Interval(_) => "intervals".to_string(),
        A::Null
        | A::Boolean
        | A::Int8
        | A::Int16
        | A::Int32
        | A::Int64
        | A::UInt8
        | A::UInt16
        | A::UInt32
        | A::UInt64
        | A::Float32
        | A::Float64
        | A::Timestamp(..)
        | A::Date32
        | A::Date64
        | A::Binary
        | A::LargeBinary
        | A::BinaryView
        | A::FixedSizeBinary(_)
        | A::Utf8
        | A::LargeUtf8
        | A::Utf8View => return None,
        A::Dictionary(_, values, _) => format!("categories of {values:?}"),
        other => format!("{other:?}"),
    })
}

fn convert(column: pl::Column) -> Result<TableColumn, Bad> {
    let name = column.name().to_string();
    let reject = |dtype: &DataType| {
        let reason = format!("the type {dtype} cannot be used; name the column in drop");
        Bad::new(reason).column(&name)
    };
    let series = column.as_materialized_series().rechunk();
    let dtype = series.dtype().clone();
    let cast = |to: &DataType| series.strict_cast(to).map_err(|_| reject(&dtype));
    let series = match &dtype {
        DataType::Int64 | DataType::Float64 | DataType::Boolean | DataType::String => {
            series.clone()
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32 => cast(&DataType::Int64)?,
        DataType::UInt64 => cast(&DataType::Int64).or_else(|_| cast(&DataType::Float64))?,
        DataType::Float32 | DataType::Null => cast(&DataType::Float64)?,
        DataType::Binary => {
            let reason = "bytes that are not UTF-8 cannot be used; name the column in drop";
            utf8(&series).ok_or_else(|| Bad::new(reason).column(&name))?
        }
        DataType::Date => iso_dates(&series).map_err(|_| reject(&dtype))?,
        DataType::Datetime(unit, zone) => {
            iso_times(&series, *unit, zone.is_some()).map_err(|_| reject(&dtype))?
        }
        _ => return Err(reject(&dtype)),
    };
    let (series, non_finite) = without_non_finite(series).map_err(|_| reject(&dtype))?;
    let kind = if series.null_count() == series.len() {
        None
    } else {
        Kind::of(series.dtype())
    };
    let cells = match kind {
        None => pl::Series::full_null(name.as_str().into(), series.len(), &DataType::Float64),
        Some(_) => series,
    };
    Ok(TableColumn {
        name,
        kind,
        cells: cells.rechunk().into_column(),
        non_finite,
        first_at: None,
        text_at: None,
        hint: None,
    })
}

/// Bytes as texts; `None` when one is none.
fn utf8(series: &pl::Series) -> Option<pl::Series> {
    let bytes = series.binary().ok()?;
    let mut texts: Vec<Option<&str>> = Vec::with_capacity(bytes.len());
    for cell in bytes.iter() {
        texts.push(match cell {
            None => None,
            Some(bytes) => Some(std::str::from_utf8(bytes).ok()?),
        });
    }
    let texts: pl::StringChunked = texts.into_iter().collect();
    Some(pl::IntoSeries::into_series(
        texts.with_name(series.name().clone()),
    ))
}

/// Turns ±inf and NaN into missing and counts them.
fn without_non_finite(series: pl::Series) -> pl::PolarsResult<(pl::Series, u64)> {
    let Ok(values) = series.f64() else {
        return Ok((series, 0));
    };
    let count = values
        .iter()
        .flatten()
        .filter(|value| !value.is_finite())
        .count();
    if count == 0 {
        return Ok((series, 0));
    }
    let finite: pl::Float64Chunked = values
        .iter()
        .map(|value| value.filter(|value| value.is_finite()))
        .collect();
    Ok((
        pl::IntoSeries::into_series(finite.with_name(series.name().clone())),
        count as u64,
    ))
}

fn iso_dates(series: &pl::Series) -> pl::PolarsResult<pl::Series> {
    let days = series.cast(&DataType::Int32)?;
    let days = days.i32()?.iter();
    let texts: pl::StringChunked = days.map(|day| iso_day(i64::from(day?))).collect();
    Ok(pl::IntoSeries::into_series(
        texts.with_name(series.name().clone()),
    ))
}

fn iso_times(series: &pl::Series, unit: TimeUnit, zoned: bool) -> pl::PolarsResult<pl::Series> {
    let ticks = series.cast(&DataType::Int64)?;
    let per_second = match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    };
    let ticks = ticks.i64()?.iter();
    let texts: pl::StringChunked = ticks
        .map(|tick| iso_time(tick?, per_second, zoned))
        .collect();
    Ok(pl::IntoSeries::into_series(
        texts.with_name(series.name().clone()),
    ))
}
