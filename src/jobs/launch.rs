//! A machine of its own for a job: `jobs.launch` is called for each job that waits, by the process that polls first, and what it starts takes
//! the job as any worker does. What goes wrong is on the job.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::{Error, Queue};
use crate::clock::Clock;
use crate::config::Jobs;
use crate::notify;
use crate::registry::{JobRow, LaunchFailed};

/// What calls the command.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// Where jobs are.
    pub queue: Queue,
    /// The settings, which may be exchanged.
    pub settings: Arc<ArcSwap<Jobs>>,
    /// Folder in which the command is called.
    pub project: PathBuf,
    /// What time it is.
    pub clock: Clock,
}

impl Launcher {
    /// Whether jobs get machines of their own.
    pub fn is_on(&self) -> bool {
        !self.settings.load().launch.is_empty()
    }

    /// Starts a machine for each job that waits for one. A look costs one question while there is none.
    ///
    /// # Errors
    /// When the registry cannot be reached; what the command did wrong is on its job.
    pub async fn look(&self) -> Result<(), Error> {
        let settings = self.settings.load_full();
        if settings.launch.is_empty() {
            return Ok(());
        }
        let registry = &self.queue.registry;
        for job in registry.jobs_to_launch().await? {
            let again = Duration::from_secs_f64(settings.launch_again_minutes * 60.0);
            // Before it is called: one that dies now is called again, and none is called twice.
            let why = "a machine is started for it; no worker has begun it yet";
            if !registry.claim_launch(&job.id, millis(again), why).await? {
                continue;
            }
            tracing::info!(job = job.id, model = job.model, "a machine is started");
            let (argv, project) = (filled(&settings.launch, &job), self.project.clone());
            let timeout = Duration::from_secs_f64(settings.launch_seconds);
            let body = serde_json::json!({"job": job.id, "model": job.model, "run": job.run});
            let called = tokio::task::spawn_blocking(move || {
                call(&argv, &project, &body.to_string(), timeout)
            });
            if let Err(why) = called.await.unwrap_or_else(|error| Err(error.to_string())) {
                self.failed(&settings, &job, &why).await?;
            }
        }
        Ok(())
    }

    /// Tried again later, each time after twice as long, as often as a run would be.
    async fn failed(&self, settings: &Jobs, job: &JobRow, why: &str) -> Result<(), Error> {
        tracing::warn!(job = job.id, "no machine could be started: {why}");
        let attempts = job.attempts + 1;
        let is_last = attempts >= i64::from(settings.attempts);
        let seconds = settings.backoff_seconds * 2_f64.powi(job.attempts.clamp(0, 20) as i32);
        let failed = LaunchFailed {
            error: format!("no machine could be started for it: {why}"),
            wait_ms: (!is_last).then(|| millis(Duration::from_secs_f64(seconds))),
        };
        let now_ms = self.clock.now_ms();
        let registry = &self.queue.registry;
        registry.launch_failed(&job.id, &failed, now_ms).await
    }
}

fn call(argv: &[String], project: &Path, body: &str, timeout: Duration) -> Result<(), String> {
    notify::call(argv, project, body, timeout).map_err(|error| {
        let mut parts = vec![error.to_string()];
        parts.extend(crate::text::causes(&error));
        parts.join(": ")
    })
}

fn filled(argv: &[String], job: &JobRow) -> Vec<String> {
    let fill = |part: &String| {
        part.replace("{job}", &job.id)
            .replace("{model}", &job.model)
    };
    argv.iter().map(fill).collect()
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
