//! `version.json`: a version's row in the registry, beside its bundle, so that the registry can be rebuilt from the folders.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model_types::{RunId, Sha256, VersionNumber};
use crate::pipeline::Env;
use crate::pipeline::error::Error;
use crate::pipeline::json::to_json;
use crate::registry::VersionRow;

/// The file.
pub const FILE: &str = "version.json";

/// What the registry says of a version before it is decided on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// Version of this record's form.
    pub format_version: u32,
    /// The model.
    pub model: String,
    /// Its number.
    pub version: VersionNumber,
    /// The run that made it.
    pub run: RunId,
    /// When its number was taken, milliseconds since 1970.
    pub created_ms: i64,
    /// Checksum of `trainedmodel.json`.
    pub bundle_sha256: Sha256,
    /// Hash of the source files it was trained on.
    pub data_hash: String,
    /// Hash of the settings.
    pub config_hash: String,
    /// What training recorded.
    pub record: Value,
}

/// Writes the record of a version that is whole.
///
/// # Errors
/// When a file cannot be written.
pub async fn write_record(env: &Env, version: &VersionRow) -> Result<(), Error> {
    let record = VersionRecord {
        format_version: 1,
        model: version.model.clone(),
        version: version.number,
        run: version.run.clone(),
        created_ms: version.created_ms,
        bundle_sha256: version.bundle_sha256.clone().unwrap_or_default(),
        data_hash: version.data_hash.clone().unwrap_or_default(),
        config_hash: version.config_hash.clone().unwrap_or_default(),
        record: version.record.clone().unwrap_or_default(),
    };
    let key = env.version_key(&version.folder, FILE);
    Ok(env.models.put(&key, to_json(&record)?).await?)
}
