//! Whether requests should come here.

use serde::Serialize;
use utoipa::ToSchema;

use super::State;

/// One thing that is looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// What is looked at.
    pub name: String,
    /// Whether it is well.
    #[serde(rename = "ok")]
    pub is_well: bool,
    /// What there is to say of it.
    #[serde(rename = "message")]
    pub says: String,
}

/// Whether the server takes requests for predictions.
pub fn is_ready(state: &State) -> bool {
    let is_served = state
        .served_models
        .models()
        .any(|model| model.champion().is_some());
    let is_lost = state.served_models.models().any(|model| model.is_lost());
    !state.is_draining() && is_served && !is_lost && state.served_models.database().is_none()
}
