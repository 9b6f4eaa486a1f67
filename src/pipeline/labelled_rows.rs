//! Labelled rows of production that are learned from: put behind the rows of the files.

use std::collections::HashSet;

use polars::prelude::{Column, DataFrame};
use serde_json::{Map, Value};

use super::Env;
use super::dataset::{Parts, ProductionRows, content_hash, take};
use super::error::Error;
use super::fresh::{rows_in, rows_like, with_rows_below};
use super::ingest::{rules_of, test_options};
use super::input_scan;
use super::labels::target_of;
use crate::clock::rfc3339;
use crate::config::ModelConfig;
use crate::data::rules::OnViolation;
use crate::data::{self, Scan, Schema};
use crate::model_types::VersionNumber;
use crate::text::counted;

/// What a run learns from: the input files, and labelled rows of production.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The input files.
    pub scan: Scan,
    /// The rows of production.
    pub rows: LabelledRows,
}

impl From<Scan> for Input {
    /// Files alone.
    fn from(scan: Scan) -> Self {
        Input {
            scan,
            rows: LabelledRows::default(),
        }
    }
}

/// Labelled rows of production to learn from.
#[derive(Debug, Clone, Default)]
pub struct LabelledRows {
    /// The rows that the champion can read, by time.
    pub rows: Vec<LabelledRow>,
    /// The columns of the data set that the champion learned from; `None` where they are not known.
    pub known_columns: Option<HashSet<String>>,
    /// Rows that lack a column that the champion reads.
    pub left_out: u64,
}

/// A row of a request with what became known of it.
#[derive(Debug, Clone)]
pub struct LabelledRow {
    /// Hash of its columns.
    pub key: String,
    /// The version that answered.
    pub version: VersionNumber,
    /// When it was answered, in milliseconds since 1970.
    pub at_ms: i64,
    /// The class, or the number.
    pub label: String,
    /// Its columns.
    pub cells: Map<String, Value>,
}

impl LabelledRows {
    /// Hash over rows and labels; `None` where there is no row.
    pub fn hash(&self) -> Option<String> {
        let rows = self.rows.iter();
        let rows: Vec<String> = rows
            .map(|row| format!("labelled {} {}", row.key, row.label))
            .collect();
        (!rows.is_empty()).then(|| content_hash(rows.iter().map(String::as_str)))
    }

    fn cells(&self) -> Vec<(&str, &Map<String, Value>)> {
        let rows = self.rows.iter();
        rows.map(|row| (row.key.as_str(), &row.cells)).collect()
    }

    /// A column of the files that is new since the champion learned, and that no row has: with gaps there, the rows would teach
    /// what a gap means.
    fn lacks(&self, config: &ModelConfig, frame: &DataFrame, target: &str) -> Option<String> {
        let known = self.known_columns.as_ref()?;
        let excluded = config.excluded(target);
        let is_new = |name: &str| {
            let is_feature = !excluded.iter().any(|it| it == name);
            let is_derived = config.derive.iter().any(|it| it.name == name);
            let has = self.rows.iter().any(|row| row.cells.contains_key(name));
            is_feature && !is_derived && !has && !known.contains(name)
        };
        let names = Schema::of(frame).columns.into_iter().map(|it| it.name);
        names.into_iter().find(|name| is_new(name))
    }
}

/// The rows of files with labelled rows of production behind them. A row that the files have is theirs; one of the test data is left
/// out, and one that breaks a rule of `schema`.
///
/// # Errors
/// When a frame cannot be made, or the test files cannot be read.
pub async fn with_labelled_rows(
    env: &Env,
    parts: Parts,
    given: &LabelledRows,
) -> Result<Parts, Error> {
    if parts.frame.width() == 0 || (given.rows.is_empty() && given.left_out == 0) {
        return Ok(parts);
    }
    let config = &env.config;
    let Parts {
        frame,
        mut row_hashes,
        mut record,
    } = parts;
    let target = target_of(config, &frame)?;
    let mut told = ProductionRows {
        left_out: given.left_out,
        ..ProductionRows::default()
    };
    if let Some(column) = given.lacks(config, &frame, &target) {
        told.left_out += given.rows.len() as u64;
        record.notes.push(format!(
            "{} of production left out: `{column}` is new in the files, and requests do not have it yet",
            counted(given.rows.len() as u64, "labelled row")
        ));
        record.production = Some(told);
        return Ok(Parts {
            frame,
            row_hashes,
            record,
        });
    }
    let cells = given.cells();
    let in_files = keys(rows_in(&cells, &frame)?);
    let in_test = match test_frame(env, &Schema::of(&frame)).await? {
        Some(test) => keys(rows_in(&cells, &test)?),
        None => HashSet::new(),
    };
    let is_own = |row: &&LabelledRow| {
        let key = row.key.as_str();
        !in_files.contains(key) && !in_test.contains(key)
    };
    let own: Vec<&LabelledRow> = given.rows.iter().filter(is_own).collect();
    let used = by_the_rules(config, &frame, &own, &target)?;
    told.in_test = in_test.len() as u64;
    told.in_files = in_files.difference(&in_test).count() as u64;
    told.left_out += (own.len() - used.len()) as u64;

    let above = frame.height();
    let pairs: Vec<(&Map<String, Value>, &str)> = used
        .iter()
        .map(|row| (&row.cells, row.label.as_str()))
        .collect();
    let mut frame = with_rows_below(config, frame, &pairs, &target)?;
    answered_as_times(config, &mut frame, (above, &used))?;
    frame.rechunk_mut();
    let hashes = data::row_hashes(&frame, &Schema::of(&frame).names())?;
    // Rows of versions that read other columns may be the same by those that the files have.
    let mut taken: HashSet<u128> = row_hashes.iter().copied().collect();
    let new: Vec<usize> = (0..used.len())
        .filter(|row| taken.insert(hashes[above + row]))
        .collect();
    if new.len() < used.len() {
        let below = new.iter().map(|row| (above + row) as u32);
        frame = take(&frame, &(0..above as u32).chain(below).collect::<Vec<_>>())?;
    }
    row_hashes.extend(new.iter().map(|row| hashes[above + row]));
    describe(&mut told, new.iter().map(|row| used[*row]));
    record.production = Some(told);
    Ok(Parts {
        frame,
        row_hashes,
        record,
    })
}

fn keys(found: Vec<(&str, Vec<u32>)>) -> HashSet<&str> {
    found.into_iter().map(|(key, _)| key).collect()
}

/// The rows of the test files; `None` where there is none.
async fn test_frame(env: &Env, like: &Schema) -> Result<Option<DataFrame>, Error> {
    let config = &env.config;
    let scan = input_scan::look(&config.test_folder).await?;
    if scan.files.is_empty() {
        return Ok(None);
    }
    let options = test_options(config, &scan, like)?;
    let read = data::read(&config.test_folder.here(), &scan, &options, None)?;
    Ok(Some(read.frame))
}

/// The rows that no rule of `schema` leaves out. One of production fails no run.
fn by_the_rules<'a>(
    config: &ModelConfig,
    files: &DataFrame,
    rows: &[&'a LabelledRow],
    target: &str,
) -> Result<Vec<&'a LabelledRow>, Error> {
    let mut rules = rules_of(config);
    if rules.is_empty() {
        return Ok(rows.to_vec());
    }
    for rule in &mut rules {
        rule.on_violation = rule.on_violation.map(|_| OnViolation::Quarantine);
    }
    const PLACE: &str = "\u{1f}place";
    let pairs: Vec<(&Map<String, Value>, &str)> = rows
        .iter()
        .map(|row| (&row.cells, row.label.as_str()))
        .collect();
    let mut frame = rows_like(files, &pairs, target)?;
    let places: Vec<i64> = (0..rows.len() as i64).collect();
    frame
        .with_column(Column::new(PLACE.into(), places))
        .map_err(data::Error::from)?;
    let kept = data::rules::apply(frame, &rules)?.frame;
    let places = kept.column(PLACE).map_err(data::Error::from)?;
    let places = places.i64().map_err(data::Error::from)?;
    let places = places.iter().flatten();
    Ok(places.map(|place| rows[place as usize]).collect())
}

/// Gives rows without a time, of files that have times as texts, the time of their answer, where the column can be read so.
fn answered_as_times(
    config: &ModelConfig,
    frame: &mut DataFrame,
    (above, rows): (usize, &[&LabelledRow]),
) -> Result<(), Error> {
    let Some(name) = &config.time_column else {
        return Ok(());
    };
    let column = frame.column(name).map_err(data::Error::from)?;
    let Ok(texts) = column.str() else {
        return Ok(());
    };
    let answered = |at: usize| at.checked_sub(above).map(|at| rfc3339(rows[at].at_ms));
    let filled: Vec<Option<String>> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| text.map(str::to_string).or_else(|| answered(at)))
        .collect();
    let mut with_times = frame.clone();
    with_times
        .with_column(Column::new(name.as_str().into(), filled))
        .map_err(data::Error::from)?;
    if data::timestamps(&with_times, name, &config.ingest.times(), true).is_ok() {
        *frame = with_times;
    }
    Ok(())
}

fn describe<'a>(told: &mut ProductionRows, rows: impl Iterator<Item = &'a LabelledRow>) {
    let mut times: Vec<i64> = Vec::new();
    for row in rows {
        told.rows += 1;
        times.push(row.at_ms);
        *told.by_version.entry(row.version).or_default() += 1;
    }
    let ends = times.iter().min().zip(times.iter().max());
    told.answered = ends.map(|(first, last)| [rfc3339(*first), rfc3339(*last)]);
}
