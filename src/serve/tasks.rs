//! What continues beside the requests: tasks that begin with a server and end with it.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{State, follow, project_tasks};

/// How often files of the settings are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The tasks of a server; they end when this is dropped.
pub struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    /// Begins all of them. A new one has its line here.
    pub fn begin(state: &Arc<State>) -> Self {
        let mut tasks = vec![
            tokio::spawn(follow::follow(state.clone())),
            tokio::spawn(refresh(state.clone())),
        ];
        tasks.extend(project_tasks::begin(state));
        Tasks(tasks)
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Looks at the files of the settings now and then.
async fn refresh(state: Arc<State>) {
    let mut interval = tokio::time::interval(EVERY);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        look_again(&state).await;
        project_tasks::look(&state).await;
    }
}

/// Looks at the files of the settings once more.
pub async fn look_again(state: &Arc<State>) {
    let state = state.clone();
    // A file may be on a slow disk; requests do not wait for it.
    let looked = tokio::task::spawn_blocking(move || state.guard.refresh()).await;
    if let Err(error) = looked {
        tracing::error!("the files of the settings could not be looked at: {error}");
    }
}
