//! Where files are kept: data sets, version folders and the champion's copy, in a folder or below the URL of an object store.
//!
//! Objects are written whole or not at all and are durable when a call returns, so that the registry may speak of them. It must
//! not know what is in them.

pub mod aws;
mod cache;
mod client;
mod error;
mod folder;
#[cfg(feature = "train")]
mod heads;
mod local_file;
mod mirror;
mod profile;
mod root;
mod store;
pub mod swap;
mod trouble;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;

use self::folder::Folder;
use self::root::Root;
use self::store::Store;
use crate::model_types::{Location, Sha256};

pub use client::know_variables;
pub use error::{Error, Trouble};
#[cfg(feature = "train")]
pub use heads::{HeadOf, Heads, fetch_heads, list_heads};
pub use local_file::LocalFile;
pub use mirror::refresh;

/// Puts a copy of a file in its place in one step.
///
/// # Errors
/// [`Error::Folder`].
pub fn place(file: &Path, target: &Path) -> Result<(), Error> {
    mirror::place(file, target).map_err(|source| Error::Folder {
        folder: target.to_path_buf(),
        source,
    })
}

/// A place of artifacts, and those in which some of them were kept before.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: Root,
    elsewhere: Arc<ArcSwap<Vec<Root>>>,
}

impl Artifacts {
    /// Artifacts in a place; a folder is made when it is not there, a store is not asked.
    ///
    /// # Errors
    /// When the folder cannot be made, or the store's settings cannot be used.
    pub fn open(place: &Location) -> Result<Self, Error> {
        Ok(Artifacts {
            root: match place {
                Location::Folder(folder) => Root::Folder(Folder::open(folder)?),
                Location::Store(store) => Root::Store(Store::open(store)?),
            },
            elsewhere: Arc::default(),
        })
    }

    /// Artifacts in a place, of which nothing is made.
    ///
    /// # Errors
    /// When a store's settings cannot be used.
    pub fn look(place: &Location) -> Result<Self, Error> {
        Ok(Artifacts {
            root: Root::former(place)?,
            elsewhere: Arc::default(),
        })
    }

    /// Artifacts below a local folder, which is made when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn local(folder: &Path) -> Result<Self, Error> {
        Artifacts::open(&Location::Folder(folder.to_path_buf()))
    }

    /// Says in which other places some of them were kept before. What is there stays there; what is new goes to the root.
    ///
    /// # Errors
    /// When a store's settings cannot be used.
    pub fn kept_before_in(&self, places: &[Location]) -> Result<(), Error> {
        let others = places.iter().filter(|place| !self.root.is(place));
        let others = others.map(Root::former).collect::<Result<Vec<_>, _>>()?;
        self.elsewhere.store(Arc::new(others));
        Ok(())
    }

    /// Every place in which some of them may be, the present one first.
    fn roots(&self) -> Vec<Root> {
        let mut roots = vec![self.root.clone()];
        roots.extend(self.elsewhere.load().iter().cloned());
        roots
    }

    /// The place in which an object is, or belongs: that of the folder it is in, or else of itself.
    async fn home(&self, key: &str) -> Result<Root, Error> {
        let elsewhere = self.elsewhere.load_full();
        if elsewhere.is_empty() {
            return Ok(self.root.clone());
        }
        let own = key.rsplit_once('/').map_or(key, |(folder, _)| folder);
        if self.root.has(own).await? {
            return Ok(self.root.clone());
        }
        for root in elsewhere.iter() {
            if root.has(own).await? {
                return Ok(root.clone());
            }
        }
        Ok(self.root.clone())
    }

    /// Where an object is, as messages tell it: a path, or a URL.
    pub fn shown(&self, key: &str) -> PathBuf {
        let here = self.root.shown(key);
        let elsewhere = self.elsewhere.load();
        let is_there =
            |root: &&Root| matches!(root, Root::Folder(folder) if folder.root.join(key).exists());
        match &self.root {
            Root::Folder(_) if here.exists() => here,
            _ => elsewhere
                .iter()
                .find(is_there)
                .map_or(here, |root| root.shown(key)),
        }
    }

    /// Writes an object whole; it replaces one of the same name and is durable when this returns.
    ///
    /// # Errors
    /// When the place does not take it.
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        match self.home(key).await? {
            Root::Folder(folder) => folder.put(key, &bytes),
            Root::Store(store) => store.put(key, bytes).await,
        }
    }

    /// Writes an object that is written once. A store takes it only where there is none of its name, or the same one.
    ///
    /// # Errors
    /// When the place does not take it.
    pub async fn put_new(&self, key: &str, bytes: Vec<u8>) -> Result<(), Error> {
        match self.home(key).await? {
            Root::Folder(folder) => folder.put(key, &bytes),
            Root::Store(store) => store.put_new(key, bytes).await,
        }
    }

    /// Makes a whole object of a file that `write` fills.
    ///
    /// # Errors
    /// `write`'s own, or that of bringing the file to its place.
    pub async fn put_file<E: From<Error>>(
        &self,
        key: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.home(key).await? {
            Root::Folder(folder) => folder.put_file(key, write),
            Root::Store(store) => {
                let ending = Path::new(key).extension().unwrap_or_default();
                let file = tempfile::Builder::new()
                    .suffix(&format!(".{}", ending.to_string_lossy()))
                    .tempfile()
                    .map_err(|source| Error::Sync {
                        key: key.to_string(),
                        source,
                    })?;
                write(file.path())?;
                store.put_from_file(key, file.path(), false).await?;
                Ok(())
            }
        }
    }

    /// Makes an object of a file.
    ///
    /// # Errors
    /// When the place does not take it.
    pub async fn put_from_file(&self, key: &str, path: &Path) -> Result<(), Error> {
        match self.home(key).await? {
            Root::Folder(folder) => folder.put_file(key, |to| {
                let copied = std::fs::copy(path, to).map(|_| ());
                copied.map_err(|source| Error::Sync {
                    key: key.to_string(),
                    source,
                })
            }),
            Root::Store(store) => store.put_from_file(key, path, false).await,
        }
    }

    /// Makes an object that is written once of a file. A store takes it only where there is none of its name.
    ///
    /// # Errors
    /// [`Trouble::Taken`] where one is there in a store; when the place does not take it.
    pub async fn put_new_from_file(&self, key: &str, path: &Path) -> Result<(), Error> {
        match self.home(key).await? {
            Root::Folder(_) => self.put_from_file(key, path).await,
            Root::Store(store) => store.put_from_file(key, path, true).await,
        }
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`Error::Gone`] where there is none.
    pub async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        match self.home(key).await? {
            Root::Folder(folder) => folder.get(key),
            Root::Store(store) => store.get(key).await,
        }
    }

    /// Reads an object whose hash is known; where a copy is on this machine, no store is asked.
    ///
    /// # Errors
    /// [`Error::Gone`] where there is none.
    pub async fn get_known(&self, key: &str, sha256: &Sha256) -> Result<Vec<u8>, Error> {
        if let Root::Store(store) = &self.root
            && let Some(bytes) = store.cached(key, sha256)
        {
            return Ok(bytes);
        }
        self.get(key).await
    }

    /// A file of this machine with an object's bytes, for programs that want a path.
    ///
    /// # Errors
    /// [`Error::Gone`] where there is none, or, of one in a folder, nothing: opening it reports that.
    pub async fn local_copy(&self, key: &str) -> Result<LocalFile, Error> {
        let (path, held) = match self.home(key).await? {
            Root::Folder(folder) => (folder.root.join(key), None),
            Root::Store(store) => store.local_copy(key).await?,
        };
        Ok(LocalFile::new(path, held))
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// What a store says.
    pub async fn exists(&self, key: &str) -> Result<bool, Error> {
        match self.home(key).await? {
            Root::Folder(folder) => Ok(folder.root.join(key).exists()),
            Root::Store(store) => store.exists(key).await,
        }
    }

    /// Names of what is directly below a folder, in every place, each once, sorted.
    ///
    /// # Errors
    /// What a store says.
    pub async fn names(&self, folder: &str) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for root in self.roots() {
            names.extend(match root {
                Root::Folder(own) => own.names(folder),
                Root::Store(store) => store.names(folder).await?,
            });
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Bytes of everything below a folder.
    ///
    /// # Errors
    /// What a store says.
    pub async fn size(&self, key: &str) -> Result<u64, Error> {
        let mut bytes = 0;
        for root in self.roots() {
            bytes += match root {
                Root::Folder(folder) => folder.size(key),
                Root::Store(store) => store.size(key).await?,
            };
        }
        Ok(bytes)
    }

    /// Removes an object wherever it is, if it is there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn remove(&self, key: &str) -> Result<(), Error> {
        for root in self.roots() {
            match root {
                Root::Folder(folder) => folder.remove(key)?,
                Root::Store(store) => store.remove(key).await?,
            }
        }
        Ok(())
    }

    /// Removes everything below a folder, wherever it is, if it is there.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn remove_folder(&self, key: &str) -> Result<(), Error> {
        for root in self.roots() {
            match root {
                Root::Folder(folder) => folder.remove_folder(key)?,
                Root::Store(store) => store.remove_folder(key).await?,
            }
        }
        Ok(())
    }

    /// Gives a folder another name, wherever it is.
    ///
    /// # Errors
    /// When it cannot be moved; done again, it continues where it stopped.
    pub async fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        for root in self.roots() {
            match root {
                Root::Folder(folder) => folder.rename(old, new)?,
                Root::Store(store) => store.rename(old, new).await?,
            }
        }
        Ok(())
    }

    /// Fetches everything below a folder of a store into one of this machine; one that is not there has nothing.
    ///
    /// # Errors
    /// When something cannot be read or written; an object that goes meanwhile is [`Error::Gone`].
    pub async fn fetch_folder(&self, key: &str, to: &Path) -> Result<(), Error> {
        let Root::Store(store) = self.home(&format!("{key}/")).await? else {
            return Ok(());
        };
        for object in store.list(key).await? {
            let below = object.key.strip_prefix(key).unwrap_or(&object.key);
            let target = to.join(below.trim_start_matches('/'));
            let (path, _held) = store.local_copy(&object.key).await?;
            place(&path, &target)?;
        }
        Ok(())
    }

    /// The folder of this machine that a folder of artifacts is, where it is one.
    ///
    /// # Errors
    /// What a store says.
    pub async fn folder(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        Ok(match self.home(&format!("{key}/")).await? {
            Root::Folder(folder) => Some(folder.root.join(key)),
            Root::Store(_) => None,
        })
    }
}
