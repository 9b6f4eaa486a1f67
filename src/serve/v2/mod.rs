//! The Open Inference Protocol v2 over REST, with the binary tensor data and classification extensions.
//!
//! A request goes through [`wire`] (JSON object and bytes), [`tensors`] (to the rows that everything else is scored from),
//! [`outputs`] (what was requested, and what the model says) and [`infer_response`] (as JSON or bytes).
//! [`elements`] and [`datatype`] know what an element is. [`v1`] is the protocol before it.

use utoipa::OpenApi;

mod api_schemas;
mod datatype;
mod elements;
pub mod health;
pub mod infer;
mod infer_response;
pub mod models;
mod outputs;
pub mod tensors;
pub mod v1;
pub mod wire;

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
    v1::list,
    v1::ready,
    v1::predict,
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
        let is_ours = |path: &&str| path.starts_with("/v2") || path.starts_with("/v1");
        let ours: std::collections::BTreeSet<_> = routes.filter(is_ours).collect();
        let documented: std::collections::BTreeSet<_> =
            document.paths.paths.keys().map(String::as_str).collect();
        assert_eq!(ours, documented);
    }
}
