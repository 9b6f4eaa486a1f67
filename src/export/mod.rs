//! A bundle in forms that other programs read: ONNX, and JSON of plain numbers.
//!
//! In: a bundle and what is known about it. Out: bytes; the same for the same bundle. It must not know the registry, files,
//! or where the bytes go.

mod json;
pub mod onnx;

pub use json::json;
pub use onnx::onnx;

use crate::model_types::VersionNumber;

/// Why a bundle cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A column's step has no such form.
    #[error("say column `{column}` in ONNX: {why}; `--format json` holds everything")]
    Unsayable {
        /// The column.
        column: String,
        /// Why not.
        why: String,
    },
    /// More than a file of the form can hold.
    #[error(
        "write the model as ONNX: it is larger than 2 GB, which the format cannot hold; train fewer or smaller trees"
    )]
    TooLarge,
    /// Something could not be written as JSON.
    #[error("write the model as JSON")]
    Json(#[from] serde_json::Error),
}

/// What is known about a bundle beside itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Name of the model.
    pub model: &'a str,
    /// Number of the version; `None` where it is unknown.
    pub version: Option<VersionNumber>,
    /// Version of this program.
    pub program: &'a str,
}
