//! Records as they are stored.

use serde::Serialize;

use super::error::Error;

/// A value as readable JSON with a final newline.
pub fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| Error::Stored {
        what: "a record".to_string(),
        source,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}
