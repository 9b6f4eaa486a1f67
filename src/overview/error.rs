//! Why something cannot be shown.

/// Why something cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry or a stored file cannot be read.
    #[error(transparent)]
    Pipeline(#[from] crate::pipeline::Error),
    /// A schedule that was stored cannot be read.
    #[error(transparent)]
    Schedule(#[from] crate::schedule::Error),
}

impl From<crate::registry::Error> for Error {
    fn from(error: crate::registry::Error) -> Self {
        Error::Pipeline(error.into())
    }
}
