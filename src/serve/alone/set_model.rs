//! In the place of `compat/set_model.rs` without the feature `train`: a bundle alone has no other version, and no past.

use std::sync::Arc;

use crate::serve::compat::switched::{Switched, asked_version, no_other_version};
use crate::serve::{Problem, Reply, Request, State};

/// Always rejected.
pub async fn set_model(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    asked_version(&request)?;
    state
        .served_models
        .model(request.query("model").as_deref())?;
    Err(no_other_version())
}

/// There is none.
pub async fn past(_: &State, _: &Request) -> Result<Option<Vec<Switched>>, Problem> {
    Ok(None)
}
