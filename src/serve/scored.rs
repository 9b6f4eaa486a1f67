//! Rows that were read, predicted for a request: every protocol comes through here, so who predicts is counted and the rows end
//! in the prediction log.

use std::sync::Arc;

use super::rows::Rows;
use super::{Problem, Request, State};
use crate::serving::predict::{self, Predicted, ROWS_PER_LOOK, Scoring};
use crate::serving::said::Said;
use crate::serving::served::Served;

/// Predicts rows, see [`predict::predict_each`], and hands them, with the predictions, to what keeps
/// something of them.
///
/// # Errors
/// When the time is over before the last row; what `look` or `each` says.
pub fn predict_each<C>(
    (state, request): (&State, &Request),
    served: &Arc<Served>,
    rows: Rows,
    how: Scoring,
    context: &mut C,
    mut look: impl FnMut(&mut C) -> Result<(), Problem>,
    mut each: impl FnMut(&mut C, &Predicted<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut said = Said::with_room(served, rows.n_rows);
    let look = |context: &mut C| {
        request.work.look()?;
        look(context)
    };
    let each = |context: &mut C, it: &Predicted<'_>| {
        said.add(it.label, it.probabilities);
        each(context, it)
    };
    predict::predict_each(served, &rows, how, context, look, each)?;
    state.predicted(request, served, rows, said, Some(how.threshold));
    Ok(())
}

/// Gives the class index and the probabilities of each row to `each`, in order.
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
    let how = Scoring {
        threshold,
        rows_per_look: ROWS_PER_LOOK,
    };
    let each = |(): &mut (), it: &Predicted<'_>| {
        each(it.label as usize, it.probabilities);
        Ok(())
    };
    predict_each(
        (state, request),
        served,
        rows,
        how,
        &mut (),
        |()| Ok(()),
        each,
    )
}
