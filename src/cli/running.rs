//! A process that stays says in the database that it lives, so that whoever copies or replaces the database elsewhere sees it.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::registry::{ProcessId, Registry, SAYS_EVERY_SECONDS};

/// How often it says so.
const EVERY: Duration = Duration::from_secs(SAYS_EVERY_SECONDS);

/// This process, as long as it stays; nothing of one that has no database, or that can only read it: what only reads loses nothing.
pub struct Running(Option<Beating>);

struct Beating {
    registry: Registry,
    me: ProcessId,
    task: JoinHandle<()>,
}

impl Running {
    /// Says that this process is there, now and again and again.
    pub async fn begin(
        registry: Option<&Registry>,
        command: &'static str,
        address: Option<String>,
    ) -> Self {
        let Some(registry) = registry.filter(|it| !it.is_read_only()).cloned() else {
            return Running(None);
        };
        let me = ProcessId::current();
        say(&registry, &me, command, address.as_deref()).await;
        let task = tokio::spawn({
            let (registry, me) = (registry.clone(), me.clone());
            async move {
                loop {
                    tokio::time::sleep(EVERY).await;
                    say(&registry, &me, command, address.as_deref()).await;
                }
            }
        });
        Running(Some(Beating { registry, me, task }))
    }

    /// Says that this process ends. Before the registry is closed.
    pub async fn end(self) {
        let Some(Beating { registry, me, task }) = self.0 else {
            return;
        };
        task.abort();
        // One that was writing finishes first, or its row would come back.
        let _ = task.await;
        if let Err(error) = registry.role_leaves(&me).await {
            tracing::debug!("the end of this process is not noted: {error}");
        }
    }
}

async fn say(registry: &Registry, me: &ProcessId, command: &str, address: Option<&str>) {
    if let Err(error) = registry.role_lives(me, command, address).await {
        tracing::debug!("the database cannot be told that this process is there: {error}");
    }
}
