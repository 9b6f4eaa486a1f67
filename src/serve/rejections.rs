//! The answer where no version could be picked.

use crate::http::problem::{Code, Problem};
use crate::serving::pick_error::PickError;

impl From<PickError> for Problem {
    fn from(error: PickError) -> Problem {
        let says = error.to_string();
        match error {
            PickError::NoModel | PickError::NoVersion => Problem::new(Code::NotFound, says),
            PickError::Unnamed => Problem::new(Code::Unprocessable, says),
            PickError::NoChampion => Problem::new(Code::Unavailable, says).retry(5),
            PickError::Registry(error) => Problem::internal(&error),
            PickError::Unloadable(error) => Problem {
                code: Code::Unavailable,
                message: says,
                ..Problem::internal(&*error)
            },
        }
    }
}
