//! The form of a switched version, and what calls of `/set-model` may ask.

use serde::Serialize;
use utoipa::ToSchema;
use warp::http::Method;

use crate::serve::rows::version_of;
use crate::serve::{Code, Problem, Request};

/// A version that came into production.
#[derive(Debug, Serialize, ToSchema)]
pub struct Switched {
    /// The version.
    pub current_version: i64,
    /// When, in UTC; nothing where that is not known.
    pub timestamp: Option<String>,
}

/// The version that a call of `/set-model` names.
///
/// # Errors
/// 405 for a HEAD, 400 for what is no version.
pub fn asked_version(request: &Request) -> Result<String, Problem> {
    if request.method == Method::HEAD {
        let why = "this path answers to GET alone: it changes the version in production";
        let mut problem = Problem::new(Code::MethodNotAllowed, why);
        problem.allow = Some("GET".to_string());
        return Err(problem);
    }
    let bad = |why: &str| Err(Problem::new(Code::BadRequest, why));
    match request.query("version").as_deref().map(version_of) {
        Some(Ok(Some(version))) if version.get() > 0 => Ok(version.to_string()),
        Some(_) => bad("the `version` is not a number like 3"),
        None => bad("the parameter `version` is missing; send ?version=3"),
    }
}

/// A bundle alone cannot be switched.
pub fn no_other_version() -> Problem {
    let why = "the server has a bundle and no project, so there is no other version; start it with `unseat serve` in a project";
    Problem::new(Code::Conflict, why)
}
