//! Which bundle is to be served.

use crate::model_types::VersionNumber;

/// What a source says of a model's champion, without its bytes: as long as it is the same, nothing has to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// The version.
    pub version: VersionNumber,
    /// Since when.
    pub since_ms: i64,
    /// Distinguishes two bundles of one version in a folder.
    pub mark: String,
}
