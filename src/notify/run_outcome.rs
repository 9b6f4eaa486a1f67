//! The outcome of a run, as its row says.

use crate::registry::RunRow;

/// Whether a run that reached a verdict found no champion to compare with.
pub(super) fn is_first(run: &RunRow) -> bool {
    let report = run.report();
    report.is_some_and(|report| report.version.is_some() && report.champion.is_none())
}
