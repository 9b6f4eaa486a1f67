//! Several tables to one flat frame: a row per record of the base table, as of that record's own time.
//!
//! In: tables by name, of the four kinds of columns, and a [`RelatedPlan`], which is the settings and what the training
//! tables taught (categories, joined columns). Out: a [`Flat`]. The same plan and tables give the same rows, in whatever order
//! records stand; what time it is now does not matter. It must not know files, the learner, or what becomes of the rows.
//!
//! # Rules
//! - A record later than a row's own time never changes the row, but for the target.
//! - A record of the same time counts: *not later*. Rows without a time look back on nothing.
//! - Records of a table that are equal in every column count once: overlapping extracts are no second record.
//! - Base records without a key are left out; of several with one key one is kept, always the same.

mod error;
mod future;
mod history;
mod plan;
mod records;
mod related_plan;
mod stack;
mod table_joins;
mod tables;

#[cfg(test)]
mod tests;

pub use plan::plan;
pub use related_plan::{RelatedPlan, TablePlan};
pub use stack::stack;

use std::collections::HashSet;

use polars::prelude::{Column, DataFrame, IdxCa, NewChunkedArray};

use crate::config::Relation;
pub use error::Error;
use records::Base;
pub use tables::Tables;

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Those to learn from or to be scored on: with the target, and only where it is known.
    WithTarget,
    /// All, without the target: to be predicted.
    ToPredict,
}

/// The flat rows.
#[derive(Debug, Clone)]
pub struct Flat {
    /// One row per record of the base table, in their order; one chunk per column.
    pub frame: DataFrame,
    /// Base records that were equal to an earlier one.
    pub duplicates: u64,
    /// Facts worth a line, without a value of the data.
    pub notes: Vec<String>,
}

/// Makes the flat rows.
///
/// Columns: those of the base table under their own names; per table in the order of the names what its settings ask for; the
/// history; the target.
///
/// # Errors
/// When a table, or a column by which it is understood, is not there, or a time cannot be read.
pub fn flatten(plan: &RelatedPlan, tables: &Tables, rows: Rows) -> Result<Flat, Error> {
    let settings = &plan.settings;
    let base = Base::of(plan, tables)?;
    let mut notes = base.notes.clone();
    let mut columns = table_joins::base_columns(plan, &base)?;
    for (name, table) in &settings.tables {
        let records = records::Records::of(plan, tables, name, table)?;
        columns.extend(match table.relation {
            Relation::ManyToOne => table_joins::many_to_one(plan, &base, &records, &mut notes)?,
            Relation::OneToMany => table_joins::one_to_many(plan, &base, &records)?,
        });
    }
    let lines = records::timelines(&base);
    if let Some(history) = &settings.history {
        columns.extend(history::columns(history, &base, &lines));
    }
    let mut kept = None;
    if let (Some(future), Rows::WithTarget) = (&settings.future, rows) {
        let target = future::target(future, &base, &lines);
        let known: Vec<u32> = (0..base.len() as u32)
            .filter(|&row| target[row as usize].is_some())
            .collect();
        let unknown = base.len() - known.len();
        if unknown > 0 {
            notes.push(format!(
                "{unknown} of {} records of `{}` left out: what comes within {} days of them is not known yet",
                base.len(),
                settings.base,
                future.window_days
            ));
            kept = Some(known);
        }
        columns.push(Column::new(future.column.as_str().into(), target));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = columns.iter().find(|it| !seen.insert(it.name().clone())) {
        let column = twice.name().to_string();
        return Err(Error::SameName { column });
    }
    let mut frame = DataFrame::new(base.len(), columns)?;
    if let Some(kept) = kept {
        frame = frame.take(&IdxCa::from_slice("rows".into(), &kept))?;
    }
    frame.rechunk_mut();
    Ok(Flat {
        frame,
        duplicates: base.duplicates,
        notes,
    })
}
