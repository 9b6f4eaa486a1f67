//! What a backup holds, and what ends one early.

use serde::{Deserialize, Serialize};

use crate::model_types::Sha256;
use crate::pipeline::error::Error;

/// The list of all other files.
pub(super) const LIST: &str = "backup.json";

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// Below the backup's folder.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Checksum.
    pub sha256: Sha256,
}

/// Why a file could not be copied.
pub(super) enum Cut {
    /// It was removed meanwhile.
    Gone,
    /// Anything else.
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Cut {
    fn from(error: E) -> Self {
        Cut::Failed(error.into())
    }
}
