//! Labelled rows of production as test rows: read back from where they were held out, as frames.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::{Column, DataFrame};
use serde_json::{Map, Value};

use super::Env;
use super::dataset::content_hash;
use super::derive::{with_derived, without_derived};
use super::error::Error;
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::config::labels::TestUse;
use crate::data::{self, Kind, Scan, Schema};
use crate::gate::FreshRows;
use crate::registry::{FreshRow, FreshSide};

/// What a run judges by: the test files, and the labelled rows of production that are held out.
#[derive(Debug, Clone, Default)]
pub struct TestData {
    /// The test files.
    pub scan: Scan,
    /// The rows of production.
    pub fresh: Fresh,
}

impl TestData {
    /// Test files with the rows that are held out by now.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn of(env: &Env, scan: Scan) -> Result<TestData, Error> {
        let fresh = Fresh::read(env).await?;
        Ok(TestData { scan, fresh })
    }

    /// Hash over the contents of the test files and over the rows.
    pub fn hash(&self) -> String {
        let files = self.scan.files.iter().map(|file| file.sha256.as_str());
        if self.fresh.rows.is_empty() {
            return content_hash(files);
        }
        content_hash(files.chain([self.fresh.hash().as_str()]))
    }
}

impl From<Scan> for TestData {
    /// Test files alone.
    fn from(scan: Scan) -> Self {
        TestData {
            scan,
            fresh: Fresh::default(),
        }
    }
}

/// Labelled rows of production that are test rows.
#[derive(Debug, Clone, Default)]
pub struct Fresh {
    rows: Vec<TestRow>,
    is_alone: bool,
}

#[derive(Debug, Clone)]
struct TestRow {
    key: String,
    at_ms: i64,
    label: String,
    cells: Map<String, Value>,
}

impl Fresh {
    /// Those that the settings make evidence; empty where nothing is held out.
    ///
    /// # Errors
    /// When the registry cannot be reached.
    pub async fn read(env: &Env) -> Result<Fresh, Error> {
        let settings = &env.config.labels;
        if !settings.sets_aside() || settings.test_use == TestUse::Gather {
            return Ok(Fresh::default());
        }
        let rows = env.registry.fresh_rows(&env.config.name).await?;
        let rows: Vec<TestRow> = rows.into_iter().filter_map(test_row).collect();
        let is_alone =
            settings.test_use == TestUse::Alone && rows.len() >= settings.test_min_rows as usize;
        Ok(Fresh { rows, is_alone })
    }

    /// Hash over rows and labels.
    pub fn hash(&self) -> String {
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|row| format!("{} {}", row.key, row.label))
            .collect();
        content_hash(rows.iter().map(String::as_str))
    }

    /// Test rows with those of production behind them, or in their place. `needs` are columns that every row must have for the
    /// models to read it. Derived columns are made again, of the columns of requests as of those of the files.
    ///
    /// # Errors
    /// When a frame cannot be made.
    pub fn with(
        &self,
        config: &ModelConfig,
        files: DataFrame,
        (needs, target): (&[String], &str),
    ) -> Result<(DataFrame, Option<FreshRows>), Error> {
        if self.rows.is_empty() {
            return Ok((files, None));
        }
        let is_whole = |row: &&TestRow| needs.iter().all(|name| row.cells.contains_key(name));
        let whole: Vec<&TestRow> = self.rows.iter().filter(is_whole).collect();
        let known = shared(&whole, &files)?;
        let used: Vec<&TestRow> = whole
            .into_iter()
            .filter(|row| self.is_alone || !known.contains(row.key.as_str()))
            .collect();
        let n_above = files.height();
        let below = used.iter().map(|row| (&row.cells, row.label.as_str()));
        let mut frame = with_rows_below(config, files, &below.collect::<Vec<_>>(), target)?;
        if self.is_alone {
            frame = frame.slice(n_above as i64, used.len());
            frame.rechunk_mut();
        }
        let times = || used.iter().map(|row| row.at_ms);
        let told = FreshRows {
            rows: used.len() as u64,
            answered: times()
                .min()
                .zip(times().max())
                .map(|(first, last)| [rfc3339(first), rfc3339(last)]),
            is_alone: self.is_alone,
            left_out: (self.rows.len() - used.len()) as u64,
        };
        Ok((frame, Some(told)))
    }

    /// How many of them are in a data set.
    ///
    /// # Errors
    /// When rows cannot be hashed.
    pub fn count_in(&self, frame: &DataFrame) -> Result<u64, Error> {
        let rows: Vec<&TestRow> = self.rows.iter().collect();
        Ok(shared(&rows, frame)?.len() as u64)
    }
}

fn test_row(row: FreshRow) -> Option<TestRow> {
    Some(TestRow {
        cells: match (row.side, serde_json::from_str(&row.cells?)) {
            (FreshSide::Test, Ok(Value::Object(cells))) => cells,
            _ => return None,
        },
        key: row.key,
        at_ms: row.at_ms,
        label: row.label?,
    })
}

/// Keys of the rows that are in a frame, by all columns that both have.
fn shared<'a>(rows: &[&'a TestRow], frame: &DataFrame) -> Result<HashSet<&'a str>, Error> {
    let cells = rows.iter().map(|row| (row.key.as_str(), &row.cells));
    let found = rows_in(&cells.collect::<Vec<_>>(), frame)?;
    Ok(found.into_iter().map(|(key, _)| key).collect())
}

/// Rows of files with labelled rows of production behind them, cells in the kinds that the columns have there; a column that a row
/// does not have is missing. Derived columns are made again.
///
/// # Errors
/// When a frame cannot be made.
pub fn with_rows_below(
    config: &ModelConfig,
    files: DataFrame,
    rows: &[(&Map<String, Value>, &str)],
    target: &str,
) -> Result<DataFrame, Error> {
    let n_above = files.height();
    let files = without_derived(config, &files);
    let below = rows_like(&files, rows, target)?;
    let mut frame = with_derived(config, data::concat(files, below)?)?;
    if config.derive.iter().any(|it| it.name == target) {
        // What is true of these rows is known by their labels.
        let derived = frame.select([target]).map_err(data::Error::from)?;
        let kind = Schema::of(&derived).columns.first().map(|it| it.kind);
        let labels: Vec<Option<Value>> = rows.iter().map(|row| Some(Value::from(row.1))).collect();
        let labels = cells_of(target, kind.unwrap_or(Kind::Text), &labels);
        let labels = frame_of(rows.len(), vec![labels])?;
        let column = data::concat(derived.head(Some(n_above)), labels)?;
        for column in column.into_columns() {
            frame.with_column(column).map_err(data::Error::from)?;
        }
    }
    Ok(frame)
}

/// Labelled rows of production as a frame of the columns of files.
///
/// # Errors
/// When the frame cannot be made.
pub fn rows_like(
    files: &DataFrame,
    rows: &[(&Map<String, Value>, &str)],
    target: &str,
) -> Result<DataFrame, Error> {
    let columns = Schema::of(files).columns.into_iter().map(|column| {
        let cell = |row: &(&Map<String, Value>, &str)| {
            if column.name == target {
                return Some(Value::from(row.1));
            }
            row.0.get(&column.name).cloned()
        };
        let cells: Vec<Option<Value>> = rows.iter().map(cell).collect();
        cells_of(&column.name, column.kind, &cells)
    });
    frame_of(rows.len(), columns.collect())
}

/// Which rows are in a frame, by all columns that both have, whatever kinds those are there: their keys, each with the rows of
/// the frame. A frame that has not every column of a row does not have the row.
///
/// # Errors
/// When rows cannot be hashed.
pub fn rows_in<'a>(
    rows: &[(&'a str, &Map<String, Value>)],
    frame: &DataFrame,
) -> Result<Vec<(&'a str, Vec<u32>)>, Error> {
    // Versions read different columns, so rows do not all have the same.
    let mut alike: BTreeMap<Vec<&String>, Vec<usize>> = BTreeMap::new();
    for (at, (_, cells)) in rows.iter().enumerate() {
        alike.entry(cells.keys().collect()).or_default().push(at);
    }
    let mut found = Vec::new();
    for (names, members) in alike {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        if names.is_empty() || names.iter().any(|name| frame.column(name).is_err()) {
            continue;
        }
        let columns = names.iter().map(|name| {
            let cells = members.iter().map(|at| rows[*at].1.get(*name).cloned());
            cells_of(name, Kind::Text, &cells.collect::<Vec<_>>())
        });
        let own = data::row_keys(&frame_of(members.len(), columns.collect())?, &names)?;
        let mut places: BTreeMap<u128, Vec<u32>> = BTreeMap::new();
        let wanted: HashSet<u128> = own.iter().copied().collect();
        for (row, hash) in data::row_keys(frame, &names)?.into_iter().enumerate() {
            if wanted.contains(&hash) {
                places.entry(hash).or_default().push(row as u32);
            }
        }
        let hits = members.iter().zip(&own);
        found.extend(hits.filter_map(|(at, hash)| Some((rows[*at].0, places.get(hash)?.clone()))));
    }
    Ok(found)
}

fn frame_of(rows: usize, columns: Vec<Column>) -> Result<DataFrame, Error> {
    DataFrame::new(rows, columns).map_err(|source| Error::Data(source.into()))
}

/// Logged cells, or labels as they are spelled, as a column of a kind; what is not of the kind is missing.
fn cells_of(name: &str, kind: Kind, cells: &[Option<Value>]) -> Column {
    let cells = cells.iter().map(Option::as_ref);
    let name = name.into();
    match kind {
        Kind::Integer => Column::new(name, cells.map(|it| it.and_then(whole)).collect::<Vec<_>>()),
        Kind::Number => Column::new(
            name,
            cells.map(|it| it.and_then(number)).collect::<Vec<_>>(),
        ),
        Kind::Boolean => {
            let flag = |cell: &Value| match cell {
                Value::Bool(flag) => Some(*flag),
                Value::String(text) => text.to_ascii_lowercase().parse().ok(),
                _ => None,
            };
            Column::new(name, cells.map(|it| it.and_then(flag)).collect::<Vec<_>>())
        }
        Kind::Text => {
            let text = |cell: &Value| match cell {
                Value::String(text) => Some(text.clone()),
                Value::Null => None,
                other => Some(other.to_string()),
            };
            Column::new(name, cells.map(|it| it.and_then(text)).collect::<Vec<_>>())
        }
    }
}

fn number(cell: &Value) -> Option<f64> {
    match cell {
        Value::String(text) => text.parse().ok(),
        cell => cell.as_f64(),
    }
}

fn whole(cell: &Value) -> Option<i64> {
    let exact = match cell {
        Value::String(text) => text.parse().ok(),
        cell => cell.as_i64(),
    };
    let rounded = || number(cell).filter(|it| it.fract() == 0.0 && it.abs() < 9e15);
    exact.or_else(|| rounded().map(|it| it as i64))
}
