//! The protocol a path belongs to, which decides the form of its problems.

use serde_json::json;

use super::problem::{Code, Problem};
use crate::http::reply::Reply;

/// The protocol a path belongs to, which decides the form of its problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `{"error": {"code", "message", "details"}}`.
    Native,
    /// `{"error": "…"}`.
    Plain,
    /// `{"detail": "…"}`.
    Detail,
    /// `{"message": "…"}`.
    Message,
    /// `{"error_code": "BAD_REQUEST", "message": "…"}`.
    Mlflow,
    /// A page for a browser, and the native form for other clients.
    Page,
}

impl Dialect {
    /// All that have a form of their own.
    pub const ALL: [Dialect; 5] = [
        Dialect::Native,
        Dialect::Plain,
        Dialect::Detail,
        Dialect::Message,
        Dialect::Mlflow,
    ];

    /// Its name in the documents.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::Native => "native",
            Dialect::Plain => "plain",
            Dialect::Detail => "detail",
            Dialect::Message => "message",
            Dialect::Mlflow => "mlflow",
            Dialect::Page => "page",
        }
    }

    /// The problem as this protocol's clients read it.
    pub fn tell(self, problem: &Problem) -> Reply {
        let message = &problem.message;
        let body = match self {
            Dialect::Native | Dialect::Page => json!({"error": {
                "code": problem.code.name(), "message": message, "details": problem.details,
            }}),
            Dialect::Plain => json!({"error": message}),
            Dialect::Detail => json!({"detail": message}),
            Dialect::Message => json!({"message": message}),
            Dialect::Mlflow => json!({"error_code": mlflow_code(problem.code), "message": message}),
        };
        let mut reply = Reply::json(&body).status(problem.code.status());
        if let Some(methods) = &problem.allow {
            reply = reply.header("allow", methods);
        }
        if let Some(seconds) = problem.retry_after {
            reply = reply.header("retry-after", &seconds.to_string());
        }
        if problem.code == Code::Unauthorized {
            reply = reply.header("www-authenticate", "Bearer");
        }
        reply
    }
}

pub(super) fn mlflow_code(code: Code) -> &'static str {
    match code {
        Code::Internal => "INTERNAL_ERROR",
        Code::Unavailable => "TEMPORARILY_UNAVAILABLE",
        Code::NotFound => "RESOURCE_DOES_NOT_EXIST",
        Code::Unauthorized => "UNAUTHENTICATED",
        Code::Forbidden => "PERMISSION_DENIED",
        Code::TooManyRequests => "REQUEST_LIMIT_EXCEEDED",
        _ => "BAD_REQUEST",
    }
}
