//! What the champion's copy says of itself.

use serde::{Deserialize, Serialize};

use super::{RunId, Sha256, VersionNumber};

/// The bundle's file in a folder of a version, or a champion's copy.
pub const BUNDLE: &str = "trainedmodel.json";

/// `manifest.json`: which champion the copy is of, and a checksum of each of its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this record's form.
    pub format_version: u32,
    /// The model.
    pub model: String,
    /// The champion.
    pub version: VersionNumber,
    /// Since when it is the champion.
    pub promoted_at: String,
    /// The run that trained it.
    pub run: RunId,
    /// File → SHA-256.
    pub files: Vec<(String, Sha256)>,
    /// Where the files are beside this one, in a store, which cannot replace several at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl Manifest {
    /// Checksum of the bundle in the copy.
    pub fn bundle_sha256(&self) -> Option<&Sha256> {
        let mut files = self.files.iter();
        let found = files.find(|(name, _)| name == BUNDLE);
        found.map(|(_, sha256)| sha256)
    }

    /// The key of one of its files.
    pub fn key(&self, file: &str) -> String {
        match &self.folder {
            Some(folder) => format!("{folder}/{file}"),
            None => file.to_string(),
        }
    }
}
