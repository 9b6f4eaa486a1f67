//! Rows of units below the header.

use std::collections::BTreeMap;

use super::super::remark::{About, Remark};
use super::super::schema::Kind;
use super::census::Census;
use super::source_table::Source;

/// Says where the first row of a file has no number in any column of numbers: units, mostly.
pub(super) fn units_row(
    file: &Source<'_>,
    at: usize,
    counted: &BTreeMap<String, Census>,
    columns: usize,
    line_of: &impl Fn(usize, usize) -> Option<u64>,
) -> Option<Remark> {
    let has_number = file.table.columns.iter().any(|column| {
        column.kind.is_some_and(Kind::is_numeric)
            && column.cells.get(0).is_ok_and(|cell| !cell.is_null())
    });
    if has_number || columns < 2 {
        return None;
    }
    let mut odd = 0;
    for (name, census) in counted {
        let column = file.table.columns.iter().find(|it| it.name == *name)?;
        let first = column.cells.as_materialized_series().str().ok()?.get(0);
        let Some(first) = first else { continue };
        if super::is_number_in_any_form(first) {
            return None;
        }
        let rest = census.cells.saturating_sub(1);
        odd += u64::from(rest > 0 && census.numbers + census.markers >= rest);
    }
    let line = line_of(at, 0)?;
    (odd >= 2).then(|| {
        let says = format!(
            "{} at line {line} looks like a row of units: it has no number, and all below it do in {odd} columns; remove it, or \
             its cells count as missing",
            file.path
        );
        Remark::new(About::Rows, 1, says)
    })
}
