//! Why no version could be picked to answer.

#[cfg(feature = "train")]
use crate::{pipeline, registry};

/// Why no version could be picked to answer.
#[derive(Debug, thiserror::Error)]
pub enum PickError {
    /// No model of the name.
    #[error("no such model; GET /models lists them")]
    NoModel,
    /// None was named, and there are several.
    #[error("name the `model`: there are several; GET /models lists them")]
    Unnamed,
    /// The model has no version in production.
    #[error("the model has no version in production yet; `unseat run` makes one")]
    NoChampion,
    /// The model has no such version.
    #[error("no such version of the model; GET /models/<model>/versions lists them")]
    NoVersion,
    /// The registry cannot be reached.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The version cannot be loaded.
    #[cfg(feature = "train")]
    #[error("the version cannot be loaded; the server's log says why")]
    Unloadable(#[source] Box<pipeline::Error>),
}
