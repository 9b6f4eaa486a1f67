//! A stored version whose bundle was read and verified.

use crate::bundle::Bundle;

/// A version and its bundle, verified against the registry's checksum, its own, and its golden rows.
#[derive(Debug, Clone)]
pub struct LoadedVersion {
    /// Its number.
    pub number: i64,
    /// Checksum of `trainedmodel.json`.
    pub sha256: String,
    /// What it is made of.
    pub bundle: Bundle,
}
