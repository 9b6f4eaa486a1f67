//! What the compatibility calls have in common: which version answers, a list of classes, and 400 where others
//! say 422.

use std::sync::Arc;

use crate::serve::rows::{Rows, version_of};
use crate::serve::scored::score_each;
use crate::serve::{Code, Problem, Request, State};
use crate::serving::prediction_json::number;
use crate::serving::served::Served;

/// The version that answers. These protocols know one model only, so `?model=` and `?version=` name another.
///
/// # Errors
/// What [`crate::serve::ServedModels::pick`] says.
pub async fn asked_version(state: &State, request: &Request) -> Result<Arc<Served>, Problem> {
    let version = match request.query("version") {
        Some(text) => version_of(&text)?,
        None => None,
    };
    let model = request.query("model");
    Ok(state.served_models.pick(model.as_deref(), version).await?)
}

/// `{"<name>":[<answer of each row's class>,…]}`, where each class has its answer ready as JSON; of numbers, the numbers.
///
/// # Errors
/// As [`score_each`].
pub fn list_of_classes(
    name: &str,
    answers: &[String],
    state: &State,
    request: &Request,
    served: &Arc<Served>,
    rows: Rows,
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(16 + rows.n_rows * 4);
    out.extend_from_slice(format!("{{\"{name}\":[").as_bytes());
    let mut is_first = true;
    let threshold = served.bundle.threshold;
    score_each(state, request, served, rows, threshold, |class, p| {
        if !std::mem::replace(&mut is_first, false) {
            out.push(b',');
        }
        if served.is_of_numbers() {
            number(&mut out, p[0]);
        } else {
            out.extend_from_slice(answers[class].as_bytes());
        }
    })?;
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
