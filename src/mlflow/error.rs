//! Why the server was not brought up to date.

/// Why the server was not brought up to date. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be reached, or did not answer in time.
    #[error("{call}: {why}")]
    Unreachable {
        /// The call.
        call: String,
        /// What went wrong.
        why: String,
    },
    /// It answered something else than 2xx.
    #[error("{call}: it answered {status} {code}")]
    Answer {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// MLflow's own name of the error, and its words.
        code: String,
    },
    /// What it answered is not what this call answers.
    #[error("{call}: its answer has no `{field}`; is it an MLflow server?")]
    Form {
        /// The call.
        call: String,
        /// What is missing.
        field: &'static str,
    },
    /// A model that came after this process began, or is gone.
    #[error("this process does not know the model {0}; it is tried again")]
    Unknown(String),
    /// The secret cannot be read.
    #[error(transparent)]
    Secret(#[from] crate::notify::Error),
    /// The registry cannot answer.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// A file of the version cannot be read.
    #[error(transparent)]
    File(#[from] crate::artifacts::Error),
    /// The version's bundle cannot be read.
    #[error(transparent)]
    Version(#[from] crate::pipeline::Error),
}
