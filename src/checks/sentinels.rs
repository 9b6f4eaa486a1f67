//! Numbers that stand for a missing value: `-999` in a column of prices.

use super::columns::candidates;
use super::finding::{Check, Finding};
use super::inputs::Inputs;
use crate::config::checks::Severity;
use crate::data::ColumnSummary;
use crate::features::{Cells, Error};
use crate::text::counted;

/// Numbers that programs write where there is none. `-1` and `0` are too often a value.
const CODES: [f64; 13] = [
    -9.0, -99.0, -999.0, -9999.0, -99_999.0, -999_999.0, 99.0, 999.0, 9999.0, 99_999.0, 999_999.0,
    -32_768.0, 32_767.0,
];
/// Fewer cells than this are no sign of anything.
const FEWEST: u64 = 3;
/// The code lies so far from the nearest other number, as a multiple of the range of all others.
const FAR: f64 = 1.0;

/// A finding for each column whose smallest or largest number is such a code, is in several rows, and lies farther from
/// all others than these lie from each other. Exact: the summaries say where to look.
pub(super) fn sentinels(inputs: &Inputs<'_>) -> Result<Vec<Finding>, Error> {
    let severity = inputs.settings.sentinel_values.severity;
    let mut found = Vec::new();
    if severity == Severity::Off {
        return Ok(found);
    }
    for column in candidates(inputs).filter(|it| it.kind.is_numeric()) {
        for code in codes_of(column) {
            let Some((rows, of)) = far_off(inputs, &column.name, code)? else {
                continue;
            };
            found.push(Finding {
                check: Check::SentinelValues,
                column: Some(column.name.clone()),
                severity,
                value: rows as f64 / of.max(1) as f64,
                bound: None,
                says: format!(
                    "`{}` is {code} in {}, far from all its other numbers, as a mark for a missing value is; where it is one, \
                     list `{code}` in `ingest.null_values`",
                    column.name,
                    counted(rows, "row")
                ),
            });
        }
    }
    Ok(found)
}

/// The ends of a column's range that may be codes.
fn codes_of(column: &ColumnSummary) -> impl Iterator<Item = f64> {
    let ends = [column.min, column.max];
    ends.into_iter().flatten().filter(|end| CODES.contains(end))
}

/// In how many of how many rows with a number a code stands, if it stands apart from the others.
fn far_off(inputs: &Inputs<'_>, name: &str, code: f64) -> Result<Option<(u64, u64)>, Error> {
    let Ok(column) = inputs.frame.column(name) else {
        return Ok(None);
    };
    let cells = Cells::of(column)?;
    let (mut rows, mut of) = (0, 0);
    // The others without the code at the far end, which has a finding of its own.
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in (0..inputs.frame.height()).filter_map(|row| cells.number(row)) {
        of += 1;
        if number == code {
            rows += 1;
        } else if !CODES.contains(&number) {
            low = low.min(number);
            high = high.max(number);
        }
    }
    let gap = if code < low { low - code } else { code - high };
    let is_far = high > low && gap > FAR * (high - low);
    Ok((rows >= FEWEST && is_far).then_some((rows, of)))
}
