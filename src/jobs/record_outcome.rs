//! What became of a job is recorded: it ends, with its tick, or waits for another attempt.

use std::time::Duration;

use super::Error;
use super::child::{Program, last_word};
use super::outcome::{End, Next, Said, next};
use super::queue::put_back;
use super::worker_context::{Over, WorkerContext, run_of};
use crate::model_types::{ErrorCode, Outcome, RunId};
use crate::pipeline::{Ids, keep_log, run_log};
use crate::registry::{JobEnd, JobRow, JobState, PutBack, RunRow};

/// Wait before another look at a model that is locked.
const LOCKED_WAIT: Duration = Duration::from_secs(2);

/// Why a job waits again whose worker was told to stop.
pub const WORKER_ENDED: &str = "its worker ended";

impl WorkerContext {
    /// Records what became of a job.
    pub(super) async fn settle(&self, me: &str, job: &JobRow, over: Over) -> Result<(), Error> {
        if !matches!(over, Over::NotMine) {
            let Program { logs, project, .. } = &self.program;
            keep_log(logs.as_ref(), project, run_of(job)).await;
        }
        let run = self.queue.registry.run(run_of(job)).await?;
        // A verdict stands, whatever happened to the run after it.
        if let Some(RunRow {
            outcome: Some(outcome),
            error,
            ..
        }) = &run
            && !matches!(over, Over::NotMine)
        {
            let (outcome, error) = (Some(*outcome), error.clone());
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
                let why = WORKER_ENDED.to_string();
                self.wait_again(me, job, run.as_ref(), false, why, Duration::ZERO)
                    .await
            }
            Over::Ended(end) => {
                let (said, had_no_memory) = last_word(&run_log(&self.program.project, run_of(job)));
                let recorded = run.as_ref().and_then(|run| run.error.clone());
                let said = match (said, recorded) {
                    // Its log is gone.
                    (Said::Nothing, Some(message)) => Said::Error {
                        code: ErrorCode::Internal,
                        message,
                    },
                    (said, _) => said,
                };
                let end = match (end, self.settings.load().memory_mb) {
                    (End::Signal(_) | End::Code(1 | 101), Some(limit)) if had_no_memory => {
                        End::OutOfMemory(limit)
                    }
                    (end, _) => end,
                };
                self.consequence(me, job, run.as_ref(), end, &said).await
            }
        }
    }

    /// Records what follows from how a run ended and what it said.
    pub(super) async fn consequence(
        &self,
        me: &str,
        job: &JobRow,
        run: Option<&RunRow>,
        end: End,
        said: &Said,
    ) -> Result<(), Error> {
        match next(end, said, job.attempts, &self.settings.load()) {
            Next::Done { outcome } => self.end(me, job, JobState::Done, Some(outcome), None).await,
            Next::Failed { why } => self.end(me, job, JobState::Failed, None, Some(why)).await,
            Next::DeadLettered { why } => {
                self.end(me, job, JobState::DeadLettered, None, Some(why))
                    .await
            }
            Next::Retry { after, why } => self.wait_again(me, job, run, true, why, after).await,
            Next::Locked => {
                let why = "another run is using the model".to_string();
                self.wait_again(me, job, run, false, why, LOCKED_WAIT).await
            }
        }
    }

    async fn end(
        &self,
        me: &str,
        job: &JobRow,
        state: JobState,
        outcome: Option<Outcome>,
        error: Option<String>,
    ) -> Result<(), Error> {
        tracing::info!(
            job = job.id,
            state = state.name(),
            outcome = outcome.map(Outcome::name),
            error,
            "a job ended"
        );
        let registry = &self.queue.registry;
        let reason = match outcome {
            Some(_) => registry.run(run_of(job)).await?.and_then(first_reason),
            None => None,
        };
        let end = JobEnd {
            state,
            outcome,
            error,
            reason,
        };
        let now_ms = self.program.clock.now_ms();
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
        let now_ms = self.queue.registry.lease_ms().await?;
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
        if put_back(&self.queue, &job.id, me, &back).await? {
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
    async fn fresh_run(&self, model: &str) -> Result<RunId, Error> {
        let id = self.program.new_run_id(model);
        let is_taken = self.queue.registry.run(&id).await?.is_some();
        Ok(if is_taken {
            Ids::Random.run_id(model, self.program.clock.now())
        } else {
            id
        })
    }
}

/// The first of the reasons that a run gave for what came of it.
fn first_reason(run: RunRow) -> Option<String> {
    run.report()?.reasons.into_iter().next()
}
