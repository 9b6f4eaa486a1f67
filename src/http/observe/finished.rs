//! What is known of a request that was answered.

use std::net::SocketAddr;
use std::time::Duration;

use warp::http::{HeaderMap, Method, StatusCode};

/// A request that was answered.
pub struct Finished<'a> {
    /// Index into the table of routes; `None` for a path or method that is not there.
    pub route: Option<usize>,
    /// The method.
    pub method: &'a Method,
    /// The path as it was requested.
    pub path: &'a str,
    /// The status of the answer.
    pub status: StatusCode,
    /// How long it took from the head to the answer.
    pub duration: Duration,
    /// Rows that were predicted.
    pub rows: u64,
    /// Model and version that answered, as the answer's headers say them.
    pub answered_by: Option<(&'a str, &'a str)>,
    /// Bytes of the answer.
    pub bytes: usize,
    /// The request's id.
    pub id: &'a str,
    /// The caller's name, when they were let in.
    pub caller: Option<&'a str>,
    /// Where from.
    pub peer: Option<SocketAddr>,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}
