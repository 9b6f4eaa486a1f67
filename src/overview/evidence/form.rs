//! The file: a manifest that is signed, and the files that it names with their hashes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::model_types::{RunId, Sha256, VersionNumber};

/// What the file calls itself.
const FORMAT: &str = "unseat-evidence";
/// Version of its form.
const FORMAT_VERSION: u32 = 1;

/// Why a file of evidence cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The project.
    #[error(transparent)]
    Project(#[from] crate::pipeline::Error),
    /// It is none, or one of a newer program.
    #[error("read the evidence: {0}")]
    Form(String),
    /// The key.
    #[error("read the key: {0}")]
    Key(String),
    /// The disk.
    #[error("{doing}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: std::io::Error,
    },
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The model.
    pub model: String,
    /// The version.
    pub version: VersionNumber,
    /// The run that made it.
    pub run: RunId,
    /// When it was made, UTC.
    pub created: String,
    /// When this evidence was put together, UTC.
    pub written: String,
    /// The gate's verdict; none where it was not put before the gate.
    pub verdict: Option<String>,
    /// The champion that it was checked against.
    pub champion: Option<VersionNumber>,
    /// The program that wrote this.
    pub program: String,
    /// What is left out, and why.
    pub notes: Vec<String>,
    /// Every file.
    pub files: Vec<EvidencePart>,
}

/// A file of the evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidencePart {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Hash of its bytes.
    pub sha256: Sha256,
}

impl EvidencePart {
    /// That of some bytes.
    pub fn of(name: &str, bytes: &[u8]) -> EvidencePart {
        EvidencePart {
            name: name.to_string(),
            bytes: bytes.len() as u64,
            sha256: Sha256::of(bytes),
        }
    }
}

/// Who signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// `ed25519`.
    pub algorithm: String,
    /// The public key, 32 bytes in base64.
    pub public_key: String,
    /// Over the bytes of `manifest`, 64 bytes in base64.
    pub signature: String,
}

/// A file of evidence as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceFile {
    /// The manifest as it was signed, to the byte.
    pub manifest: String,
    /// Who signed it.
    pub signature: Signature,
    /// The files by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: String,
    format_version: u32,
    manifest: String,
    signature: Signature,
    files: BTreeMap<String, String>,
}

impl EvidenceFile {
    /// As bytes: a JSON object that ends with a newline.
    ///
    /// # Errors
    /// Never in practice: texts can be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        let files = self.files.iter();
        let written = Written {
            format: FORMAT.to_string(),
            format_version: FORMAT_VERSION,
            manifest: self.manifest.clone(),
            signature: self.signature.clone(),
            files: files
                .map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes)))
                .collect(),
        };
        let mut bytes =
            serde_json::to_vec(&written).map_err(|error| EvidenceError::Form(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Out of bytes. Nothing is verified yet.
    ///
    /// # Errors
    /// When it is no such file, or one of a newer program.
    pub fn of_bytes(bytes: &[u8]) -> Result<EvidenceFile, EvidenceError> {
        let reject = |why: String| EvidenceError::Form(why);
        let written: Written = serde_json::from_slice(bytes)
            .map_err(|error| reject(format!("it is not a file of evidence: {error}")))?;
        if written.format != FORMAT {
            return Err(reject(format!("its format is {:?}", written.format)));
        }
        if written.format_version > FORMAT_VERSION {
            return Err(reject(format!(
                "it has version {} of the form, and this program reads up to {FORMAT_VERSION}",
                written.format_version
            )));
        }
        let read = |(name, text): (String, String)| match STANDARD.decode(&text) {
            Ok(bytes) => Ok((name, bytes)),
            Err(error) => Err(reject(format!("{name} is not base64: {error}"))),
        };
        Ok(EvidenceFile {
            manifest: written.manifest,
            signature: written.signature,
            files: written
                .files
                .into_iter()
                .map(read)
                .collect::<Result<_, _>>()?,
        })
    }
}
