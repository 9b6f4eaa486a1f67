//! What is requested.

use crate::model_types::VersionNumber;

/// What is requested.
#[derive(Debug, Clone, Default)]
pub struct Adopt {
    /// Say what would be done, and change nothing.
    pub dry_run: bool,
    /// The version in production, where no manifest says it.
    pub champion: Option<VersionNumber>,
    /// Who asks.
    pub actor: String,
}
