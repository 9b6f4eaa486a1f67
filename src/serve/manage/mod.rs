//! Models, versions and runs: looking at them and changing them.

use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi()]
pub struct Doc;
