//! What is told of requests: metrics, access log, traces, prediction log. All of it off the path of the request.

use std::net::SocketAddr;
use std::time::Duration;

use warp::http::{HeaderMap, Method, StatusCode};

use super::Fleet;

/// Everything that watches.
#[derive(Default)]
pub struct Observer {}

/// A request that was answered.
pub struct Finished<'a> {
    /// Index into the table of routes; `None` for a path or method that is not there.
    pub route: Option<usize>,
    /// The method.
    pub method: &'a Method,
    /// The path as it was asked for.
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
    /// The caller's name, when he was let in.
    pub caller: Option<&'a str>,
    /// Where from.
    pub peer: Option<SocketAddr>,
    /// The request's headers.
    pub headers: &'a HeaderMap,
}

impl Observer {
    /// A request begins; it is under way until [`Observer::finished`].
    pub fn began(&self) {}

    /// A request was answered.
    pub fn finished(&self, _request: &Finished<'_>) {}

    /// A champion was loaded, or could not be.
    pub fn reloaded(&self, _model: &str, _is_well: bool) {}

    /// The metrics as text, with what the fleet says now.
    pub fn expose(&self, _fleet: &Fleet) -> String {
        String::new()
    }
}
