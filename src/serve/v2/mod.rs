//! The Open Inference Protocol v2 over REST, with the binary tensor data and classification extensions.
//!
//! A request goes through [`wire`] (JSON object and bytes), [`tensors`] (to the rows that everything else is scored from),
//! and [`outputs`] (what was asked for, as JSON or bytes). [`elements`] and [`datatype`] know what an element is.

use utoipa::OpenApi;

mod datatype;
mod elements;
mod forms;
pub mod health;
pub mod infer;
pub mod models;
mod outputs;
mod tensors;
mod wire;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(
    health::live,
    health::ready,
    health::server,
    models::metadata,
    models::version_metadata,
    models::ready,
    models::version_ready,
    models::index,
    models::load,
    models::unload,
    infer::infer,
    infer::infer_version,
))]
pub struct Doc;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::routes::ROUTES;

    #[test]
    fn every_path_is_in_the_document() {
        let document = Doc::openapi();
        let routes = ROUTES.iter().map(|route| route.path);
        let ours: std::collections::BTreeSet<_> =
            routes.filter(|path| path.starts_with("/v2")).collect();
        let documented: std::collections::BTreeSet<_> =
            document.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(ours, documented);
    }
}
