//! Bundle to bytes and back: one line of JSON with a checksum over the exact bytes of its body.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::Error;
use super::format::FORMAT_VERSION;
use super::saved::Bundle;
use crate::model_types::Sha256;

const FORMAT: &str = "unseat bundle";

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    format: &'a str,
    format_version: u32,
    sha256: Sha256,
    #[serde(borrow)]
    bundle: &'a RawValue,
}

/// Only what says whether the rest can be read.
#[derive(Deserialize)]
struct Header {
    format: String,
    format_version: u32,
}

/// Encodes a bundle. The same bundle gives the same bytes.
///
/// # Errors
/// [`Error::Malformed`] when it cannot be written as JSON.
pub fn encode(bundle: &Bundle) -> Result<Vec<u8>, Error> {
    let malformed = |error: serde_json::Error| Error::Malformed(error.to_string());
    let body = serde_json::value::to_raw_value(bundle).map_err(malformed)?;
    let envelope = Envelope {
        format: FORMAT,
        format_version: FORMAT_VERSION,
        sha256: Sha256::of(body.get().as_bytes()),
        bundle: &body,
    };
    let mut bytes = serde_json::to_vec(&envelope).map_err(malformed)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Decodes a bundle and verifies checksum, parts and golden rows.
///
/// # Errors
/// Says which of these failed; nothing of a bundle that fails is used.
pub fn decode(bytes: &[u8]) -> Result<Bundle, Error> {
    // Parser messages may repeat what is in the file, so only the place is reported.
    let malformed = |error: serde_json::Error| {
        Error::Malformed(format!(
            "not valid at line {} column {}; the file is damaged",
            error.line(),
            error.column()
        ))
    };
    let header: Header = serde_json::from_slice(bytes).map_err(malformed)?;
    if header.format != FORMAT {
        return Err(Error::Malformed("it is some other JSON file".to_string()));
    }
    if header.format_version > FORMAT_VERSION {
        return Err(Error::Newer {
            found: header.format_version,
        });
    }
    let envelope: Envelope<'_> = serde_json::from_slice(bytes).map_err(malformed)?;
    let found = Sha256::of(envelope.bundle.get().as_bytes());
    if found != envelope.sha256 {
        return Err(Error::Checksum {
            expected: envelope.sha256,
            found,
        });
    }
    let bundle: Bundle = serde_json::from_str(envelope.bundle.get()).map_err(malformed)?;
    bundle.verify()?;
    Ok(bundle)
}

/// Hash of a value's JSON.
pub fn hash_of<T: Serialize>(value: &T) -> String {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    Sha256::of(bytes).into()
}
