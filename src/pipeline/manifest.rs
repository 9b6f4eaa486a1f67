//! What the champion's copy says of itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Env;
use crate::text::hex;

/// `manifest.json`: which champion the copy is of, and a checksum of each of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this record's form.
    pub format_version: u32,
    /// The model.
    pub model: String,
    /// The champion.
    pub version: i64,
    /// Since when it is the champion.
    pub promoted_at: String,
    /// The run that trained it.
    pub run: String,
    /// File → SHA-256.
    pub files: Vec<(String, String)>,
}

impl Manifest {
    /// Checksum of the bundle in the copy.
    pub fn bundle_sha256(&self) -> Option<&str> {
        let mut files = self.files.iter();
        let found = files.find(|(name, _)| name == BUNDLE);
        found.map(|(_, sha256)| sha256.as_str())
    }
}

pub(super) const BUNDLE: &str = "trainedmodel.json";

/// The manifest of a copy, if there is one that reads.
pub fn manifest(folder: &std::path::Path) -> Option<Manifest> {
    let bytes = std::fs::read(folder.join("manifest.json")).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The bundle in the copy, if it has this checksum.
pub fn copied_bundle(env: &Env, sha256: &str) -> Option<Vec<u8>> {
    let bytes = std::fs::read(env.config.deployment_folder.join(BUNDLE)).ok()?;
    (hex(&Sha256::digest(&bytes)) == sha256).then_some(bytes)
}
