//! The API document, the page that shows it, and the page at `/`.
//!
//! [`parts`] gathers what every room says of its paths, [`common`] adds by machine what all of them share, [`models`] what
//! is particular to the models that are served, [`document`] makes bytes of it. [`page`] and [`landing`] are for people.

mod common;
mod document;
mod landing;
mod models;
mod page;
mod parts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value};
use utoipa::OpenApi;

use super::{Problem, Reply, Request, State, pages};
use crate::http::problem::not_found;
use crate::http::reply::JSON;
use crate::http::route_name::RouteTable;

/// What this room adds to the API document.
#[derive(OpenApi)]
#[openapi(paths(landing, document, docs, docs_file))]
pub struct Doc;

/// Path → method → operation as the rooms describe them, without what is added by machine.
pub fn gathered(table: &RouteTable) -> Map<String, Value> {
    parts::gathered(table).paths
}

/// What is served here
///
/// Name and version of the server, its models and where to look further: a page for people, JSON for a caller whose
/// `Accept` names `application/json`. The page is the dashboard for callers who may read it; without a token, a server that needs one shows the login form.
#[utoipa::path(
    get,
    path = "/",
    tag = "openapi",
    responses((status = 200, description = "Models and ways on", content(
        (String = "text/html"),
        (landing::Landing = "application/json"),
    ))),
)]
pub async fn landing(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let mut landing = landing::of(&state);
    for (model, version) in super::project_checks::held(&state).await {
        landing.hold(&model, version);
    }
    let reply = if !pages::ARE_THERE || landing::wants_json(&request.headers) {
        Reply::json(&landing)
    } else {
        pages::home(&state, &request).await?
    };
    Ok(reply.header("vary", "accept"))
}

/// The API document
///
/// OpenAPI 3.1, with a schema of the rows of each model that is served; it changes when a champion does.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "openapi",
    responses(
        (status = 200, description = "The document", body = Object, headers(("ETag" = String, description = "Changes when the document does"))),
        (status = 304, description = "The caller's copy, named by `If-None-Match`, is the present one"),
    ),
)]
pub async fn document(state: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let document = document::present(&state, &request.caller);
    let fresh = Reply::new(JSON, document.bytes.clone()).compressible();
    Ok(tagged(fresh, &request, &document.tag))
}

/// The interactive page
///
/// Shows this document and tries it out; needs no internet.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "openapi",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub async fn docs(_: Arc<State>, request: Request) -> Result<Reply, Problem> {
    Ok(page::page(request.path.ends_with('/')))
}

/// A file of the interactive page
///
/// Scripts, styles and images that `/docs` asks for.
#[utoipa::path(
    get,
    path = "/docs/{file}",
    tag = "openapi",
    params(("file" = String, Path, description = "Name of the file", example = "start.js")),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/javascript"), (String = "text/css"), (String = "image/png"),
        ), headers(("ETag" = String, description = "Changes when the file does"))),
        (status = 304, description = "The caller's copy, named by `If-None-Match`, is the present one"),
    ),
)]
pub async fn docs_file(_: Arc<State>, request: Request) -> Result<Reply, Problem> {
    let Some(file) = page::file(request.param("file")) else {
        return Err(not_found("the page has no such file; it starts at /docs"));
    };
    Ok(tagged(file.compressible(), &request, page::TAG))
}

/// The reply with its tag; without its body where the caller has it already.
fn tagged(fresh: Reply, request: &Request, tag: &str) -> Reply {
    let known = request.headers.get_all("if-none-match").iter();
    let mut known = known.filter_map(|value| value.to_str().ok());
    let is_known = known.any(|list| {
        let mut tags = list.split(',').map(str::trim);
        tags.any(|it| it == "*" || it.trim_start_matches("W/") == tag)
    });
    let mut reply = fresh
        .header("etag", tag)
        .header("cache-control", "no-cache");
    if is_known {
        reply.status = warp::http::StatusCode::NOT_MODIFIED;
        reply.body = bytes::Bytes::new();
        reply.headers.remove("content-type");
        reply.compressible = false;
    }
    reply
}
