//! Rules on the rows of a frame: rows left out, cells emptied or put under `<other>`, all of it counted.

use std::collections::BTreeMap;

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn as _,
    IntoSeries as _, StringChunked,
};
use serde::{Deserialize, Serialize};

use super::{Broken, Checker, OTHER, OnViolation, Rule};
use crate::data::Error;

/// Cells of a column that broke a rule, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The column.
    pub column: String,
    /// Which part of its rule.
    pub rule: Broken,
    /// What became of them.
    pub action: OnViolation,
    /// How many rows.
    pub rows: u64,
}

impl Rejected {
    /// The same in words.
    pub fn says(&self) -> String {
        let Rejected { column, rule, .. } = self;
        let done = match self.action {
            OnViolation::Error => "rejected",
            OnViolation::Quarantine => "left out",
            OnViolation::Null => "taken as missing",
            OnViolation::Other => "taken as another category",
        };
        let rows = match self.rows {
            1 => "row that breaks",
            _ => "rows that break",
        };
        let name = rule.name();
        format!(
            "{} {rows} the rule `{name}` of `{column}`, {done}",
            self.rows
        )
    }
}

/// A frame that keeps the rules.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The rows, in order.
    pub frame: DataFrame,
    /// What broke a rule, by column and rule.
    pub rejected: Vec<Rejected>,
    /// Rows that were left out; one that breaks two rules counts once.
    pub left_out: u64,
}

/// Applies the enforced rules to a frame of one chunk per column; inferred ones do nothing, nor do those of columns that
/// are not there.
///
/// # Errors
/// [`Error::Rule`] for the first column with a cell that a rule with `error` does not allow.
pub fn apply(frame: DataFrame, rules: &[Rule]) -> Result<Applied, Error> {
    let mut rejected = Vec::new();
    let mut keep: Option<Vec<bool>> = None;
    let mut mended: Vec<Column> = Vec::new();
    for rule in rules.iter().filter(|rule| !rule.is_empty()) {
        let (Some(action), Ok(column)) = (rule.on_violation, frame.column(&rule.column)) else {
            continue;
        };
        let broken = broken(column, &Checker::new(rule))?;
        let mut counts: BTreeMap<Broken, u64> = BTreeMap::new();
        for broken in broken.iter().flatten() {
            *counts.entry(*broken).or_default() += 1;
        }
        rejected.extend(counts.iter().map(|(&broken, &rows)| Rejected {
            column: rule.column.clone(),
            rule: broken,
            action,
            rows,
        }));
        let Some((&first, &rows)) = counts.first_key_value() else {
            continue;
        };
        match action {
            OnViolation::Error => {
                return Err(Error::Rule {
                    column: rule.column.clone(),
                    rule: first.name(),
                    rows,
                });
            }
            OnViolation::Quarantine => {
                let keep = keep.get_or_insert_with(|| vec![true; frame.height()]);
                let pairs = keep.iter_mut().zip(&broken);
                pairs.for_each(|(keep, broken)| *keep &= broken.is_none());
            }
            OnViolation::Null => mended.push(replaced(column, &broken, None)?),
            OnViolation::Other => mended.push(replaced(column, &broken, Some(OTHER))?),
        }
    }
    let mut columns = frame.clone().into_columns();
    for column in mended {
        if let Some(place) = columns.iter_mut().find(|it| it.name() == column.name()) {
            *place = column;
        }
    }
    let mut height = frame.height();
    drop(frame);
    let mut left_out = 0;
    if let Some(keep) = keep {
        let kept = keep.iter().filter(|keep| **keep).count();
        left_out = (height - kept) as u64;
        height = kept;
        let mask: BooleanChunked = keep.into_iter().map(Some).collect();
        let filtered = columns.iter().map(|column| column.filter(&mask));
        columns = filtered.collect::<Result<_, _>>()?;
    }
    Ok(Applied {
        frame: DataFrame::new(height, columns)?,
        rejected,
        left_out,
    })
}

/// Applies rules where no row may be left out, as for a file that is to be predicted.
///
/// # Errors
/// [`Error::Rule`] also where a row would be left out.
pub fn enforce(frame: DataFrame, rules: &[Rule]) -> Result<DataFrame, Error> {
    let strict = rules.iter().map(|rule| Rule {
        on_violation: rule.on_violation.map(|action| match action {
            OnViolation::Quarantine => OnViolation::Error,
            action => action,
        }),
        ..rule.clone()
    });
    let strict: Vec<Rule> = strict.collect();
    Ok(apply(frame, &strict)?.frame)
}

/// What each cell breaks, `(n_rows)`.
fn broken(column: &Column, checker: &Checker) -> Result<Vec<Option<Broken>>, Error> {
    let series = column.as_materialized_series();
    let number = |cell: Option<f64>| checker.number(cell.filter(|it| it.is_finite()));
    Ok(match column.dtype() {
        DataType::String => series.str()?.iter().map(|it| checker.text(it)).collect(),
        DataType::Float64 => series.f64()?.iter().map(number).collect(),
        DataType::Int64 => {
            let cells = series.i64()?.iter();
            cells.map(|it| number(it.map(|it| it as f64))).collect()
        }
        DataType::Boolean => {
            let cells = series.bool()?.iter();
            cells
                .map(|it| number(it.map(|it| f64::from(u8::from(it)))))
                .collect()
        }
        // Frames of this module have no other type.
        _ => vec![None; column.len()],
    })
}

/// The column with every broken cell missing; with a text in place of it where it is a column of text.
fn replaced(
    column: &Column,
    broken: &[Option<Broken>],
    text: Option<&str>,
) -> Result<Column, Error> {
    let series = column.as_materialized_series();
    let whole = |row: usize| broken[row].is_none();
    let series = match column.dtype() {
        DataType::String => {
            let cells = series.str()?.iter().enumerate();
            let cells = cells.map(|(row, cell)| if whole(row) { cell } else { text });
            cells.collect::<StringChunked>().into_series()
        }
        DataType::Float64 => {
            let cells = series.f64()?.iter().enumerate();
            let cells = cells.map(|(row, cell)| cell.filter(|_| whole(row)));
            cells.collect::<Float64Chunked>().into_series()
        }
        DataType::Int64 => {
            let cells = series.i64()?.iter().enumerate();
            let cells = cells.map(|(row, cell)| cell.filter(|_| whole(row)));
            cells.collect::<Int64Chunked>().into_series()
        }
        DataType::Boolean => {
            let cells = series.bool()?.iter().enumerate();
            let cells = cells.map(|(row, cell)| cell.filter(|_| whole(row)));
            cells.collect::<BooleanChunked>().into_series()
        }
        _ => series.clone(),
    };
    Ok(series.with_name(column.name().clone()).into_column())
}
