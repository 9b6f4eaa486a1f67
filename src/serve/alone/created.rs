//! In the place of `created.rs` without the feature `train`: no model is created while the server runs.

use crate::serve::State;
use crate::serving::Error;

/// There are none.
pub async fn sync(_: &State) -> Result<(), Error> {
    Ok(())
}
