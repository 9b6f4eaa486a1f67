//! Rules read off a data set: what its columns hold, so that later data can be checked against it.

use std::collections::BTreeSet;

use polars::prelude::DataFrame;

use super::Rule;
use crate::data::{ColumnSummary, Kind};

/// Texts with more values than this are not described one by one.
const MOST_VALUES: u64 = 50;

/// One rule per column that has something to say: its range, its values when they are few and do not nearly name each
/// row, and whether it has gaps. `skip` columns are left out; what a given rule says already is not said again. O(rows) for
/// columns of few texts, else off the summaries.
pub fn infer(
    frame: &DataFrame,
    profile: &[ColumnSummary],
    skip: &[String],
    given: &[Rule],
) -> Vec<Rule> {
    let columns = profile.iter().filter(|it| !skip.contains(&it.name));
    let rules = columns.filter(|it| it.distinct > 0).map(|column| {
        let given = given.iter().find(|rule| rule.column == column.name);
        let is_given = |part: fn(&Rule) -> bool| given.is_some_and(part);
        let is_number = column.kind.is_numeric();
        Rule {
            column: column.name.clone(),
            kind: Some(column.kind),
            values: if is_given(|rule| rule.values.is_some()) {
                None
            } else {
                values(frame, column)
            },
            min: column
                .min
                .filter(|_| is_number && !is_given(|rule| rule.min.is_some())),
            max: column
                .max
                .filter(|_| is_number && !is_given(|rule| rule.max.is_some())),
            nullable: column.missing > 0 || is_given(|rule| !rule.nullable),
            on_violation: None,
        }
    });
    rules.filter(|rule| !rule.is_empty()).collect()
}

fn values(frame: &DataFrame, column: &ColumnSummary) -> Option<Vec<String>> {
    let names_rows = column.distinct * 2 >= column.rows;
    if column.kind != Kind::Text || column.distinct > MOST_VALUES || names_rows {
        return None;
    }
    let cells = frame.column(&column.name).ok()?.str().ok()?.clone();
    let values: BTreeSet<&str> = cells.iter().flatten().map(str::trim).collect();
    Some(values.into_iter().map(str::to_string).collect())
}
