//! Why the table was not brought up to date.

/// Why the table was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be reached, or did not answer in time.
    #[error("{call}: {why}")]
    Unreachable {
        /// The call.
        call: &'static str,
        /// What went wrong.
        why: String,
    },
    /// It answered something else than 200.
    #[error("{call}: it answered {status} {code}")]
    Answer {
        /// The call.
        call: &'static str,
        /// The status.
        status: u16,
        /// Its own name of the error, and its words.
        code: String,
    },
    /// There are no keys or no region.
    #[error(transparent)]
    Keys(#[from] crate::artifacts::Error),
    /// The registry cannot answer.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
}
