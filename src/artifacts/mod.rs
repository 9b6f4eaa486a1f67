//! Where files are kept: data sets and version folders, behind the object-store API.
//!
//! Objects are written whole or not at all and are on disk when a call returns, so that the registry may speak of them. It
//! must not know what is in them.

pub mod swap;

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

/// Why an artifact cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder cannot be used.
    #[error("use the folder {}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The store refused or failed.
    #[error("{action} {key}")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The object.
        key: String,
        /// What the store said.
        #[source]
        source: object_store::Error,
    },
    /// A file that should be there cannot be looked at.
    #[error("read {}", .path.display())]
    Gone {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Nothing can be written there.
    #[error("write {key}: {} is read-only", .folder.display())]
    ReadOnly {
        /// The object.
        key: String,
        /// The folder.
        folder: PathBuf,
    },
    /// The file is there but not durable.
    #[error("bring {key} to disk")]
    Sync {
        /// The object.
        key: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub struct Artifacts {
    /// `None` where the folder is not there and cannot be made.
    store: Option<Arc<dyn ObjectStore>>,
    root: PathBuf,
    /// Folders in which some of them were kept before.
    elsewhere: Arc<ArcSwap<Vec<PathBuf>>>,
}

impl Artifacts {
    /// Artifacts below a local folder, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn local(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder {
            folder: folder.to_path_buf(),
            source,
        };
        let store = match std::fs::create_dir_all(folder) {
            Err(error) if is_read_only(&error) => None,
            made => {
                made.map_err(failed)?;
                let whole = folder.canonicalize().map_err(failed)?;
                let store = LocalFileSystem::new_with_prefix(&whole)
                    .map_err(|source| failed(io::Error::other(source)))?;
                Some(Arc::new(store) as Arc<dyn ObjectStore>)
            }
        };
        Ok(Artifacts {
            store,
            // As the user named it, since messages show it.
            root: folder.to_path_buf(),
            elsewhere: Arc::default(),
        })
    }

    /// Says in which other folders some of them were kept before. What is there stays there; what is new goes to the root.
    pub fn kept_before_in(&self, folders: Vec<PathBuf>) {
        let others = folders.into_iter().filter(|folder| *folder != self.root);
        self.elsewhere.store(Arc::new(others.collect()));
    }

    /// Every folder in which some of them may be, the present one first.
    pub fn roots(&self) -> Vec<PathBuf> {
        let mut roots = vec![self.root.clone()];
        roots.extend(self.elsewhere.load().iter().cloned());
        roots
    }

    /// The folder in which an object is, or belongs: that of the folder it stands in, or else of itself.
    fn home(&self, key: &str) -> PathBuf {
        let elsewhere = self.elsewhere.load();
        let own = key.rsplit_once('/').map_or(key, |(folder, _)| folder);
        let is_there = |root: &PathBuf| root.join(own).exists();
        if elsewhere.is_empty() || is_there(&self.root) {
            return self.root.clone();
        }
        let home = elsewhere.iter().find(|root| is_there(root));
        home.unwrap_or(&self.root).clone()
    }

    /// Where an object is on disk, for programs that want a path.
    pub fn path(&self, key: &str) -> PathBuf {
        self.home(key).join(key)
    }

    /// The store, if the object is to go there; else nothing can be written.
    fn writable(&self, key: &str) -> Result<&Arc<dyn ObjectStore>, Error> {
        self.store.as_ref().ok_or_else(|| Error::ReadOnly {
            key: key.to_string(),
            folder: self.root.clone(),
        })
    }

    /// Writes an object whole; it replaces one of the same name and is on disk when this returns.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        if self.home(key) != self.root {
            return self.put_file(key, |path| {
                std::fs::write(path, &bytes).map_err(|source| Error::Sync {
                    key: key.to_string(),
                    source,
                })
            });
        }
        self.writable(key)?
            .put(&Key::from(key), PutPayload::from(bytes))
            .await
            .map_err(|source| Error::Store {
                action: "write",
                key: key.to_string(),
                source,
            })?;
        self.sync(key)
    }

    /// Makes a whole object of a file that `write` fills beside its final name.
    ///
    /// # Errors
    /// `write`'s own, or that of moving the file to its place.
    pub fn put_file<E>(
        &self,
        key: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<Error>,
    {
        let home = self.home(key);
        if home == self.root {
            self.writable(key)?;
        }
        let path = home.join(key);
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let part = path.with_file_name(format!(".part-{name}"));
        let written = write(&part).and_then(|()| {
            std::fs::File::open(&part)
                .and_then(|file| file.sync_all())
                .and_then(|()| std::fs::rename(&part, &path))
                .map_err(|source| E::from(failed(source)))
        });
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        written?;
        self.sync(key)?;
        Ok(())
    }

    /// Reads an object.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        let failed = |source| Error::Store {
            action: "read",
            key: key.to_string(),
            source,
        };
        let path = self.path(key);
        if let Err(source) = std::fs::metadata(&path) {
            // The store's own message would show where on the machine the folder is.
            return Err(Error::Gone { path, source });
        }
        let store = self.store.as_ref().filter(|_| path.starts_with(&self.root));
        let Some(store) = store else {
            return std::fs::read(&path).map_err(|source| Error::Gone { path, source });
        };
        let object = store.get(&Key::from(key)).await.map_err(failed)?;
        let bytes = object.bytes().await.map_err(failed)?;
        Ok(bytes.to_vec())
    }

    /// Removes a folder of an unfinished version, if it is there.
    pub fn remove_folder(&self, key: &str) -> Result<(), Error> {
        for root in self.roots() {
            let folder = root.join(key);
            match std::fs::remove_dir_all(&folder) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::Folder { folder, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn sync(&self, key: &str) -> Result<(), Error> {
        let home = self.home(key);
        let path = home.join(key);
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        std::fs::File::open(&path)
            .and_then(|file| file.sync_all())
            .map_err(failed)?;
        // A new name is durable when its folder is, and a new folder when the one above it is.
        let mut folder = path.parent();
        while let Some(here) = folder {
            std::fs::File::open(here)
                .and_then(|file| file.sync_all())
                .map_err(failed)?;
            if here == home {
                break;
            }
            folder = here.parent();
        }
        crate::faults::point(crate::faults::EACH_FILE).map_err(failed)
    }
}

/// Whether the system says that nothing may be written.
fn is_read_only(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}
