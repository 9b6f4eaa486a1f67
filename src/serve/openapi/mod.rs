//! The API document, and the page that shows it.

use utoipa::OpenApi;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi()]
pub struct Doc;
