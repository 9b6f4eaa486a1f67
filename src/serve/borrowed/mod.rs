//! Other systems' calls, spoken exactly: each in a file of its own.

use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi()]
pub struct Doc;
