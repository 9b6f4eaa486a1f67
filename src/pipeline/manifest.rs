//! What the champion's copy says of itself.

use super::Env;
use super::error::Error;
use crate::artifacts::{self, Artifacts};
use crate::model_types::{Location, Manifest, Sha256};

pub(super) use crate::model_types::BUNDLE;

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
pub async fn copied_bundle(env: &Env, sha256: &Sha256) -> Result<Option<Vec<u8>>, Error> {
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
    Ok((Sha256::of(&bytes) == *sha256).then_some(bytes))
}
