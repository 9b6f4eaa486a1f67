//! What the borrowed calls have in common: which version answers, and going over rows that were read.

use std::sync::Arc;
use std::time::Instant;

use crate::serve::fleet::Served;
use crate::serve::rows::{Rows, too_slow, version_of};
use crate::serve::{Code, Problem, Request, State};

/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 512;

/// The version that answers. These protocols know one model only, so `?model=` and `?version=` name another.
///
/// # Errors
/// What [`crate::serve::Fleet::pick`] says.
pub async fn asked_version(state: &State, request: &Request) -> Result<Arc<Served>, Problem> {
    let version = match request.query("version") {
        Some(text) => version_of(&text)?,
        None => None,
    };
    let model = request.query("model");
    state.fleet.pick(model.as_deref(), version).await
}

/// Gives the class index and the probabilities of each row to `each`, in order.
///
/// # Errors
/// When the time is over before the last row.
pub fn score_each(
    served: &Served,
    rows: &Rows,
    threshold: f64,
    deadline: Instant,
    mut each: impl FnMut(usize, &[f64]),
) -> Result<(), Problem> {
    let mut probabilities = vec![0.0; served.scorer.n_outputs()];
    for row in 0..rows.n_rows {
        if row % ROWS_PER_LOOK == ROWS_PER_LOOK - 1 && Instant::now() > deadline {
            return Err(too_slow());
        }
        let slots = rows.row(row).iter().copied();
        served.scorer.score_slots(slots, &mut probabilities);
        let label = served.scorer.label(&probabilities, threshold);
        served.counts.look(&probabilities);
        each(label as usize, &probabilities);
    }
    served.sample.offer(rows);
    Ok(())
}

/// `{"<name>":[<answer of each row's class>,…]}`, where each class has its answer ready as JSON.
///
/// # Errors
/// As [`score_each`].
pub fn list_of_classes(
    name: &str,
    answers: &[String],
    served: &Served,
    rows: &Rows,
    deadline: Instant,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(16 + rows.n_rows * 4);
    out.extend_from_slice(format!("{{\"{name}\":[").as_bytes());
    let mut is_first = true;
    score_each(
        served,
        rows,
        served.bundle.threshold,
        deadline,
        |class, _| {
            if !std::mem::replace(&mut is_first, false) {
                out.push(b',');
            }
            out.extend_from_slice(answers[class].as_bytes());
        },
    )?;
    out.extend_from_slice(b"]}");
    Ok(out)
}

/// These protocols know no 422: what does not fit the model is a bad request to them.
pub fn as_bad_request(problem: Problem) -> Problem {
    match problem.code {
        Code::Unprocessable => Problem {
            code: Code::BadRequest,
            ..problem
        },
        _ => problem,
    }
}
