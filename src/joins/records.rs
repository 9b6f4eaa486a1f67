//! The records of a table as joins need them: found by a label, known by time and content, each once.

use std::collections::HashMap;

use polars::prelude::{DataFrame, IdxCa, NewChunkedArray};

use super::error::Error;
use super::related_plan::{RelatedPlan, TablePlan};
use super::tables::Tables;
use super::tables::{kind_of, named};
use crate::config::RelatedTable;
use crate::data::{self, Schema, TimeForm};
use crate::features::Cells;

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;

/// What a cell is called when it is compared with cells of other tables: a number as numbers are spelled, a text without blanks
/// around it.
pub type Label = Option<String>;

/// The records of the base table that become rows.
pub struct Base {
    /// The records.
    pub frame: DataFrame,
    /// Time of each, in microseconds since 1970.
    pub times: Vec<Option<i64>>,
    /// Whose each is.
    pub entities: Vec<Label>,
    /// Records that were equal to an earlier one.
    pub duplicates: u64,
    /// Facts worth a line.
    pub notes: Vec<String>,
}

/// The records of another table.
pub struct Records<'a> {
    /// The table's name.
    pub name: &'a str,
    /// Its settings.
    pub table: &'a RelatedTable,
    /// The records.
    pub frame: DataFrame,
    /// Time of each; `None` when the settings name no time.
    pub times: Option<Vec<Option<i64>>>,
    /// Label of `to` → its records, ascending by time, then by a number out of their content.
    by_label: HashMap<String, Vec<u32>>,
}

impl Base {
    /// Cleans the base table.
    pub fn of(plan: &RelatedPlan, tables: &Tables) -> Result<Base, Error> {
        let settings = &plan.settings;
        let name = &settings.base;
        let own = plan.table(name);
        let (frame, hashes, duplicates) = distinct(name, named(tables, name)?)?;
        let ranks = ranks(name, &frame, own, settings.time.as_deref(), hashes)?;
        let times = match &settings.time {
            Some(column) => times(&plan.form, &frame, name, column, "`related.time`")?,
            None => vec![None; frame.height()],
        };
        let keys = labels(&frame, own, name, &settings.key, "`related.key`")?;
        let mut best: HashMap<&str, usize> = HashMap::new();
        let rank = |row: usize| (times[row], ranks[row]);
        let mut unnamed = 0;
        for (row, key) in keys.iter().enumerate() {
            match key {
                None => unnamed += 1,
                Some(key) => {
                    let best = best.entry(key).or_insert(row);
                    if rank(row) > rank(*best) {
                        *best = row;
                    }
                }
            }
        }
        let mut notes = Vec::new();
        if unnamed > 0 {
            notes.push(format!(
                "{unnamed} of {} records of `{name}` have no `{}` and are left out",
                keys.len(),
                settings.key
            ));
        }
        let again = keys.len() - unnamed - best.len();
        if again > 0 {
            notes.push(format!(
                "{again} of {} records of `{name}` have the `{}` of another record; one of each is kept, the latest",
                keys.len(),
                settings.key
            ));
        }
        let mut rows: Vec<u32> = best.into_values().map(|row| row as u32).collect();
        rows.sort_unstable();
        let times = rows.iter().map(|&row| times[row as usize]).collect();
        let frame = if rows.len() == frame.height() {
            frame
        } else {
            take(&frame, &rows)?
        };
        let entities = match &settings.entity {
            Some(column) => labels(&frame, own, name, column, "`related.entity`")?,
            None => vec![None; frame.height()],
        };
        Ok(Base {
            frame,
            times,
            entities,
            duplicates,
            notes,
        })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }
}

impl<'a> Records<'a> {
    /// Reads a table for joining.
    pub fn of(
        plan: &RelatedPlan,
        tables: &Tables,
        name: &'a str,
        table: &'a RelatedTable,
    ) -> Result<Records<'a>, Error> {
        let (frame, hashes, _) = distinct(name, named(tables, name)?)?;
        let ranks = ranks(
            name,
            &frame,
            plan.table(name),
            table.time.as_deref(),
            hashes,
        )?;
        let times = match &table.time {
            Some(column) => Some(times(
                &plan.form,
                &frame,
                name,
                column,
                "the table's `time`",
            )?),
            None => None,
        };
        let keys = labels(&frame, plan.table(name), name, table.to(), "`on` or `to`")?;
        let mut by_label: HashMap<String, Vec<u32>> = HashMap::new();
        for (row, key) in keys.into_iter().enumerate() {
            let is_dated = times.as_ref().is_none_or(|times| times[row].is_some());
            if let (Some(key), true) = (key, is_dated) {
                by_label.entry(key).or_default().push(row as u32);
            }
        }
        let time = |row: u32| times.as_ref().and_then(|times| times[row as usize]);
        for rows in by_label.values_mut() {
            rows.sort_by_key(|&row| (time(row), ranks[row as usize]));
        }
        Ok(Records {
            name,
            table,
            frame,
            times,
            by_label,
        })
    }

    /// The records that go with a label and are not later than a time, the latest last.
    pub fn as_of(&self, label: Option<&str>, time: Option<i64>) -> &[u32] {
        let rows = label.and_then(|label| self.by_label.get(label));
        let rows = rows.map_or(&[][..], Vec::as_slice);
        match (&self.times, time) {
            (None, _) => rows,
            (Some(_), None) => &[],
            (Some(times), Some(time)) => {
                let is_known = |row: &u32| times[*row as usize].is_some_and(|it| it <= time);
                &rows[..rows.partition_point(is_known)]
            }
        }
    }
}

/// The records of each entity in time.
pub struct Timelines {
    /// Times of an entity's records, ascending.
    lines: Vec<Vec<i64>>,
    of_row: Vec<Option<u32>>,
}

/// A row's place among its entity's records.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The row's own time.
    pub time: i64,
    /// Which entity.
    pub line: usize,
    /// All times of the entity, ascending.
    pub times: &'a [i64],
}

impl Place<'_> {
    /// How many of the entity's records are before a time.
    pub fn before(&self, time: i64) -> usize {
        self.times.partition_point(|&other| other < time)
    }

    /// How many of the entity's records are not after a time.
    pub fn up_to(&self, time: i64) -> usize {
        self.times.partition_point(|&other| other <= time)
    }
}

impl Timelines {
    /// Where a row stands; `None` for one without a time.
    pub fn place(&self, base: &Base, row: usize) -> Option<Place<'_>> {
        let line = self.of_row[row]? as usize;
        Some(Place {
            time: base.times[row]?,
            line,
            times: &self.lines[line],
        })
    }

    /// For each record of each entity, how often up to it more than this many days lay between neighbours.
    pub fn breaks(&self, days: u32) -> Vec<Vec<u32>> {
        let longest = i64::from(days) * DAY;
        let of_line = |line: &Vec<i64>| {
            let mut before = None;
            let mut n_breaks = 0;
            let mut breaks = Vec::with_capacity(line.len());
            for &time in line {
                n_breaks += u32::from(before.is_some_and(|before| time - before > longest));
                breaks.push(n_breaks);
                before = Some(time);
            }
            breaks
        };
        self.lines.iter().map(of_line).collect()
    }
}

/// The times of each entity. A record without an entity is its own entity.
pub fn timelines(base: &Base) -> Timelines {
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut lines: Vec<Vec<i64>> = Vec::new();
    let mut of_row = Vec::with_capacity(base.len());
    for (entity, time) in base.entities.iter().zip(&base.times) {
        let Some(time) = *time else {
            of_row.push(None);
            continue;
        };
        let fresh = lines.len() as u32;
        let line = match entity {
            Some(entity) => *known.entry(entity).or_insert(fresh),
            None => fresh,
        };
        if line == fresh {
            lines.push(Vec::new());
        }
        lines[line as usize].push(time);
        of_row.push(Some(line));
    }
    lines.iter_mut().for_each(|line| line.sort_unstable());
    Timelines { lines, of_row }
}

/// The labels of a column of a table, read with the kind it had in training.
pub fn labels(
    frame: &DataFrame,
    plan: &TablePlan,
    table: &str,
    column: &str,
    role: &'static str,
) -> Result<Vec<Label>, Error> {
    if kind_of(frame, table, column, role)?.is_none() {
        return Ok(Vec::new());
    }
    let cells = frame.column(column)?.rechunk();
    let cells = Cells::of(&cells).map_err(|_| data::Error::NoColumn {
        column: column.to_string(),
    })?;
    let is_number = plan.kinds.get(column).is_some_and(|kind| kind.is_numeric());
    // What was a number in training is one however it is written now.
    let is_text = matches!(cells, Cells::Text(_)) && is_number;
    let encoded = cells.encode(frame.height());
    let spelled: Vec<String> = if is_text {
        encoded.distinct.into_iter().map(as_number).collect()
    } else {
        encoded.distinct
    };
    let codes = encoded.codes.into_iter();
    Ok(codes
        .map(|code| code.map(|code| spelled[code as usize].clone()))
        .collect())
}

fn as_number(label: String) -> String {
    match label.parse::<f64>() {
        Ok(number) if number.is_finite() => format!("{}", number + 0.0),
        _ => label,
    }
}

/// The times of a column; a table without records has none.
pub fn times(
    form: &TimeForm,
    frame: &DataFrame,
    table: &str,
    column: &str,
    role: &'static str,
) -> Result<Vec<Option<i64>>, Error> {
    if kind_of(frame, table, column, role)?.is_none() {
        return Ok(Vec::new());
    }
    data::timestamps_in(frame, column, form).map_err(|source| Error::Table {
        table: table.to_string(),
        source,
    })
}

/// The table without records that are equal to an earlier one, a number out of each record's content, and how many went.
fn distinct(table: &str, frame: &DataFrame) -> Result<(DataFrame, Vec<u128>, u64), Error> {
    let mut names: Vec<String> = Schema::of(frame)
        .names()
        .into_iter()
        .map(str::to_string)
        .collect();
    // The order of columns is no content.
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let hashes = data::row_hashes(frame, &names).map_err(|source| Error::Table {
        table: table.to_string(),
        source,
    })?;
    Ok(data::dedupe(frame.clone(), hashes))
}

/// What puts records of one time in an order: a hash of what the plan knows of each, so that a column that came later changes
/// nothing. `hashes` are those over all columns.
fn ranks(
    table: &str,
    frame: &DataFrame,
    plan: &TablePlan,
    time: Option<&str>,
    hashes: Vec<u128>,
) -> Result<Vec<u128>, Error> {
    let schema = Schema::of(frame);
    let is_known = |name: &&str| {
        let known = || plan.columns.names().contains(name);
        Some(*name) == time || plan.kinds.contains_key(*name) || known()
    };
    let mut names: Vec<&str> = schema.names().into_iter().filter(is_known).collect();
    if names.is_empty() || names.len() == schema.columns.len() {
        return Ok(hashes);
    }
    names.sort_unstable();
    data::row_hashes(frame, &names).map_err(|source| Error::Table {
        table: table.to_string(),
        source,
    })
}

/// Rows of a frame by index, in one chunk per column.
pub fn take(frame: &DataFrame, rows: &[u32]) -> Result<DataFrame, Error> {
    let mut taken = frame.take(&IdxCa::from_slice("rows".into(), rows))?;
    taken.rechunk_mut();
    Ok(taken)
}
