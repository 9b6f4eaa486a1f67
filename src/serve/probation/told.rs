//! The line of the audit log about a probation that this server concluded by itself.

use serde_json::json;

use crate::model_types::VersionNumber;
use crate::pipeline;
use crate::serve::State;
use crate::serve::audit::append_line;

/// Appends a line about a probation that this server concluded by itself.
pub async fn tell(
    state: &State,
    model: &str,
    action: &'static str,
    version: VersionNumber,
    reason: &str,
) {
    let at = state.clock.now();
    let line = json!({
        "time": at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "caller": pipeline::PROBATION,
        "action": action,
        "model": model,
        "version": version,
        "outcome": "done",
        "reason": reason,
    });
    append_line(state, line).await;
}
