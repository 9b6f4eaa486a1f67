//! Reading objects: checked against the hash beside them, and from a copy on this machine where the store says that it is the same.

use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;

use futures_util::StreamExt;
use object_store::{Error as Said, GetOptions, GetRange, ObjectStore};
use sha2::Digest;

use super::handle::Store;
use super::hash::SHA256;
use super::list::Listed;
use crate::artifacts::cache::Known;
use crate::artifacts::error::{Error, Trouble};
use crate::model_types::Sha256;

/// What came of asking for an object.
enum Fetched {
    /// It was written to the sink.
    Whole {
        etag: Option<String>,
        sha256: Sha256,
    },
    /// It is what the caller knows.
    Same,
}

impl Store {
    /// Reads an object; from its copy on this machine where the store says that it is the same.
    ///
    /// # Errors
    /// [`Error::Gone`] where there is none; [`Trouble::Damaged`] where its bytes are not those that were written.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        if let Some((known, path)) = self.copy_of(key) {
            let mut bytes = Vec::new();
            return match self.fetch(key, Some(&known), &mut bytes).await? {
                Fetched::Same => {
                    std::fs::read(&path).map_err(|source| Error::Gone { path, source })
                }
                Fetched::Whole { etag, sha256 } => {
                    self.remember(key, &bytes, etag.as_deref(), &sha256);
                    Ok(bytes)
                }
            };
        }
        let mut bytes = Vec::new();
        if let Fetched::Whole { etag, sha256 } = self.fetch(key, None, &mut bytes).await? {
            self.remember(key, &bytes, etag.as_deref(), &sha256);
        }
        Ok(bytes)
    }

    /// Some bytes of an object that was listed; `None` where it is gone, or is another one meanwhile.
    ///
    /// # Errors
    /// What the store says.
    pub async fn range(
        &self,
        object: &Listed,
        range: Range<u64>,
    ) -> Result<Option<Vec<u8>>, Error> {
        if range.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let options = GetOptions {
            if_match: (!object.mark.is_empty()).then(|| object.mark.clone()),
            range: Some(GetRange::Bounded(range)),
            ..GetOptions::default()
        };
        let key = &object.key;
        let result = self.client.get_opts(&self.key(key), options).await;
        let bytes = match result {
            Err(Said::Precondition { .. } | Said::NotFound { .. }) => return Ok(None),
            Err(said) => return Err(self.told("read", key, &said)),
            Ok(result) => result.bytes().await,
        };
        let bytes = bytes.map_err(|said| self.told("read", key, &said))?;
        Ok(Some(bytes.to_vec()))
    }

    /// Reads an object, whatever is kept of it.
    pub(super) async fn fetch_all(&self, key: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.fetch(key, None, &mut bytes).await?;
        Ok(bytes)
    }

    /// The bytes with a hash that is known beforehand, if a copy is on this machine; the store is not asked.
    pub fn cached(&self, key: &str, sha256: &Sha256) -> Option<Vec<u8>> {
        let path = self.cache.as_ref()?.find(&self.url(key), sha256)?;
        std::fs::read(path).ok()
    }

    /// A file of this machine with an object's bytes. It stays as long as the cache keeps it, or the value that comes with it
    /// lives.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn local_copy(
        &self,
        key: &str,
    ) -> Result<(PathBuf, Option<tempfile::TempPath>), Error> {
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        let copy = self.copy_of(key);
        let mut part = match &self.cache {
            Some(cache) => cache.part(),
            None => tempfile::NamedTempFile::new(),
        }
        .map_err(failed)?;
        let known = copy.as_ref().map(|(known, _)| known);
        match (self.fetch(key, known, part.as_file_mut()).await?, copy) {
            (Fetched::Same, Some((_, path))) => Ok((path, None)),
            (Fetched::Whole { etag, sha256 }, _) if self.cache.is_some() => {
                let cache = self.cache.as_ref();
                let url = self.url(key);
                let kept = cache.map(|cache| cache.keep(part, &url, etag.as_deref(), &sha256));
                Ok((
                    kept.unwrap_or_else(|| Ok(PathBuf::new())).map_err(failed)?,
                    None,
                ))
            }
            _ => {
                let path = part.into_temp_path();
                Ok((path.to_path_buf(), Some(path)))
            }
        }
    }

    fn copy_of(&self, key: &str) -> Option<(Known, PathBuf)> {
        let cache = self.cache.as_ref()?;
        let url = self.url(key);
        let known = cache.known(&url)?;
        let path = cache.find(&url, &known.sha256)?;
        Some((known, path))
    }

    /// Keeps a copy of what was written or read.
    pub(super) fn remember(&self, key: &str, bytes: &[u8], etag: Option<&str>, sha256: &Sha256) {
        let Some(cache) = &self.cache else { return };
        let kept = cache.part().and_then(|mut part| {
            part.write_all(bytes)?;
            cache.keep(part, &self.url(key), etag, sha256)
        });
        if let Err(error) = kept {
            // A copy that cannot be kept is fetched again.
            tracing::debug!("no copy of {key} is kept: {error}");
        }
    }

    async fn fetch(
        &self,
        key: &str,
        known: Option<&Known>,
        sink: &mut (dyn Write + Send),
    ) -> Result<Fetched, Error> {
        let options = GetOptions {
            if_none_match: known.map(|known| known.etag.clone()),
            ..GetOptions::default()
        };
        let failed = |said: Said| self.told("read", key, &said);
        let result = match self.client.get_opts(&self.key(key), options).await {
            Err(Said::NotModified { .. }) => return Ok(Fetched::Same),
            result => result.map_err(failed)?,
        };
        let etag = result.meta.e_tag.clone();
        let expected = result.attributes.get(&SHA256);
        let expected = expected.map(|hash| hash.as_ref().to_string());
        let mut digest = sha2::Sha256::new();
        let mut stream = result.into_stream();
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(failed)?;
            digest.update(&bytes);
            sink.write_all(&bytes).map_err(|source| Error::Sync {
                key: key.to_string(),
                source,
            })?;
        }
        let sha256 = Sha256::from(digest);
        if expected.is_some_and(|expected| expected != *sha256) {
            return Err(Error::Store {
                action: "read",
                object: self.url(key),
                trouble: Trouble::Damaged,
                why: "its bytes are not those that were written: the hash beside it is another"
                    .to_string(),
            });
        }
        Ok(Fetched::Whole { etag, sha256 })
    }
}
