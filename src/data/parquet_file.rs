//! A Parquet file to a table, its many types brought to the four kinds.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use chrono::{DateTime, TimeDelta};
use polars::prelude::{
    self as pl, DataType, IntoColumn as _, ParquetReader, SerReader as _, TimeUnit,
};

use super::schema::Kind;
use super::table::{Bad, Table, TableColumn, TableError};

/// Reads a Parquet file. A panic inside polars on damaged bytes counts as damaged bytes.
pub(super) fn read(path: &Path) -> Result<Table, TableError> {
    let file = File::open(path).map_err(TableError::Io)?;
    let length = file.metadata().map_err(TableError::Io)?.len();
    if length == 0 {
        return Err(Bad::new("file is empty").into());
    }
    let read = catch_unwind(AssertUnwindSafe(|| {
        let frame = ParquetReader::new(file)
            .finish()
            .map_err(|_| Bad::new("not a Parquet file, or a damaged one"))?;
        let rows = frame.height();
        let columns = frame
            .into_columns()
            .into_iter()
            .map(convert)
            .collect::<Result<Vec<_>, Bad>>()?;
        Ok(Table { columns, rows })
    }));
    match read {
        Ok(table) => table.map_err(TableError::Bad),
        Err(_panic) => {
            Err(Bad::new("a damaged Parquet file, or one with types that cannot be read").into())
        }
    }
}

fn convert(column: pl::Column) -> Result<TableColumn, Bad> {
    let name = column.name().to_string();
    let refuse =
        |dtype: &DataType| Bad::new(format!("the type {dtype} cannot be used")).column(&name);
    let series = column.as_materialized_series().rechunk();
    let dtype = series.dtype().clone();
    let cast = |to: &DataType| series.strict_cast(to).map_err(|_| refuse(&dtype));
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
        DataType::Categorical(..) | DataType::Enum(..) => cast(&DataType::String)?,
        DataType::Date => iso_dates(&series).map_err(|_| refuse(&dtype))?,
        DataType::Datetime(unit, zone) => {
            iso_times(&series, *unit, zone.is_some()).map_err(|_| refuse(&dtype))?
        }
        _ => return Err(refuse(&dtype)),
    };
    let (series, non_finite) = without_non_finite(series).map_err(|_| refuse(&dtype))?;
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
    })
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
    let texts: pl::StringChunked = days
        .i32()?
        .iter()
        .map(|day| {
            let day =
                DateTime::UNIX_EPOCH.checked_add_signed(TimeDelta::try_days(i64::from(day?))?)?;
            Some(day.format("%Y-%m-%d").to_string())
        })
        .collect();
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
    let format = if zoned {
        "%Y-%m-%dT%H:%M:%S%.fZ"
    } else {
        "%Y-%m-%dT%H:%M:%S%.f"
    };
    let texts: pl::StringChunked = ticks
        .i64()?
        .iter()
        .map(|tick| {
            let tick = tick?;
            let nanoseconds = tick.rem_euclid(per_second) * (1_000_000_000 / per_second);
            let time = DateTime::from_timestamp(
                tick.div_euclid(per_second),
                u32::try_from(nanoseconds).ok()?,
            )?;
            Some(time.format(format).to_string())
        })
        .collect();
    Ok(pl::IntoSeries::into_series(
        texts.with_name(series.name().clone()),
    ))
}
