//! The reference of a fresh version.

use polars::prelude::DataFrame;

use crate::bundle::Bundle;
use crate::drift::{Answered, Reference};
use crate::evaluate::Predictions;
use crate::pipeline::Error;

/// What a version said of rows that it had not learned from.
pub type HeldBack = Predictions;

/// What the version says of the validation part, before it learns from that, too. `None` where there is none.
///
/// # Errors
/// When a column cannot be read.
pub fn held_back(
    bundle: &Bundle,
    frame: &DataFrame,
    validation: &[u32],
) -> Result<Option<HeldBack>, Error> {
    if validation.is_empty() {
        return Ok(None);
    }
    let rows = crate::pipeline::dataset::take(frame, validation)?;
    Ok(Some(bundle.scorer().answer_frame(&rows)?))
}

/// Counts the rows that a version learned from, as it reads them.
///
/// # Errors
/// When a column cannot be made.
pub fn reference(
    bundle: &Bundle,
    frame: &DataFrame,
    rows: &[u32],
    held_back: Option<&HeldBack>,
) -> Result<Reference, Error> {
    let taken;
    let frame = if rows.len() == frame.height() {
        frame
    } else {
        taken = crate::pipeline::dataset::take(frame, rows)?;
        &taken
    };
    let prepared = bundle.transformer.prepared(frame)?;
    let answered = held_back.map(|answers| answered(bundle, answers));
    Ok(Reference::of(
        &prepared,
        &bundle.transformer.inputs,
        answered,
    ))
}

/// Answers as they are counted: of two classes the probability of the positive one.
pub fn answered<'a>(bundle: &'a Bundle, answers: &'a Predictions) -> Answered<'a> {
    match answers {
        Predictions::Numbers(numbers) => Answered::Numbers(numbers),
        Predictions::Classes(predictions) if bundle.is_binary() => {
            Answered::Numbers(&predictions.probabilities)
        }
        Predictions::Classes(predictions) => {
            Answered::Classes(&predictions.labels, &bundle.classes)
        }
    }
}
