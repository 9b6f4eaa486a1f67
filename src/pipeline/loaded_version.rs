//! A stored version whose bundle was read and verified.

use crate::bundle::Bundle;
use crate::model_types::{Sha256, VersionNumber};

/// A version and its bundle, verified against the registry's checksum, its own, and its golden rows.
#[derive(Debug, Clone)]
pub struct LoadedVersion {
    /// Its number.
    pub number: VersionNumber,
    /// Checksum of `trainedmodel.json`.
    pub sha256: Sha256,
    /// What it is made of.
    pub bundle: Bundle,
}
