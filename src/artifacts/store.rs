//! Artifacts below a URL of an object store. What a call has written is there when it returns; what it reads is held against
//! the hash that was written with it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, Error as Said, GetOptions, ObjectStore, ObjectStoreExt, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, WriteMultipart,
};
use sha2::{Digest, Sha256};

use super::cache::{Cache, HashWriter, Known};
use super::client;
use super::error::{Error, Trouble};
use super::trouble::told;
use crate::model_types::StorePlace;
use crate::text::hex;

/// Files that are larger than this go in parts.
const PART_BYTES: usize = 8 << 20;
/// Parts that are under way at once.
const PARTS_AT_ONCE: usize = 4;
/// The name under which an object's hash is written beside it.
const SHA256: Attribute = Attribute::Metadata(std::borrow::Cow::Borrowed("sha256"));

/// A prefix in a bucket.
#[derive(Debug, Clone)]
pub struct Store {
    client: Arc<dyn ObjectStore>,
    url: String,
    prefix: String,
    cache: Option<Arc<Cache>>,
}

/// An object that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key below the prefix.
    pub key: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// By which the store tells one content from another.
    pub mark: String,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// What came of asking for an object.
enum Fetched {
    /// It was written to the sink.
    Whole {
        etag: Option<String>,
        sha256: String,
    },
    /// It is what the caller knows.
    Same,
}

impl Store {
    /// The prefix that a URL names. The store is not asked.
    ///
    /// # Errors
    /// When its settings cannot be used.
    pub fn open(place: &StorePlace) -> Result<Store, Error> {
        let settings = &place.settings;
        let cache = Cache::open(&settings.cache, settings.most_cached);
        Ok(Store::over(
            client::client(place)?,
            &place.url,
            cache.map(Arc::new),
        ))
    }

    /// A prefix over a client.
    pub fn over(client: Arc<dyn ObjectStore>, url: &str, cache: Option<Arc<Cache>>) -> Store {
        let (_, prefix) = client::bucket_and_prefix(url);
        Store {
            client,
            url: url.trim_end_matches('/').to_string(),
            prefix: prefix.to_string(),
            cache,
        }
    }

    /// The URL of an object.
    pub fn url(&self, key: &str) -> String {
        format!("{}/{key}", self.url)
            .trim_end_matches('/')
            .to_string()
    }

    fn key(&self, key: &str) -> Key {
        let whole = format!("{}/{key}", self.prefix);
        // A slash at either end means nothing here.
        Key::parse(whole.trim_matches('/')).unwrap_or_else(|_| Key::from(whole))
    }

    fn told(&self, action: &'static str, key: &str, said: &Said) -> Error {
        told(action, self.url(key), said)
    }

    /// Writes an object whole; it replaces one of the same name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.write(key, bytes, PutMode::Overwrite).await
    }

    /// Writes an object that no other may stand in place of. The same bytes again are no fault: an answer may have got lost.
    ///
    /// # Errors
    /// [`Trouble::Taken`] where other bytes are there; else what the store says.
    pub async fn put_new(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        let written = self.write(key, bytes.clone(), PutMode::Create).await;
        let is_open = |error: &Error| {
            matches!(
                error,
                Error::Store {
                    trouble: Trouble::Taken | Trouble::Unreachable,
                    ..
                }
            )
        };
        match written {
            // Whether it was written before the answer got lost is told by what is there.
            Err(error) if is_open(&error) => match self.fetch_all(key).await {
                Ok(there) if there == bytes => Ok(()),
                _ => Err(error),
            },
            written => written,
        }
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, mode: PutMode) -> Result<(), Error> {
        let sha256 = hex(&Sha256::digest(&bytes));
        let options = PutOptions {
            mode,
            attributes: with_hash(&sha256),
            ..PutOptions::default()
        };
        let payload = PutPayload::from(bytes.clone());
        let path = self.key(key);
        let put = self.client.put_opts(&path, payload, options).await;
        let put = put.map_err(|said| match said {
            Said::AlreadyExists { .. } | Said::Precondition { .. } => Error::Store {
                action: "write",
                object: self.url(key),
                trouble: Trouble::Taken,
                why: "an object with other bytes is there already, and it is written once"
                    .to_string(),
            },
            said => self.told("write", key, &said),
        })?;
        self.remember(key, &bytes, put.e_tag.as_deref(), &sha256);
        crate::faults::point(crate::faults::EACH_FILE).map_err(|source| Error::Sync {
            key: key.to_string(),
            source,
        })
    }

    /// Writes a file as an object, in parts where it is large.
    ///
    /// # Errors
    /// [`Trouble::Taken`] where `is_new` and other bytes are there; else what the store says.
    pub async fn put_from_file(&self, key: &str, path: &Path, is_new: bool) -> Result<(), Error> {
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes <= PART_BYTES as u64 {
            let bytes = std::fs::read(path).map_err(failed)?;
            return if is_new {
                self.put_new(key, bytes).await
            } else {
                self.put(key, bytes).await
            };
        }
        let sha256 = hash_of(path).map_err(failed)?;
        if is_new && self.exists(key).await? {
            // A store takes no condition on parts, so it is looked for before.
            return Err(Error::Store {
                action: "write",
                object: self.url(key),
                trouble: Trouble::Taken,
                why: "an object is there already, and it is written once".to_string(),
            });
        }
        self.put_parts(key, path, &sha256).await?;
        crate::faults::point(crate::faults::EACH_FILE).map_err(failed)
    }

    async fn put_parts(&self, key: &str, path: &Path, sha256: &str) -> Result<(), Error> {
        let options = PutMultipartOptions {
            attributes: with_hash(sha256),
            ..PutMultipartOptions::default()
        };
        let path_there = self.key(key);
        let upload = self.client.put_multipart_opts(&path_there, options).await;
        let upload = upload.map_err(|said| self.told("write", key, &said))?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let sent = async {
            let mut file = std::fs::File::open(path).map_err(other)?;
            let mut buffer = vec![0; PART_BYTES];
            loop {
                let n = io::Read::read(&mut file, &mut buffer).map_err(other)?;
                if n == 0 {
                    return Ok(());
                }
                parts.wait_for_capacity(PARTS_AT_ONCE).await?;
                parts.write(&buffer[..n]);
            }
        };
        let sent: object_store::Result<()> = sent.await;
        let done = match sent {
            Ok(()) => parts.finish().await.map(|_| ()),
            Err(said) => {
                // What was sent of it costs room until the bucket's own rule removes it.
                let _ = parts.abort().await;
                Err(said)
            }
        };
        done.map_err(|said| self.told("write", key, &said))
    }

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

    async fn fetch_all(&self, key: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.fetch(key, None, &mut bytes).await?;
        Ok(bytes)
    }

    /// The bytes with a hash that is known beforehand, if a copy is on this machine; the store is not asked.
    pub fn cached(&self, sha256: &str) -> Option<Vec<u8>> {
        let path = self.cache.as_ref()?.find(sha256)?;
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
        let known = cache.known(&self.url(key))?;
        let path = cache.find(&known.sha256)?;
        Some((known, path))
    }

    fn remember(&self, key: &str, bytes: &[u8], etag: Option<&str>, sha256: &str) {
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
        let mut digest = Sha256::new();
        let mut stream = result.into_stream();
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(failed)?;
            digest.update(&bytes);
            sink.write_all(&bytes).map_err(|source| Error::Sync {
                key: key.to_string(),
                source,
            })?;
        }
        let sha256 = hex(&digest.finalize());
        if expected.is_some_and(|expected| expected != sha256) {
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

    /// Whether there is such an object.
    ///
    /// # Errors
    /// What the store says.
    pub async fn exists(&self, key: &str) -> Result<bool, Error> {
        match self.client.head(&self.key(key)).await {
            Ok(_) => Ok(true),
            Err(said) => match self.told("look for", key, &said) {
                Error::Gone { .. } => Ok(false),
                error => Err(error),
            },
        }
    }

    /// Every object below a prefix, by key.
    ///
    /// # Errors
    /// What the store says.
    pub async fn list(&self, below: &str) -> Result<Vec<Listed>, Error> {
        let prefix = self.key(below);
        let found: Vec<_> = self
            .client
            .list(Some(&prefix))
            .try_collect()
            .await
            .map_err(|said| self.listing(below, &said))?;
        let mut listed: Vec<Listed> = found
            .into_iter()
            .filter_map(|meta| {
                let key = meta.location.as_ref();
                let key = match self.prefix.as_str() {
                    "" => key,
                    prefix => key.strip_prefix(prefix)?.strip_prefix('/')?,
                };
                Some(Listed {
                    key: key.to_string(),
                    bytes: meta.size,
                    modified_ms: meta.last_modified.timestamp_millis(),
                    mark: meta.e_tag.unwrap_or_default(),
                })
            })
            .collect();
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }

    /// Names of objects and prefixes directly below a prefix.
    ///
    /// # Errors
    /// What the store says.
    pub async fn names(&self, below: &str) -> Result<Vec<String>, Error> {
        let prefix = self.key(below);
        let found = self.client.list_with_delimiter(Some(&prefix)).await;
        let found = found.map_err(|said| self.listing(below, &said))?;
        let objects = found.objects.into_iter().map(|meta| meta.location);
        let all = found.common_prefixes.into_iter().chain(objects);
        Ok(all
            .filter_map(|key| key.filename().map(ToString::to_string))
            .collect())
    }

    fn listing(&self, below: &str, said: &Said) -> Error {
        match self.told("list", below, said) {
            // A listing finds nothing, or there is nothing to list in.
            Error::Gone { .. } => Error::Store {
                action: "list",
                object: self.url(below),
                trouble: Trouble::NoBucket,
                why: "there is no such bucket".to_string(),
            },
            error => error,
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        match self.client.delete(&self.key(key)).await {
            Ok(()) | Err(Said::NotFound { .. }) => Ok(()),
            Err(said) => Err(self.told("remove", key, &said)),
        }
    }

    /// Removes everything below a prefix. What a listing that is behind does not show goes the next time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn remove_folder(&self, below: &str) -> Result<(), Error> {
        for object in self.list(below).await? {
            self.remove(&object.key).await?;
        }
        Ok(())
    }

    /// Gives everything below a prefix another one: copied first, then removed, so that each object is at one of both at any time.
    ///
    /// # Errors
    /// What the store says; done again, it goes on where it stopped.
    pub async fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        for object in self.list(old).await? {
            let rest = object.key.strip_prefix(old).unwrap_or(&object.key);
            let to = format!("{new}{rest}");
            let (from, to) = (self.key(&object.key), self.key(&to));
            let copied = self.client.copy(&from, &to).await;
            copied.map_err(|said| self.told("copy", &object.key, &said))?;
            self.remove(&object.key).await?;
        }
        Ok(())
    }
}

fn with_hash(sha256: &str) -> Attributes {
    Attributes::from_iter([(SHA256, sha256.to_string())])
}

fn hash_of(path: &Path) -> io::Result<String> {
    let mut digest = Sha256::new();
    io::copy(
        &mut std::fs::File::open(path)?,
        &mut HashWriter(&mut digest),
    )?;
    Ok(hex(&digest.finalize()))
}

fn other(error: io::Error) -> Said {
    Said::Generic {
        store: "file",
        source: Box::new(error),
    }
}
