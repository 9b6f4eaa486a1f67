//! What is asked of an import, and what one would make.

use crate::model_types::{Sha256, VersionNumber};

/// What is to be taken in.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// The file's name, without its folder.
    pub file: String,
    /// What it holds.
    pub bytes: Vec<u8>,
    /// The columns in the order in which the file reads them, where it does not name them.
    pub columns: Option<Vec<String>>,
    /// The project's classes in the order of the file's, where they are spelled otherwise.
    pub classes: Option<Vec<String>>,
    /// P(positive) from which on a row is positive, instead of the file's own rule.
    pub threshold: Option<f64>,
    /// A name for the version.
    pub name: Option<String>,
}

/// What an import would make.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct WouldImport {
    /// The model of the project.
    pub model: String,
    /// The file.
    pub file: String,
    /// Its SHA-256.
    pub sha256: Sha256,
    /// What it is, in words.
    pub says: String,
    /// The columns that it reads.
    pub columns: Vec<String>,
    /// The classes in the project's order; none for a number.
    pub classes: Vec<String>,
    /// P(positive) from which on a row is positive; only with two classes.
    pub threshold: Option<f64>,
    /// The version that came of the same file, where there is one.
    pub same_as: Option<VersionNumber>,
    /// What somebody should know.
    pub notes: Vec<String>,
}
