//! What continues beside the requests: tasks that begin with a server and end with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{State, diagnostics, drift_watch, follow, live_watch, pages, probation};
use crate::http::auth::{Guard, new_secret};
use crate::registry::Registry;

/// How often files of the settings are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How often is looked whether something was written.
const AT_HAND: Duration = Duration::from_millis(50);

/// The tasks of a server; they end when this is dropped.
pub struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    /// Begins all of them. A new one has its line here.
    pub fn begin(state: &Arc<State>) -> Self {
        Tasks(vec![
            tokio::spawn(follow::follow(state.clone())),
            tokio::spawn(refresh(state.clone())),
            tokio::spawn(probation::watch(state.clone())),
            tokio::spawn(drift_watch::watch(state.clone())),
            tokio::spawn(live_watch::watch(state.clone())),
            tokio::spawn(keep_at_hand(state.clone())),
        ])
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
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

/// Looks at the files of the settings now and then.
async fn refresh(state: Arc<State>) {
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        look_again(&state).await;
        if let Some(project) = &state.project {
            // While the registry does not answer, a logout elsewhere is not seen; the next poll sees it.
            if let Ok(ended) = project.registry.ended_sessions().await {
                state.guard.end_sessions(ended);
            }
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

pub async fn look_again(state: &Arc<State>) {
    let state = state.clone();
    // A file may be on a slow disk; requests do not wait for it.
    let looked = tokio::task::spawn_blocking(move || state.guard.refresh()).await;
    if let Err(error) = looked {
        tracing::error!("the files of the settings could not be looked at: {error}");
    }
}
