//! Writing objects: whole, with their hash beside them, and in parts where they are large.

use std::io;
use std::path::Path;

use object_store::{
    Attributes, Error as Said, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    WriteMultipart,
};
use sha2::Digest;

use super::handle::Store;
use super::hash::SHA256;
use crate::artifacts::cache::HashWriter;
use crate::artifacts::error::{Error, Trouble};
use crate::model_types::Sha256;

/// Files that are larger than this go in parts.
const PART_BYTES: usize = 8 << 20;
/// Parts that are under way at once.
const PARTS_AT_ONCE: usize = 4;

impl Store {
    /// Writes an object whole; it replaces one of the same name.
    ///
    /// # Errors
    /// What the store says.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        self.write(key, bytes, PutMode::Overwrite).await
    }

    /// Writes an object that must never be replaced by another. The same bytes again are no fault: an answer may have got lost.
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
            // What is there shows whether it was written before the answer got lost.
            Err(error) if is_open(&error) => match self.fetch_all(key).await {
                Ok(there) if there == bytes => Ok(()),
                _ => Err(error),
            },
            written => written,
        }
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, mode: PutMode) -> Result<(), Error> {
        let sha256 = Sha256::of(&bytes);
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

    async fn put_parts(&self, key: &str, path: &Path, sha256: &Sha256) -> Result<(), Error> {
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
}

fn with_hash(sha256: &Sha256) -> Attributes {
    Attributes::from_iter([(SHA256, sha256.to_string())])
}

fn hash_of(path: &Path) -> io::Result<Sha256> {
    let mut digest = sha2::Sha256::new();
    io::copy(
        &mut std::fs::File::open(path)?,
        &mut HashWriter(&mut digest),
    )?;
    Ok(digest.into())
}

fn other(error: io::Error) -> Said {
    Said::Generic {
        store: "file",
        source: Box::new(error),
    }
}
