//! Checks on columns: missing cells, one value, the same content twice.

use super::finding::{Check, Finding};
use super::inputs::Inputs;
use super::wording::percent;
use crate::config::checks::Severity;
use crate::data::rules::{Checker, Rule};
use crate::data::{ColumnSummary, Kind};
use crate::features::{Cells, Error};
use crate::text::counted;

/// The columns that may be learned from.
pub(super) fn candidates<'a>(inputs: &Inputs<'a>) -> impl Iterator<Item = &'a ColumnSummary> {
    let excluded = inputs.excluded;
    let columns = inputs.profile.iter();
    columns.filter(move |column| !excluded.contains(&column.name))
}

/// A finding for each column with too large a share of missing cells. Formula: missing / rows.
pub(super) fn missing(inputs: &Inputs<'_>) -> Vec<Finding> {
    let check = inputs.settings.missing;
    if check.severity == Severity::Off {
        return Vec::new();
    }
    let share = |column: &ColumnSummary| column.missing as f64 / column.rows.max(1) as f64;
    candidates(inputs)
        .filter(|column| share(column) > check.bound)
        .map(|column| Finding {
            check: Check::Missing,
            column: Some(column.name.clone()),
            severity: check.severity,
            value: share(column),
            bound: Some(check.bound),
            says: format!(
                "`{}` has no value in {} of the rows",
                column.name,
                percent(share(column))
            ),
        })
        .collect()
}

/// A finding for each column with one value in every row. A column without any value is told as missing.
pub(super) fn constant(inputs: &Inputs<'_>) -> Vec<Finding> {
    let severity = inputs.settings.constant.severity;
    if severity == Severity::Off {
        return Vec::new();
    }
    let is_constant = |column: &&ColumnSummary| column.distinct == 1 && column.missing == 0;
    candidates(inputs)
        .filter(is_constant)
        .map(|column| Finding {
            check: Check::Constant,
            column: Some(column.name.clone()),
            severity,
            value: 1.0,
            bound: None,
            says: format!(
                "`{}` has one value in every row, which carries no information",
                column.name
            ),
        })
        .collect()
}

/// A finding for each column whose cells are those of an earlier one. Exact: the summaries choose the pairs, the cells
/// decide.
pub(super) fn duplicates(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let severity = inputs.settings.duplicate_columns.severity;
    if severity == Severity::Off {
        return Ok(Vec::new());
    }
    let varied: Vec<&ColumnSummary> = candidates(inputs).filter(|it| it.distinct > 1).collect();
    let mut found = Vec::new();
    for (at, column) in varied.iter().enumerate() {
        for first in varied[..at].iter().filter(|first| alike(first, column)) {
            if same_cells(inputs, &first.name, &column.name)? {
                found.push(Finding {
                    check: Check::DuplicateColumns,
                    column: Some(column.name.clone()),
                    severity,
                    value: 1.0,
                    bound: None,
                    says: format!(
                        "`{}` has the same value as `{}` in each of {}",
                        column.name,
                        first.name,
                        counted(column.rows, "row")
                    ),
                });
                break;
            }
        }
    }
    Ok(found)
}

/// A finding for each column with too many cells outside the range that the champion's data had, or missing where it had no
/// gaps. Formula: such rows / rows. Exact: the summaries say which columns have any.
pub(super) fn outside_rules(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let check = inputs.settings.outside_rules;
    let mut found = Vec::new();
    if check.severity == Severity::Off {
        return Ok(found);
    }
    for rule in inputs.rules {
        let Some(column) = candidates(inputs).find(|it| it.name == rule.column) else {
            continue;
        };
        let below = rule
            .min
            .zip(column.min)
            .is_some_and(|(rule, min)| min < rule);
        let above = rule
            .max
            .zip(column.max)
            .is_some_and(|(rule, max)| max > rule);
        let gaps = if rule.nullable { 0 } else { column.missing };
        let mut outside = 0;
        if column.kind.is_numeric() && (below || above) {
            let checker = Checker::new(&Rule {
                nullable: true,
                values: None,
                ..rule.clone()
            });
            let cells = cells_of(inputs, &column.name)?;
            let rows = 0..inputs.frame.height();
            outside = rows
                .filter(|&row| checker.number(cells.number(row)).is_some())
                .count() as u64;
        }
        let value = (gaps + outside) as f64 / column.rows.max(1) as f64;
        if value > check.bound {
            found.push(Finding {
                check: Check::OutsideRules,
                column: Some(column.name.clone()),
                severity: check.severity,
                value,
                bound: Some(check.bound),
                says: format!(
                    "`{}` is outside what the champion's data held in {} ({}): {outside} beyond its range, {gaps} missing where none were",
                    column.name,
                    counted(gaps + outside, "row"),
                    percent(value)
                ),
            });
        }
    }
    Ok(found)
}

/// Whether two summaries may be of the same cells.
fn alike(a: &ColumnSummary, b: &ColumnSummary) -> bool {
    let is_text = |column: &ColumnSummary| column.kind == Kind::Text;
    is_text(a) == is_text(b)
        && (a.rows, a.missing, a.distinct) == (b.rows, b.missing, b.distinct)
        && (a.min, a.max, a.median) == (b.min, b.max, b.median)
        && a.top == b.top
}

fn same_cells(inputs: &Inputs<'_>, a: &str, b: &str) -> Result<bool, Error> {
    let (a, b) = (cells_of(inputs, a)?, cells_of(inputs, b)?);
    let mut rows = 0..inputs.frame.height();
    Ok(match (&a, &b) {
        (Cells::Text(_), Cells::Text(_)) => rows.all(|row| a.text(row) == b.text(row)),
        _ => rows.all(|row| a.number(row) == b.number(row)),
    })
}

/// The cells of a column.
pub(super) fn cells_of<'a>(inputs: &Inputs<'a>, name: &str) -> Result<Cells<'a>, Error> {
    let column = inputs.frame.column(name);
    Cells::of(column.map_err(|_| Error::MissingColumns(vec![name.to_string()]))?)
}
