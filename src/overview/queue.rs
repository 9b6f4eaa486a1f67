//! The queue of jobs and the schedule: what is open, what is tried again when, what was given up, and the next runs.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::error::Error;
use crate::config::ModelConfig;
use crate::registry::{JobState, Registry};
use crate::schedule::{Origin, Plan};

/// Days for which dead-lettered jobs are counted.
const DEAD_DAYS: i64 = 7;
/// Next runs that are listed.
pub const NEXT: usize = 3;

/// The queue in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct QueueStatus {
    /// Jobs that wait for a worker or for another attempt.
    pub queued: i64,
    /// Jobs that a worker is at.
    pub running: i64,
    /// Jobs that were dead-lettered in the last seven days.
    pub dead: i64,
    /// Workers that were heard of lately.
    pub workers: Vec<String>,
}

/// The queue in numbers.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn queue(registry: &Registry, now_ms: i64) -> Result<QueueStatus, Error> {
    let counts = registry.open_job_counts().await?;
    let of = |state: JobState| {
        let same = counts.iter().filter(|(_, name, _)| *name == state);
        same.map(|(_, _, count)| count).sum()
    };
    let dead = registry.dead_jobs(now_ms - DEAD_DAYS * 86_400_000).await?;
    Ok(QueueStatus {
        queued: of(JobState::Queued),
        running: of(JobState::Running),
        dead: dead.iter().map(|(_, count)| count).sum(),
        workers: registry.living_workers().await?,
    })
}

/// When a model's runs are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScheduleStatus {
    /// The cron expression; nothing where runs are started by hand.
    pub cron: Option<String>,
    /// The zone in which it is read.
    pub timezone: Option<String>,
    /// Who set it, when it is not `config.json`'s.
    pub set_by: Option<String>,
    /// Whether it is paused.
    pub paused: bool,
    /// Who paused it.
    pub paused_by: Option<String>,
    /// The next runs, in the schedule's zone, never in the past; none while it is paused.
    pub next: Vec<String>,
}

/// When a model's runs are due.
///
/// # Errors
/// When the registry cannot be reached, or what is stored there is no schedule.
pub async fn schedule(
    registry: &Registry,
    model: &ModelConfig,
    now: DateTime<Utc>,
) -> Result<ScheduleStatus, Error> {
    let row = registry.schedule(&model.name).await?;
    let plan = Plan::of(model, &row)?;
    let is_paused = row.is_paused();
    let next = plan.as_ref().filter(|_| !is_paused).map(|plan| {
        let ticks = plan.ticks_after(now).take(NEXT);
        let shown = ticks.map(|at| at.with_timezone(&plan.zone));
        shown
            .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .collect()
    });
    let set_by = match plan.as_ref().map(|plan| &plan.origin) {
        Some(Origin::Set { by, .. }) => Some(by.clone()),
        _ => None,
    };
    Ok(ScheduleStatus {
        cron: plan.as_ref().map(|plan| plan.expression.to_string()),
        timezone: plan.as_ref().map(|plan| plan.zone.name().to_string()),
        set_by,
        paused: is_paused,
        paused_by: row.paused_by.filter(|_| is_paused),
        next: next.unwrap_or_default(),
    })
}
