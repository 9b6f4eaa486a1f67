//! A stated part of the rows for this machine: all of them where they are few enough, else those whose place has a small hash, which is
//! the same part whenever it is requested.

use polars::prelude::{DataFrame, IdxCa, NewChunkedArray};

use super::connect::Session;
use super::error::Error;
use super::source::{FILE, ROW};
use super::sql;
use super::table::{Column as Cells, Table};
use crate::data::{Column, Kind};

/// Parts that a share is counted in.
const PARTS: u64 = 1_000_000;

/// Rows on this machine.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The rows, in the order of their files.
    pub frame: DataFrame,
    /// Share of all rows, in millionths.
    pub millionths: u64,
}

/// The share that gives about `most` of `rows` rows, in millionths.
fn share(rows: u64, most: u64) -> u64 {
    if rows <= most {
        return PARTS;
    }
    (most as f64 / rows as f64 * PARTS as f64).floor().max(1.0) as u64
}

/// Which rows are of it.
pub(super) fn condition(millionths: u64) -> String {
    if millionths >= PARTS {
        return "true".to_string();
    }
    format!("pmod(xxhash64({FILE}, {ROW}), {PARTS}) < {millionths}")
}

/// Fetches about `most` rows of a data set of `rows` rows.
///
/// # Errors
/// When the server fails or goes away, or fewer rows come than all where all were requested.
pub fn sample(
    session: &Session,
    path: &str,
    columns: &[Column],
    rows: u64,
    most: u64,
) -> Result<Sample, Error> {
    let millionths = share(rows, most);
    let names = columns.iter().map(|column| sql::name(&column.name));
    let names: Vec<String> = names.collect();
    let query = format!(
        "SELECT {}, {FILE}, {ROW} FROM {} WHERE {}",
        names.join(", "),
        sql::parquet(path),
        condition(millionths)
    );
    let table = session.ask("fetch a sample", &query)?;
    if millionths == PARTS && table.rows as u64 != rows {
        return Err(Error::Answer(format!(
            "{} rows came of a data set of {rows}",
            table.rows
        )));
    }
    let order = order(&table, columns.len())?;
    let frame = of_kinds(table, columns)?.frame()?;
    let frame = frame
        .take(&IdxCa::from_slice("rows".into(), &order))
        .map_err(|error| Error::Answer(error.to_string()))?;
    let mut frame = frame
        .select(columns.iter().map(|column| column.name.as_str()))
        .map_err(|error| Error::Answer(error.to_string()))?;
    frame.rechunk_mut();
    Ok(Sample { frame, millionths })
}

/// The places of the rows of a sample, in its order.
///
/// # Errors
/// When the server fails or goes away.
pub fn keys(session: &Session, path: &str, millionths: u64) -> Result<Vec<(i64, i64)>, Error> {
    let query = format!(
        "SELECT {FILE}, {ROW} FROM {} WHERE {}",
        sql::parquet(path),
        condition(millionths)
    );
    let table = session.ask("ask for the places of the sample", &query)?;
    let mut keys = places(&table, 0)?;
    keys.sort_unstable();
    Ok(keys)
}

/// Rows in the order of their places, of which the two columns from `at` on tell.
fn order(table: &Table, at: usize) -> Result<Vec<u32>, Error> {
    let places = places(table, at)?;
    let mut order: Vec<u32> = (0..table.rows as u32).collect();
    order.sort_unstable_by_key(|&row| places[row as usize]);
    Ok(order)
}

/// The places of rows, of which the two columns from `at` on tell.
pub(super) fn places(table: &Table, at: usize) -> Result<Vec<(i64, i64)>, Error> {
    let whole = |at: usize| match table.columns.get(at) {
        Some(Cells::Integer(cells)) => Ok(cells),
        None if table.rows == 0 => Ok(const { &Vec::new() }),
        _ => Err(Error::Answer("a place is not a whole number".to_string())),
    };
    let (files, rows) = (whole(at)?, whole(at + 1)?);
    let places = files.iter().zip(rows);
    Ok(places
        .map(|(file, row)| (file.unwrap_or(-1), row.unwrap_or(-1)))
        .collect())
}

/// The table with the kinds of the data set, also of columns without a value.
fn of_kinds(mut table: Table, columns: &[Column]) -> Result<Table, Error> {
    if table.rows == 0 {
        return Err(Error::Answer(
            "the sample has no row; set `engine.sample_rows` higher".to_string(),
        ));
    }
    for (cells, column) in table.columns.iter_mut().zip(columns) {
        let found = std::mem::replace(cells, Cells::Integer(Vec::new()));
        *cells = match (found, column.kind) {
            (Cells::Integer(cells), Kind::Number) => {
                Cells::Number(cells.into_iter().map(|it| it.map(|it| it as f64)).collect())
            }
            (found @ Cells::Integer(_), Kind::Integer)
            | (found @ Cells::Number(_), Kind::Number)
            | (found @ Cells::Boolean(_), Kind::Boolean)
            | (found @ Cells::Text(_), Kind::Text) => found,
            _ => {
                return Err(Error::Answer(format!(
                    "column `{}` is not of its kind, {}",
                    column.name, column.kind
                )));
            }
        };
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_come_whole_and_many_by_a_share() {
        assert_eq!(share(10, 10), PARTS);
        assert_eq!(condition(PARTS), "true");
        assert_eq!(share(1_000_000, 250_000), 250_000);
        assert_eq!(share(u64::MAX, 1), 1);
    }

    #[test]
    fn rows_stand_in_the_order_of_their_files() {
        let integer = |cells: [i64; 3]| Cells::Integer(cells.map(Some).to_vec());
        let table = Table {
            names: vec!["x".to_string(), FILE.to_string(), ROW.to_string()],
            columns: vec![integer([1, 2, 3]), integer([1, 0, 0]), integer([0, 9, 4])],
            rows: 3,
        };
        assert_eq!(order(&table, 1).expect("places"), [2, 1, 0]);
    }
}
