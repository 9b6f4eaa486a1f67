//! Going over rows that were read, for every protocol but the native one, whose answer is written row by row
//! ([`super::written`]): who predicts here is counted, and his rows end in the prediction log.

use std::sync::Arc;

use super::rows::Rows;
use super::{Problem, Request, State};
use crate::serving::served::Served;

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 512;

/// Gives the class index and the probabilities of each row to `each`, in order. After the last one, the rows are handed to
/// the prediction log where there is one.
///
/// # Errors
/// When the time is over before the last row.
pub fn score_each(
    state: &State,
    request: &Request,
    served: &Arc<Served>,
    rows: Rows,
    threshold: f64,
    mut each: impl FnMut(usize, &[f64]),
) -> Result<(), Problem> {
    let mut probabilities = vec![0.0; served.scorer.n_outputs()];
    let mut features = Vec::new();
    for row in 0..rows.n_rows {
        if row % ROWS_PER_LOOK == ROWS_PER_LOOK - 1 {
            request.work.look()?;
        }
        served
            .scorer
            .score_slots(rows.row(row), &mut features, &mut probabilities);
        let label = served.scorer.label(&probabilities, threshold);
        served.tally.add(label);
        served.counts.look(&probabilities);
        each(label as usize, &probabilities);
    }
    served.sample.offer(&rows);
    state.predicted(request, served, rows, Some(threshold));
    Ok(())
}
