//! The Open Inference Protocol v2 over REST.

use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi()]
pub struct Doc;
