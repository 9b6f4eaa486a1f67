//! Labels that come after the answers: what becomes of each, and how good the answers were.
//!
//! In: plain rows of answers and labels. Out: an [`Outcome`] per label, a [`Quality`] per window. It must not know files,
//! databases or time. The same labels give the same numbers in whatever order they come.

mod answered;
mod held_out;
mod outcome;
mod quality;
pub mod ranking;
mod summary;

#[cfg(test)]
mod tests;

/// Source of labels that were requested because models differ on their rows: they speak for those rows only, so nothing that
/// takes labelled answers as representative of all answers counts them.
pub const ASKED_SOURCE: &str = "wanted";

pub use answered::Answer;
pub use held_out::{Admission, admission, is_test_row, label_of, row_key, row_key_before};
pub use outcome::{Effective, Given, Known, Outcome, Spans, Stated, effective, outcome};
pub use quality::{Coverage, Form, Labelled, Quality, Window, quality};
pub use summary::{LabelledSpan, Summary};
