//! What the server answered.

use serde_json::Value;

/// What came back of a call.
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) ms: f64,
    /// JSON where it was JSON, a text where it was one, else what it was.
    pub(super) body: Value,
}

impl Answer {
    /// The server failed, or did not answer.
    pub(super) fn is_failure(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }
}
