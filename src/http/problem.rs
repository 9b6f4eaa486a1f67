//! What is wrong with a request, in words that never hold the caller's data, and its form in each protocol.

use serde_json::{Value, json};
use warp::http::StatusCode;

/// What sort of problem it is; each has its status and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The body or a parameter cannot be read.
    BadRequest,
    /// No token, or an unknown one.
    Unauthorized,
    /// The token's role does not allow it.
    Forbidden,
    /// No such path, model, version, run or file.
    NotFound,
    /// The path has other methods.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// It cannot be done now: a run is under way, the version is the champion.
    Conflict,
    /// More bytes or rows than allowed.
    TooLarge,
    /// A content type or encoding that is not understood.
    UnsupportedMediaType,
    /// Readable, but not what the model can answer.
    Unprocessable,
    /// More requests than the caller may make.
    TooManyRequests,
    /// This program failed.
    Internal,
    /// No model yet, too busy, draining, or too slow.
    Unavailable,
}

impl Code {
    /// Its HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Code::BadRequest => StatusCode::BAD_REQUEST,
            Code::Unauthorized => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Code::Conflict => StatusCode::CONFLICT,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Its name in the answer.
    pub fn name(self) -> &'static str {
        match self {
            Code::BadRequest => "bad_request",
            Code::Unauthorized => "unauthorized",
            Code::Forbidden => "forbidden",
            Code::NotFound => "not_found",
            Code::MethodNotAllowed => "method_not_allowed",
            Code::RequestTimeout => "request_timeout",
            Code::Conflict => "conflict",
            Code::TooLarge => "too_large",
            Code::UnsupportedMediaType => "unsupported_media_type",
            Code::Unprocessable => "unprocessable",
            Code::TooManyRequests => "too_many_requests",
            Code::Internal => "internal",
            Code::Unavailable => "unavailable",
        }
    }
}

/// A rejection on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What sort.
    pub code: Code,
    /// What is wrong and what would be right.
    pub message: String,
    /// The same for programs.
    pub details: Box<Value>,
    /// Methods that the path has, for [`Code::MethodNotAllowed`].
    pub allow: Option<String>,
    /// Seconds after which it is worth trying again.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem in words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Problem {
            code,
            message: message.into(),
            details: Box::new(json!({})),
            allow: None,
            retry_after: None,
        }
    }

    /// Adds what a program needs.
    pub fn with(mut self, details: Value) -> Self {
        self.details = Box::new(details);
        self
    }

    /// Adds when to try again.
    pub fn retry(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A fault of this program: the details go to the log, and the answer says so.
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = crate::text::causes(error).join(": ");
        tracing::error!(error = %error, causes, "a request failed");
        Problem::new(
            Code::Internal,
            "the server failed to answer; its log says why, under the request id",
        )
    }
}

/// A 404 in words.
pub fn not_found(what: impl Into<String>) -> Problem {
    Problem::new(Code::NotFound, what)
}
