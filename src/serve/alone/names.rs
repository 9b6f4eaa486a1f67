//! In the place of `compat/names.rs` without the feature `train`: versions have no names.

use crate::model_types::VersionNumber;
use crate::serve::{Problem, State};

/// There is none.
pub async fn named(_: &State, _: &str, _: &str) -> Result<Option<VersionNumber>, Problem> {
    Ok(None)
}
