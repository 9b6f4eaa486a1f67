//! Artifacts in a folder of this machine: whole or not at all, and on disk when a call returns.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::Error;

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub struct Folder {
    /// As the user named it, since messages show it.
    pub root: PathBuf,
    is_writable: bool,
}

impl Folder {
    /// A folder, which is made when it is not there and can be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let is_writable = match fs::create_dir_all(root) {
            Err(error) if is_read_only(&error) => false,
            made => {
                made.map_err(|source| Error::Folder {
                    folder: root.to_path_buf(),
                    source,
                })?;
                true
            }
        };
        Ok(Folder {
            root: root.to_path_buf(),
            is_writable,
        })
    }

    /// A folder in which artifacts were kept before; it is looked into and never made.
    pub fn former(root: PathBuf) -> Self {
        Folder {
            root,
            is_writable: true,
        }
    }

    /// Makes a whole object of a file that `write` fills beside its final name.
    ///
    /// # Errors
    /// `write`'s own, or that of moving the file to its place.
    pub fn put_file<E: From<Error>>(
        &self,
        key: &str,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_writable {
            return Err(E::from(Error::ReadOnly {
                key: key.to_string(),
                folder: self.root.clone(),
            }));
        }
        let path = self.root.join(key);
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = path.with_file_name(format!(".part-{name}"));
        let written = write(&part).and_then(|()| {
            fs::File::open(&part)
                .and_then(|file| file.sync_all())
                .and_then(|()| fs::rename(&part, &path))
                .map_err(|source| E::from(failed(source)))
        });
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written?;
        self.sync(key)?;
        Ok(())
    }

    /// Writes an object whole; it replaces one of the same name.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn put(&self, key: &str, bytes: &[u8]) -> Result<(), Error> {
        self.put_file(key, |path| {
            fs::write(path, bytes).map_err(|source| Error::Sync {
                key: key.to_string(),
                source,
            })
        })
    }

    /// Reads an object.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        let path = self.root.join(key);
        fs::read(&path).map_err(|source| Error::Gone { path, source })
    }

    /// Names of files and folders directly below a folder; none of one that is not there.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter();
        let names = entries.flatten().flatten();
        names
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect()
    }

    /// Bytes of a file, or of all files below a folder; none of what is not there.
    pub fn size(&self, key: &str) -> u64 {
        let entries = walkdir::WalkDir::new(self.root.join(key)).into_iter();
        entries
            .flatten()
            .filter_map(|entry| entry.metadata().ok())
            .filter(fs::Metadata::is_file)
            .map(|found| found.len())
            .sum()
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(&self, key: &str) -> Result<(), Error> {
        absent_is_fine(self.root.join(key), fs::remove_file)
    }

    /// Removes everything below a folder, if it is there.
    ///
    /// # Errors
    /// The system's.
    pub fn remove_folder(&self, key: &str) -> Result<(), Error> {
        absent_is_fine(self.root.join(key), fs::remove_dir_all)
    }

    /// Gives a folder another name; where the new one is there already, what is in the old one goes into it.
    ///
    /// # Errors
    /// The system's.
    pub fn rename(&self, old: &str, new: &str) -> Result<(), Error> {
        let (old, new) = (self.root.join(old), self.root.join(new));
        let failed = |source| Error::Folder {
            folder: old.clone(),
            source,
        };
        if !old.exists() {
            return Ok(());
        }
        if !new.exists() {
            fs::rename(&old, &new).map_err(failed)?;
        } else {
            for entry in fs::read_dir(&old).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let target = new.join(entry.file_name());
                if !target.exists() {
                    fs::rename(entry.path(), target).map_err(failed)?;
                }
            }
            match fs::remove_dir(&old) {
                Err(source) if source.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    return Err(failed(source));
                }
                _ => {}
            }
        }
        let parent = new.parent().unwrap_or(&self.root);
        fs::File::open(parent)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)
    }

    fn sync(&self, key: &str) -> Result<(), Error> {
        let path = self.root.join(key);
        let failed = |source| Error::Sync {
            key: key.to_string(),
            source,
        };
        fs::File::open(&path)
            .and_then(|file| file.sync_all())
            .map_err(failed)?;
        // A new name is durable when its folder is, and a new folder when the one above it is.
        let mut folder = path.parent();
        while let Some(here) = folder {
            fs::File::open(here)
                .and_then(|file| file.sync_all())
                .map_err(failed)?;
            if here == self.root {
                break;
            }
            folder = here.parent();
        }
        crate::faults::point(crate::faults::EACH_FILE).map_err(failed)
    }
}

fn absent_is_fine(
    path: PathBuf,
    remove: impl FnOnce(PathBuf) -> io::Result<()>,
) -> Result<(), Error> {
    match remove(path.clone()) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Folder {
            folder: path,
            source,
        }),
        _ => Ok(()),
    }
}

/// Whether the system says that nothing may be written.
fn is_read_only(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}
