//! What kept a page from being made, as a problem.

use crate::overview::Error;
use crate::serve::{Problem, manage};

/// What kept a page from being made.
pub fn trouble(error: Error) -> Problem {
    match error {
        Error::Pipeline(error) => manage::trouble(error),
        other => Problem::internal(&other),
    }
}
