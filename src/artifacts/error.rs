//! Why an artifact cannot be kept or found.

use std::io;
use std::path::PathBuf;

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
    /// The object store did not do it.
    #[error("{action} {object}: {why}")]
    Store {
        /// What was being done.
        action: &'static str,
        /// The object's URL.
        object: String,
        /// What kind of trouble it is.
        trouble: Trouble,
        /// What the store said, in a line.
        why: String,
    },
    /// A file that should be there cannot be looked at.
    #[error("read {}", .path.display())]
    Gone {
        /// The file, or the object's URL.
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

/// Why an object store does not do what it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such bucket.
    NoBucket,
    /// The credentials have expired, or the store does not know them.
    Credentials,
    /// The credentials may not do that.
    Forbidden,
    /// It did not answer, or only with faults of its own, until no more was tried.
    Unreachable,
    /// An object that is written once has other bytes there.
    Taken,
    /// The bytes are not those that were written.
    Damaged,
    /// Anything else.
    Other,
}

impl Trouble {
    /// What to do next.
    pub fn hint(self) -> &'static str {
        match self {
            Trouble::NoBucket => "make the bucket, or correct the URL in `config.json`",
            Trouble::Credentials => {
                "renew the credentials: the store's own variables, a profile, or the role of the machine; docs/scale.md lists where they are looked for"
            }
            Trouble::Forbidden => {
                "give these credentials the right to list, read, write and delete below the URL; docs/scale.md has the policy"
            }
            Trouble::Unreachable => {
                "check that the store answers at this address, then run again; the champion is what it was"
            }
            Trouble::Taken => {
                "another project writes below the same URL: give each an `artifact_url` of its own"
            }
            Trouble::Damaged => {
                "bring the object back from an earlier version of it, or from a backup"
            }
            Trouble::Other => {
                "look at what the store says, then run again; the champion is what it was"
            }
        }
    }
}
