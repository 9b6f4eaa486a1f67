//! The heartbeat of a lock, so that other machines see that its holder lives.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Env;
use crate::registry::Lock;

/// Renews a lock while the run computes.
pub struct Heartbeat {
    stopped: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<()>,
}

impl Heartbeat {
    /// Begins to beat.
    pub fn start(env: &Env, lock: &Lock) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let (flag, registry, lock, clock) = (
            stopped.clone(),
            env.registry.clone(),
            lock.clone(),
            env.clock,
        );
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(15)).await;
                if flag.load(Ordering::Relaxed) {
                    return;
                }
                // A missed beat is no harm: the next one comes, and the conclusion checks the lock itself.
                let _ = registry.renew_lock(&lock, clock.now_ms()).await;
            }
        });
        Heartbeat { stopped, task }
    }

    /// Beats no more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}
