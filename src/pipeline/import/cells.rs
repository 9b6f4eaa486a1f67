//! Cells of the project that the file would answer otherwise than the version: looked for before it becomes one.

use polars::prelude::DataFrame;

use crate::features::Cells;
use crate::import::Doubtful;
use crate::pipeline::error::Error;

/// Cells of a column of numbers that are missing.
pub fn missing(frame: &DataFrame, column: &str) -> Result<u64, Error> {
    let Ok(column) = frame.column(column) else {
        return Ok(0);
    };
    let column = column.rechunk();
    let cells = Cells::of(&column)?;
    let rows = 0..column.len();
    Ok(rows.filter(|&row| cells.number(row).is_none()).count() as u64)
}

/// Numbers of a column that one of its thresholds parts otherwise in 64 bits than in 32.
pub fn parted(frame: &DataFrame, column: &str, thresholds: &[&Doubtful]) -> Result<u64, Error> {
    let Ok(cells) = frame.column(column) else {
        return Ok(0);
    };
    let column = cells.rechunk();
    let cells = Cells::of(&column)?;
    let rows = 0..column.len();
    let mut numbers: Vec<f64> = rows.filter_map(|row| cells.number(row)).collect();
    numbers.sort_by(f64::total_cmp);
    let mut found = 0;
    for it in thresholds {
        let in_file = numbers.partition_point(|&x| x <= it.last);
        let here = numbers.partition_point(|&x| (x as f32) < it.threshold);
        found += in_file.abs_diff(here) as u64;
    }
    Ok(found)
}
