//! What came of a run, as its row tells.

use crate::registry::RunRow;

/// Whether a run that came to a verdict found no champion to compare with.
pub(super) fn is_first(run: &RunRow) -> bool {
    let report = run.report();
    report.is_some_and(|report| report.version.is_some() && report.champion.is_none())
}
