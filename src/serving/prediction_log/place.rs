//! Where the files of the prediction log go.

use std::path::PathBuf;

use crate::model_types::StoreLocation;

/// Where the files go.
pub enum Place {
    /// Into a folder.
    Folder(PathBuf),
    /// Into a store, once they are closed.
    Store {
        /// Where they are written, and wait.
        waiting: PathBuf,
        /// The store.
        store: StoreLocation,
    },
}
