//! One attempt at a job: begin its run or take it over, watch it, and say what became of it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::carriers::living_workers;
use super::child::{Body, Program, last_word};
use super::outcome::{End, Next, Said, next};
use super::queue::put_back;
use super::{Error, Queue};
use crate::config::Jobs;
use crate::pipeline::run_log;
use crate::registry::{JobEnd, JobRow, JobState, PutBack, RunRow};

/// How often a run under way is looked at: whether somebody wants it to end, and which stage it is in.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Wait before another look at a model whose lock somebody has.
const LOCKED_WAIT: Duration = Duration::from_secs(2);

/// What a worker works with.
pub struct Bench {
    /// Where jobs come from.
    pub queue: Queue,
    /// What is started for a run.
    pub program: Program,
    /// The settings.
    pub settings: Jobs,
    /// Whether the worker is to end.
    pub stop: watch::Receiver<bool>,
}

/// How watching a run ended.
enum Over {
    /// The run ended.
    Ended(End),
    /// The worker ended it, because somebody wanted the job to end.
    Cancelled(String),
    /// The worker ended it, because the worker itself is to end.
    Stopped,
    /// The worker ended it, because it took too long.
    TooLong(String),
    /// Another worker has the job.
    NotMine,
}

impl Bench {
    /// Does what is to be done about a job.
    ///
    /// # Errors
    /// When the registry cannot be asked or changed; the queue brings the job again.
    pub async fn attend(&self, me: &str, id: &str) -> Result<(), Error> {
        let registry = &self.queue.registry;
        let Some(job) = registry.job(id).await? else {
            return Ok(());
        };
        let must_end = *self.stop.borrow();
        if !job.is_open() || must_end {
            return Ok(());
        }
        if job.state == JobState::Queued.name() {
            let now_ms = self.program.clock.now_ms();
            return match registry.claim_job(id, me, now_ms).await? {
                Some(job) => self.begin(me, &job).await,
                None => Ok(()),
            };
        }
        let from = job.worker.unwrap_or_default();
        if from == me || living_workers(registry).await?.contains(&from) {
            return Ok(());
        }
        match registry.take_over_job(id, &from, me).await? {
            Some(job) => self.take_over(me, &job).await,
            None => Ok(()),
        }
    }

    async fn begin(&self, me: &str, job: &JobRow) -> Result<(), Error> {
        let run = run_of(job);
        // It would find the lock taken; starting it costs a process.
        if self.is_locked(job).await? {
            return self.settle(me, job, Over::Ended(End::Code(LOCKED))).await;
        }
        tracing::info!(job = job.id, run, model = job.model, "a job begins");
        match self.program.spawn(job, run, self.settings.memory_mb) {
            Ok(body) => self.see_through(me, job, body).await,
            Err(error) => {
                let said = Said::Error {
                    code: "store".to_string(),
                    message: format!("failed to start the run's process: {error}"),
                };
                self.consequence(me, job, None, End::Code(1), &said).await
            }
        }
    }

    /// Another worker had begun it, and is dead. Its run may live, may have come to its end, or is dead, too.
    async fn take_over(&self, me: &str, job: &JobRow) -> Result<(), Error> {
        let registry = &self.queue.registry;
        tracing::warn!(
            job = job.id,
            "a job is taken over from a worker that is gone"
        );
        if let Some(holder) = registry.holder(&job.model).await?
            && holder.run == run_of(job)
            && holder.is_alive(self.program.clock.now_ms())
        {
            let body = Body::Adopted(holder.process);
            return self.see_through(me, job, body).await;
        }
        let end = self.end_unseen(job).await?;
        self.settle(me, job, Over::Ended(end)).await
    }

    async fn see_through(&self, me: &str, job: &JobRow, mut body: Body) -> Result<(), Error> {
        let over = self.watch(me, job, &mut body).await;
        self.settle(me, job, over).await
    }

    async fn watch(&self, me: &str, job: &JobRow, body: &mut Body) -> Over {
        let mut stop = self.stop.clone();
        let mut stage = (String::new(), Instant::now());
        loop {
            tokio::select! {
                end = body.ended() => return Over::Ended(end),
                () = told(&mut stop) => {
                    return if body.stop().await { Over::Stopped } else { Over::NotMine };
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            match self.look(me, job, body, &mut stage).await {
                Ok(None) => {}
                Ok(Some(over @ (Over::Cancelled(_) | Over::TooLong(_)))) => {
                    return if body.stop().await {
                        over
                    } else {
                        Over::NotMine
                    };
                }
                Ok(Some(over)) => return over,
                // The run goes on; the next look may be answered.
                Err(error) => tracing::warn!(job = job.id, "a job cannot be looked at: {error}"),
            }
        }
    }

    /// Whether a run under way has to end, and why.
    async fn look(
        &self,
        me: &str,
        job: &JobRow,
        body: &Body,
        stage: &mut (String, Instant),
    ) -> Result<Option<Over>, Error> {
        let registry = &self.queue.registry;
        let now = registry.job(&job.id).await?;
        let mine = now.filter(|now| now.worker.as_deref() == Some(me) && now.is_open());
        let Some(now) = mine else {
            return Ok(Some(Over::NotMine));
        };
        if let Some(by) = now.cancelled_by {
            return Ok(Some(Over::Cancelled(by)));
        }
        let run = registry.run(run_of(job)).await?;
        let in_stage = run.map(|run| run.stage).unwrap_or_default();
        if in_stage != stage.0 {
            *stage = (in_stage, Instant::now());
        }
        let minutes = self.settings.stage_minutes;
        if stage.1.elapsed().as_secs_f64() > minutes * 60.0 {
            let stage = &stage.0;
            let why = format!("the stage {stage} took longer than {minutes} minutes");
            return Ok(Some(Over::TooLong(why)));
        }
        if let Body::Adopted(_) = body {
            let holder = registry.holder(&job.model).await?;
            let now_ms = self.program.clock.now_ms();
            let lives =
                holder.is_some_and(|holder| holder.run == run_of(job) && holder.is_alive(now_ms));
            if !lives {
                return Ok(Some(Over::Ended(self.end_unseen(job).await?)));
            }
        }
        Ok(None)
    }

    /// How a run ended that has no parent here: its row tells whether it came to its end.
    async fn end_unseen(&self, job: &JobRow) -> Result<End, Error> {
        let run = self.queue.registry.run(run_of(job)).await?;
        let has_ended = run.is_some_and(|run| run.state == "failed" || run.state == "done");
        Ok(if has_ended { End::Code(1) } else { End::Unseen })
    }

    async fn is_locked(&self, job: &JobRow) -> Result<bool, Error> {
        let holder = self.queue.registry.holder(&job.model).await?;
        let now_ms = self.program.clock.now_ms();
        Ok(holder.is_some_and(|holder| holder.is_alive(now_ms)))
    }

    /// Records what became of a job.
    async fn settle(&self, me: &str, job: &JobRow, over: Over) -> Result<(), Error> {
        let run = self.queue.registry.run(run_of(job)).await?;
        // A verdict stands, whatever happened to the run after it.
        if let Some(RunRow {
            outcome: Some(outcome),
            error,
            ..
        }) = &run
            && !matches!(over, Over::NotMine)
        {
            let (outcome, error) = (Some(outcome.clone()), error.clone());
            return self.end(me, job, JobState::Done, outcome, error).await;
        }
        match over {
            Over::NotMine => Ok(()),
            Over::Cancelled(by) => {
                let why = Some(format!("cancelled by {by}"));
                self.end(me, job, JobState::Cancelled, None, why).await
            }
            Over::TooLong(why) => self.end(me, job, JobState::Failed, None, Some(why)).await,
            Over::Stopped => {
                let why = "its worker ended".to_string();
                self.wait_again(me, job, run.as_ref(), false, why, Duration::ZERO)
                    .await
            }
            Over::Ended(end) => {
                let (said, had_no_memory) = last_word(&run_log(&self.program.project, run_of(job)));
                let end = match (end, self.settings.memory_mb) {
                    (End::Signal(_) | End::Code(1 | 101), Some(limit)) if had_no_memory => {
                        End::OutOfMemory(limit)
                    }
                    (end, _) => end,
                };
                self.consequence(me, job, run.as_ref(), end, &said).await
            }
        }
    }

    async fn consequence(
        &self,
        me: &str,
        job: &JobRow,
        run: Option<&RunRow>,
        end: End,
        said: &Said,
    ) -> Result<(), Error> {
        match next(end, said, job.attempts, &self.settings) {
            Next::Done { outcome } => self.end(me, job, JobState::Done, Some(outcome), None).await,
            Next::Failed { why } => self.end(me, job, JobState::Failed, None, Some(why)).await,
            Next::SetAside { why } => self.end(me, job, JobState::SetAside, None, Some(why)).await,
            Next::Retry { after, why } => self.wait_again(me, job, run, true, why, after).await,
            Next::Locked => {
                let why = "another run is at the model".to_string();
                self.wait_again(me, job, run, false, why, LOCKED_WAIT).await
            }
        }
    }

    async fn end(
        &self,
        me: &str,
        job: &JobRow,
        state: JobState,
        outcome: Option<String>,
        error: Option<String>,
    ) -> Result<(), Error> {
        tracing::info!(
            job = job.id,
            state = state.name(),
            outcome,
            error,
            "a job ended"
        );
        let end = JobEnd {
            state,
            outcome,
            error,
        };
        let now_ms = self.program.clock.now_ms();
        let registry = &self.queue.registry;
        if !registry.end_job(&job.id, me, &end, now_ms).await? {
            tracing::warn!(
                job = job.id,
                "another worker has the job; nothing was changed"
            );
        }
        Ok(())
    }

    /// Puts a job back among those that wait; one that was cancelled meanwhile ends.
    async fn wait_again(
        &self,
        me: &str,
        job: &JobRow,
        run: Option<&RunRow>,
        is_counted: bool,
        why: String,
        after: Duration,
    ) -> Result<(), Error> {
        tracing::info!(
            job = job.id,
            seconds = after.as_secs_f64(),
            "a job waits: {why}"
        );
        let now_ms = self.program.clock.now_ms();
        let back = PutBack {
            // A run that was recorded has used its id.
            run: match run {
                Some(_) => Some(self.fresh_run(&job.model).await?),
                None => None,
            },
            is_counted,
            why,
            not_before_ms: now_ms + i64::try_from(after.as_millis()).unwrap_or(i64::MAX / 2),
        };
        if put_back(&self.queue, &job.id, me, &back, after).await? {
            return Ok(());
        }
        let now = self.queue.registry.job(&job.id).await?;
        match now.and_then(|now| now.cancelled_by) {
            Some(by) => {
                let why = Some(format!("cancelled by {by}"));
                self.end(me, job, JobState::Cancelled, None, why).await
            }
            None => Ok(()),
        }
    }

    /// A run id that no run has, also where clock and chance are fixed.
    async fn fresh_run(&self, model: &str) -> Result<String, Error> {
        let id = self.program.new_run_id(model);
        let is_taken = self.queue.registry.run(&id).await?.is_some();
        Ok(match is_taken {
            true => crate::pipeline::Ids::Random.run_id(model, self.program.clock.now()),
            false => id,
        })
    }
}

/// Waits until the worker is to end; a sender that is gone tells as much.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Exit code of a run that found the model's lock taken.
const LOCKED: i32 = 13;

fn run_of(job: &JobRow) -> &str {
    job.run.as_deref().unwrap_or_default()
}
