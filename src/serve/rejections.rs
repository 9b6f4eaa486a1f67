//! The answers where no version could be picked, and where there is no registry to ask.

use crate::http::problem::{Code, Problem};
use crate::serving::pick_error::PickError;

impl From<PickError> for Problem {
    fn from(error: PickError) -> Problem {
        let says = error.to_string();
        match error {
            PickError::NoModel | PickError::NoVersion => Problem::new(Code::NotFound, says),
            PickError::Unnamed => Problem::new(Code::Unprocessable, says),
            PickError::NoChampion => Problem::new(Code::Unavailable, says).retry(5),
            #[cfg(feature = "train")]
            PickError::Registry(error) => Problem::internal(&error),
            #[cfg(feature = "train")]
            PickError::Unloadable(error) => Problem {
                code: Code::Unavailable,
                message: says,
                ..Problem::internal(&*error)
            },
        }
    }
}

/// A server of one bundle has no project.
pub fn no_registry() -> Problem {
    Problem::new(
        Code::Conflict,
        "this server serves one bundle and has no registry; `unseat serve` in the project's folder has",
    )
}
