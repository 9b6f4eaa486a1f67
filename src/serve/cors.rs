//! Pages of other origins that ask from a browser: those that the settings list are answered so that the browser lets them
//! read it, and what they may send is told before they do (a preflight, Fetch standard, section 3.3).

use warp::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use warp::http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::router::Router;
use super::{Code, Problem, Reply};

/// What a page may send. No header that stands for "no page sent this" is among them.
const SENT: &str = "authorization, content-type, content-encoding, accept, x-request-id, inference-header-content-length";
/// What a page may read.
const READ: &str =
    "x-model, x-model-version, x-request-id, retry-after, inference-header-content-length";
/// Seconds for which a browser need not ask again.
const SECONDS: &str = "600";

/// Whether a browser asks what a page may send.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(ORIGIN)
        && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// What a page of an origin may send to a path; `origin` is `None` where the settings do not list it.
///
/// # Errors
/// 403 for an origin that is not listed, 404 for a path that is not there.
pub fn preflight(
    router: &Router,
    path: &str,
    origin: Option<&HeaderValue>,
) -> Result<Reply, Problem> {
    if origin.is_none() {
        return Err(Problem::new(
            Code::Forbidden,
            "pages of this origin may not ask from a browser: the answer has no access-control-allow-origin; list the origin in `server.cors_origins` to let them",
        ));
    }
    let methods = router.methods(path).ok_or_else(|| {
        let why = "there is nothing at this path; /docs lists what there is";
        Problem::new(Code::NotFound, why)
    })?;
    let mut reply = Reply::text("").status(StatusCode::NO_CONTENT);
    let told = [
        (ACCESS_CONTROL_ALLOW_METHODS, methods.as_str()),
        (ACCESS_CONTROL_ALLOW_HEADERS, SENT),
        (ACCESS_CONTROL_MAX_AGE, SECONDS),
    ];
    for (name, value) in told {
        if let Ok(value) = HeaderValue::from_str(value) {
            reply.headers.insert(name, value);
        }
    }
    Ok(reply)
}

/// Lets pages of the origin read an answer.
pub fn answered(reply: &mut Reply, origin: &HeaderValue) {
    let headers = &mut reply.headers;
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(READ),
    );
    headers.append(VARY, HeaderValue::from_static("origin"));
}
