//! What continues beside the requests of a server with a project.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{State, diagnostics, drift_watch, live_watch, pages, probation};
use crate::http::auth::{Guard, new_secret};
use crate::registry::Registry;

/// How often is looked whether something was written.
const AT_HAND: Duration = Duration::from_millis(50);

/// Begins all of them. A new one has its line here.
pub fn begin(state: &Arc<State>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(probation::watch(state.clone())),
        tokio::spawn(drift_watch::watch(state.clone())),
        tokio::spawn(live_watch::watch(state.clone())),
        tokio::spawn(keep_at_hand(state.clone())),
    ]
}

/// Refreshes what the overview and `/diagnostics` show when something was written, or when it grows old, so that requests find it.
async fn keep_at_hand(state: Arc<State>) {
    let mut interval = tokio::time::interval(AT_HAND);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        if let Some(project) = &state.project {
            pages::refresh_home(&state, project).await;
            diagnostics::refresh(&state, project).await;
        }
    }
}

/// Looks now and then which sessions ended at other servers.
pub async fn look(state: &State) {
    if let Some(project) = &state.project {
        // While the registry does not answer, a logout elsewhere is not seen; the next poll sees it.
        if let Ok(ended) = project.registry.ended_sessions().await {
            state.guard.end_sessions(ended);
        }
    }
}

/// Takes the key of sessions that the project's servers share. Without a registry that can be written, a key of its own stays.
pub async fn share_sessions(guard: &Guard, registry: &Registry, now_ms: i64) {
    let fresh = new_secret();
    match registry.shared_secret("sessions", &fresh, now_ms).await {
        Ok(key) => guard.share_sessions(&key),
        Err(error) => {
            tracing::warn!("sessions are this server's alone: failed to {error}");
        }
    }
}
