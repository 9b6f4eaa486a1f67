//! In the place of `compat/names.rs` without the feature `train`: versions have no names.

use crate::serve::{Problem, State};

/// There is none.
pub async fn named(_: &State, _: &str, _: &str) -> Result<Option<i64>, Problem> {
    Ok(None)
}
