//! One look at the clock: which ticks are due, a row for each, a job for the one that fires.

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};

use super::{Error, Plan};
use crate::clock::{Clock, rfc3339};
use crate::config::ModelConfig;
use crate::cron::{self, Due, Earlier, Missed, Outcome, Tick};
use crate::jobs::{self, Launcher, Queue, Submitted};
use crate::pipeline::Ids;
use crate::registry::{
    NewJob, ScheduleRow, TickOutcome, TickRow, add_tick, follow_schedule, move_cursor,
};

/// Follows the schedules of a project's models.
pub struct Scheduler {
    /// Where jobs go.
    pub queue: Queue,
    /// The models; their settings may be exchanged while the schedules are followed.
    pub models: ArcSwap<Vec<ModelConfig>>,
    /// What time it is.
    pub clock: Clock,
    /// Where ids come from.
    pub ids: Ids,
    /// Starts machines for jobs, where the settings say how.
    pub launcher: Option<Launcher>,
}

/// What a look at one model came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Polled {
    /// Jobs that were queued.
    pub queued: Vec<String>,
    /// Ticks that were recorded without a job.
    pub left_out: usize,
}

impl Scheduler {
    /// Looks at every model; what goes wrong with one is logged and keeps no other from its tick.
    pub async fn poll_and_log(&self) {
        for model in self.models.load_full().iter() {
            match self.poll(model).await {
                Ok(looked) => {
                    for job in looked.queued {
                        tracing::info!(model = model.name, job, "a tick made a job");
                    }
                }
                Err(error) => {
                    let causes = crate::text::causes(&error).join(": ");
                    tracing::warn!(
                        model = model.name,
                        "a schedule could not be followed: {error} {causes}"
                    );
                }
            }
        }
        if let Some(launcher) = &self.launcher
            && let Err(error) = launcher.look().await
        {
            let causes = crate::text::causes(&error).join(": ");
            tracing::warn!("no machine could be started: {error} {causes}");
        }
    }

    /// Looks at one model.
    ///
    /// # Errors
    /// When the registry or the queue cannot be used; the next look does what this one did not.
    pub async fn poll(&self, model: &ModelConfig) -> Result<Polled, Error> {
        let row = self.queue.registry.schedule(&model.name).await?;
        let now = self.clock.now();
        let Some(plan) = Plan::of(model, &row)? else {
            // Should one come back, it begins then: what lies between is not made up for.
            if row.followed.is_some_and(|followed| !followed.is_empty()) {
                self.begin(model, "", now).await?;
            }
            return Ok(Polled::default());
        };
        let Some(followed) = Followed::of(&plan, &row) else {
            // A schedule that is new, or was edited, begins now: it never fires for what lies behind.
            self.begin(model, &plan.followed(), now).await?;
            return Ok(Polled::default());
        };
        let due = cron::due(&plan.rule(model, followed.since), followed.cursor, now);
        if let Some(ahead) = due.cursor_ahead_by {
            let hours = ahead.num_hours();
            tracing::warn!(
                model = model.name,
                "the clock went back by {hours} hours; the schedule begins again"
            );
            self.begin(model, &plan.followed(), now).await?;
        }
        self.record(model, &plan, &due, now).await
    }

    /// Gives each tick that was settled its row, and moves the cursor behind them.
    async fn record(
        &self,
        model: &ModelConfig,
        plan: &Plan,
        due: &Due,
        now: DateTime<Utc>,
    ) -> Result<Polled, Error> {
        let mut looked = Polled::default();
        if due.ticks.is_empty() {
            return Ok(looked);
        }
        let (fire, left_out): (Vec<&Tick>, Vec<&Tick>) =
            due.ticks.iter().partition(|tick| tick.outcome.fires());
        for tick in fire {
            match self.fire(model, plan, tick, now).await? {
                Some(job) => looked.queued.push(job),
                None => looked.left_out += 1,
            }
        }
        let mut rows: Vec<TickRow> = left_out
            .into_iter()
            .map(|tick| row(model, tick, now))
            .collect();
        rows.extend(due.earlier.map(|earlier| sum(model, &earlier, now)));
        let registry = &self.queue.registry;
        let mut transaction = registry.begin().await?;
        for row in &rows {
            looked.left_out += usize::from(add_tick(&mut transaction, row).await?);
        }
        let at_ms = due.cursor.timestamp_millis();
        move_cursor(&mut transaction, &model.name, &plan.followed(), at_ms).await?;
        transaction.commit().await?;
        Ok(looked)
    }

    /// Makes a tick's job, unless a run of the model is under way or another scheduler has made it.
    async fn fire(
        &self,
        model: &ModelConfig,
        plan: &Plan,
        tick: &Tick,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, Error> {
        let asked = jobs::new_job(self.ids, &model.name, "schedule", "schedule", now);
        let job = NewJob {
            tick_ms: Some(tick.at.timestamp_millis()),
            ..asked
        };
        match jobs::submit(&self.queue, &job, plan.overlap).await? {
            Submitted::Queued(id) => Ok(Some(id)),
            Submitted::LeftOut(reason) => {
                let at = rfc3339(tick.at.timestamp_millis());
                tracing::info!(model = model.name, "the tick of {at} is left out: {reason}");
                Ok(None)
            }
            // Nothing is in a tick's way but what leaves it out.
            Submitted::Known | Submitted::Busy(_) => Ok(None),
        }
    }

    async fn begin(
        &self,
        model: &ModelConfig,
        followed: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let mut transaction = self.queue.registry.begin().await?;
        let now_ms = now.timestamp_millis();
        follow_schedule(&mut transaction, &model.name, followed, now_ms).await?;
        Ok(transaction.commit().await?)
    }
}

/// How far a schedule was worked off.
struct Followed {
    since: DateTime<Utc>,
    cursor: DateTime<Utc>,
}

impl Followed {
    /// `None` when the schedule is another one than was followed.
    fn of(plan: &Plan, row: &ScheduleRow) -> Option<Self> {
        if row.followed.as_deref() != Some(&plan.followed()) {
            return None;
        }
        Some(Followed {
            since: DateTime::from_timestamp_millis(row.since_ms?)?,
            cursor: DateTime::from_timestamp_millis(row.cursor_ms?)?,
        })
    }
}

/// The row of a tick that does not fire.
fn row(model: &ModelConfig, tick: &Tick, now: DateTime<Utc>) -> TickRow {
    let (outcome, reason) = match tick.outcome {
        Outcome::SkippedPaused => (TickOutcome::Skipped, "the schedule was paused"),
        Outcome::Missed(Missed::PausedSince) => (
            TickOutcome::Missed,
            "the scheduler was not running, and the schedule was paused since",
        ),
        Outcome::Missed(Missed::TooLate) => (
            TickOutcome::Missed,
            "the scheduler was not running; it is too late to catch up",
        ),
        Outcome::Missed(Missed::Superseded) => (
            TickOutcome::Missed,
            "the scheduler was not running; a later tick fired",
        ),
        Outcome::Fire | Outcome::CatchUp => (TickOutcome::Pending, "its job waits for a worker"),
    };
    TickRow {
        model: model.name.clone(),
        tick_ms: tick.at.timestamp_millis(),
        outcome,
        reason: reason.to_string(),
        job: None,
        run: None,
        at_ms: now.timestamp_millis(),
    }
}

/// One row for ticks that were too many to list.
fn sum(model: &ModelConfig, earlier: &Earlier, now: DateTime<Utc>) -> TickRow {
    let since = rfc3339(earlier.first.timestamp_millis());
    TickRow {
        model: model.name.clone(),
        tick_ms: earlier.last.timestamp_millis(),
        outcome: TickOutcome::Missed,
        reason: format!(
            "the scheduler was not running; this row sums up all ticks since {since}: {} missed, {} in a pause",
            earlier.missed, earlier.skipped_paused
        ),
        job: None,
        run: None,
        at_ms: now.timestamp_millis(),
    }
}
