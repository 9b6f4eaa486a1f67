//! A champion's copy, or a bundle alone, below a URL of an object store: served without a project and without a database.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::Error;
use super::pointer::Pointer;
use crate::artifacts::{self, Artifacts};
use crate::bundle::{self, Bundle};
use crate::model_types::{BUNDLE, Location, Manifest, Sha256, VersionNumber};

const MANIFEST: &str = "manifest.json";
/// How long a look at the store holds: each is a request that is paid for.
const LOOK_HOLDS: Duration = Duration::from_secs(2);

/// A bundle in a store.
pub struct StoredBundle {
    files: Artifacts,
    /// The URL, for messages.
    pub(super) url: String,
    /// Key of the bundle, where no manifest says another.
    file: String,
    /// The model's name.
    pub name: String,
    seen: Mutex<Option<(Instant, String)>>,
}

impl StoredBundle {
    /// The bundle at a URL: that of a champion's copy, of a version's folder, or of the file itself.
    ///
    /// # Errors
    /// When there is none, or the store does not say.
    pub async fn open(place: &Location) -> Result<Self, Error> {
        let whole = (place.parent(), place.name());
        let (folder, file) = match whole {
            (Some(folder), Some(name)) if name.ends_with(".json") => (folder, name),
            _ => (place.clone(), BUNDLE.to_string()),
        };
        let mut stored = StoredBundle {
            files: Artifacts::look(&folder)?,
            url: place.to_string(),
            file,
            name: "model".to_string(),
            seen: Mutex::new(None),
        };
        match stored.manifest().await? {
            Some(manifest) => stored.name = manifest.model,
            None => {
                stored.get(&stored.file).await?;
            }
        }
        Ok(stored)
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        Ok(self.files.get(key).await?)
    }

    /// What is beside a champion's copy; a bundle under another name has none.
    async fn manifest(&self) -> Result<Option<Manifest>, Error> {
        if self.file != BUNDLE {
            return Ok(None);
        }
        let bytes = match self.files.get(MANIFEST).await {
            Err(artifacts::Error::Gone { .. }) => return Ok(None),
            bytes => bytes?,
        };
        let manifest = serde_json::from_slice(&bytes);
        let manifest = manifest.map_err(|source| Error::Stored {
            what: format!("{}/{MANIFEST}", self.url),
            source,
        })?;
        Ok(Some(manifest))
    }

    /// What changes whenever the bundle may have.
    ///
    /// # Errors
    /// When the store does not say.
    pub async fn mark(&self) -> Result<String, Error> {
        if let Some(mark) = self.last_mark() {
            return Ok(mark);
        }
        let mark = match self.manifest().await? {
            Some(manifest) => format!("{} {:?}", manifest.promoted_at, manifest.files),
            None => Sha256::of(self.get(&self.file).await?).into(),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Some((Instant::now(), mark.clone()));
        Ok(mark)
    }

    /// The mark of a look that holds.
    fn last_mark(&self) -> Option<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.as_ref().filter(|(at, _)| at.elapsed() < LOOK_HOLDS);
        last.map(|(_, mark)| mark.clone())
    }

    /// Which version it is.
    ///
    /// # Errors
    /// When the store does not say.
    pub async fn pointer(&self) -> Result<Pointer, Error> {
        let manifest = self.manifest().await?;
        let since = manifest
            .as_ref()
            .and_then(|manifest| chrono::DateTime::parse_from_rfc3339(&manifest.promoted_at).ok());
        Ok(Pointer {
            version: manifest.map_or(VersionNumber::new(1), |manifest| manifest.version),
            since_ms: since.map_or(0, |at| at.timestamp_millis()),
            mark: self.mark().await?,
        })
    }

    /// Its hash and itself, verified.
    ///
    /// # Errors
    /// When it cannot be read, or is not what the manifest says.
    pub async fn bundle(&self) -> Result<(Sha256, Bundle), Error> {
        let manifest = self.manifest().await?;
        let key = manifest.as_ref().map(|manifest| manifest.key(BUNDLE));
        let bytes = self.get(key.as_ref().unwrap_or(&self.file)).await?;
        let found = Sha256::of(&bytes);
        let failed = |source| Error::Bundle {
            folder: self.url.clone().into(),
            source,
        };
        let expected = manifest.as_ref().and_then(|it| it.bundle_sha256());
        if let Some(expected) = expected.filter(|expected| **expected != found) {
            let expected = expected.clone();
            return Err(failed(bundle::Error::Checksum { expected, found }));
        }
        let bundle = bundle::decode(&bytes).map_err(failed)?;
        Ok((found, bundle))
    }

    /// The score that came with it.
    pub async fn score(&self) -> Option<f64> {
        let manifest = self.manifest().await.ok()??;
        let bytes = self.get(&manifest.key("latestscore.txt")).await.ok()?;
        let score: f64 = String::from_utf8(bytes).ok()?.trim().parse().ok()?;
        score.is_finite().then_some(score)
    }
}
