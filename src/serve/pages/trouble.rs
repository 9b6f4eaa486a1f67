//! What kept a page from being made, as a problem.

use crate::overview::Error;
use crate::serve::{Problem, admin};

/// What kept a page from being made.
pub fn trouble(error: Error) -> Problem {
    match error {
        Error::Pipeline(error) => admin::trouble(error),
        other => Problem::internal(&other),
    }
}
