//! What came of a run, as its row tells.

use crate::registry::RunRow;

/// Whether a run that came to a verdict found no champion to compare with.
pub(super) fn is_first(run: &RunRow) -> bool {
    let record = run.record.as_ref();
    record.is_some_and(|record| record["version"].is_i64() && record["champion"].is_null())
}
