//! An answer before it is bytes on the wire.

use bytes::Bytes;
use serde::Serialize;
use warp::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use warp::http::{HeaderMap, Response, StatusCode};

use crate::model_types::VersionNumber;

// Parsed once, not for every answer.
const X_MODEL: HeaderName = HeaderName::from_static("x-model");
const X_MODEL_VERSION: HeaderName = HeaderName::from_static("x-model-version");

/// JSON.
pub const JSON: &str = "application/json";

/// An answer: status, headers, body, and its facts for metrics and logs.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers but those that every answer has.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Rows that were predicted.
    pub rows: u64,
    /// Model and version that answered.
    pub answered_by: Option<(HeaderValue, HeaderValue)>,
    /// Whether the body may be compressed for a caller who takes gzip.
    pub compressible: bool,
}

impl Reply {
    /// A body of a content type.
    pub fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply {
            status: StatusCode::OK,
            headers,
            body: body.into(),
            rows: 0,
            answered_by: None,
            compressible: false,
        }
    }

    /// A JSON body.
    pub fn json(value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Reply::new(JSON, body),
            // Only a map with keys that are not texts can fail; none of ours has such.
            Err(error) => {
                tracing::error!("an answer cannot be written as JSON: {error}");
                Reply::new(JSON, "{}").status(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// A text.
    pub fn text(body: impl Into<Bytes>) -> Self {
        Reply::new("text/plain; charset=utf-8", body)
    }

    /// With another status.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header; a value that cannot be in one is left out.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// With which version of which model answered, and for how many rows.
    pub fn by(mut self, model: &str, version: VersionNumber, rows: usize) -> Self {
        self.rows = rows as u64;
        let model = HeaderValue::from_str(model);
        let model = model.unwrap_or(HeaderValue::from_static("unnamed"));
        self.answered_by = Some((model, HeaderValue::from(version.get())));
        self
    }

    /// Allows the body to be compressed.
    pub fn compressible(mut self) -> Self {
        self.compressible = true;
        self
    }

    /// As warp sends it.
    pub fn into_response(mut self) -> Response<Bytes> {
        if let Some((model, version)) = self.answered_by {
            self.headers.insert(X_MODEL, model);
            self.headers.insert(X_MODEL_VERSION, version);
        }
        // A browser takes every body for what it is said to be.
        let nosniff = HeaderValue::from_static("nosniff");
        self.headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
