//! Spans in a program that was built without the feature `otel`: there are none, and asking for them is rejected.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::finished::Finished;

/// Takes no spans: there is none of it.
pub enum Spans {}

impl Spans {
    /// Rejects.
    ///
    /// # Errors
    /// Always.
    pub fn to(_endpoint: &str, _scheme: &'static str) -> Result<Self, String> {
        Err(
            "use `server.otlp_endpoint`: this program was built without the feature `otel`"
                .to_string(),
        )
    }

    /// Never called.
    pub fn offer(
        &self,
        _request: &Finished<'_>,
        _route: Option<&'static str>,
        _end: DateTime<Utc>,
    ) -> u128 {
        match *self {}
    }

    /// Never called.
    pub fn close(&self, _time: Duration) -> bool {
        match *self {}
    }
}
