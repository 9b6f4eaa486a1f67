//! What the champion's copy says of itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Env;
use super::error::Error;
use crate::artifacts::{self, Artifacts};
use crate::model_types::{Location, RunId};
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
    pub run: RunId,
    /// File → SHA-256.
    pub files: Vec<(String, String)>,
    /// Where the files are beside this one, in a store, which cannot replace several at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

impl Manifest {
    /// Checksum of the bundle in the copy.
    pub fn bundle_sha256(&self) -> Option<&str> {
        let mut files = self.files.iter();
        let found = files.find(|(name, _)| name == BUNDLE);
        found.map(|(_, sha256)| sha256.as_str())
    }

    /// The key of one of its files.
    pub fn key(&self, file: &str) -> String {
        match &self.folder {
            Some(folder) => format!("{folder}/{file}"),
            None => file.to_string(),
        }
    }
}

pub(super) const BUNDLE: &str = "trainedmodel.json";

pub(super) const MANIFEST: &str = "manifest.json";

/// The manifest of a copy, if there is one that reads.
///
/// # Errors
/// When a store does not say.
pub async fn manifest(copy: &Location) -> Result<Option<Manifest>, Error> {
    let bytes = match Artifacts::look(copy)?.get(MANIFEST).await {
        Err(artifacts::Error::Gone { .. }) => return Ok(None),
        bytes => bytes?,
    };
    Ok(serde_json::from_slice(&bytes).ok())
}

/// The bundle in the copy, if it has this checksum.
///
/// # Errors
/// When a store does not say.
pub async fn copied_bundle(env: &Env, sha256: &str) -> Result<Option<Vec<u8>>, Error> {
    let copy = &env.config.deployment_folder;
    let key = match copy {
        Location::Folder(_) => BUNDLE.to_string(),
        Location::Store(_) => match manifest(copy).await? {
            Some(manifest) => manifest.key(BUNDLE),
            None => return Ok(None),
        },
    };
    let bytes = match Artifacts::look(copy)?.get(&key).await {
        Err(artifacts::Error::Gone { .. }) => return Ok(None),
        bytes => bytes?,
    };
    Ok((hex(&Sha256::digest(&bytes)) == sha256).then_some(bytes))
}
