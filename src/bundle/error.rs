//! Why bytes are not a bundle that may answer.

use super::format::FORMAT_VERSION;
use crate::model_types::Sha256;

/// Why bytes are not a bundle that may answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not our form, or cut off.
    #[error("read the bundle: {0}")]
    Malformed(String),
    /// Made by a newer program.
    #[error(
        "read a bundle of format {found}: this program reads up to {FORMAT_VERSION}; use the program that made it, or newer"
    )]
    Newer {
        /// Its format.
        found: u32,
    },
    /// The bytes changed since they were written.
    #[error(
        "verify the bundle: its checksum is {found}, it was written with {expected}; the file is damaged"
    )]
    Checksum {
        /// What the file says.
        expected: Sha256,
        /// What its bytes give.
        found: Sha256,
    },
    /// Its parts do not fit together.
    #[error("use the bundle: {0}")]
    Unsound(String),
    /// It predicts other numbers than when it was made.
    #[error("verify the bundle: golden row {row} gives another prediction than when it was made")]
    Golden {
        /// Index of the first row that differs.
        row: usize,
    },
}
