//! One attempt at a job: begin its run or take it over, watch it, and say what became of it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Error;
use super::child::Body;
use super::outcome::{End, LOCKED, Said};
use super::worker_context::{Over, WorkerContext, run_of};
use crate::model_types::ErrorCode;
use crate::registry::{JobRow, JobState, RunState};

/// How often a run under way is looked at: whether it is to be cancelled, and which stage it is in.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a run that a dead worker had started may take until it is recorded; one that is not is started again.
const BEGIN_PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked for.
const BEGIN_LOOKS: Duration = Duration::from_millis(50);

impl WorkerContext {
    /// Takes a running job over whose worker is dead, or whose end this worker could not record.
    ///
    /// # Errors
    /// When the registry cannot be reached or changed; the job is looked at again.
    pub async fn rescue(&self, me: &str, id: &str) -> Result<(), Error> {
        let registry = &self.queue.registry;
        let Some(job) = registry.job(id).await? else {
            return Ok(());
        };
        let must_end = *self.stop.borrow();
        if job.state != JobState::Running || must_end {
            return Ok(());
        }
        let from = job.worker.clone().unwrap_or_default();
        if from == me {
            return self.take_over(me, &job).await;
        }
        if registry.living_workers().await?.contains(&from) {
            return Ok(());
        }
        match registry.take_over_job(id, &from, me).await? {
            Some(job) => self.take_over(me, &job).await,
            None => Ok(()),
        }
    }

    /// Begins a job that this worker has claimed, and sees it through.
    ///
    /// # Errors
    /// When the registry cannot be reached or changed; the job is looked at again.
    pub async fn begin(&self, me: &str, job: &JobRow) -> Result<(), Error> {
        let run = run_of(job);
        // It would find the lock taken; starting it costs a process.
        if self.is_locked(job).await? {
            return self.settle(me, job, Over::Ended(End::Code(LOCKED))).await;
        }
        tracing::info!(job = job.id, run, model = job.model, "a job begins");
        match self.program.spawn(job, run, self.settings.load().memory_mb) {
            Ok(body) => self.see_through(me, job, body).await,
            Err(error) => {
                let said = Said::Error {
                    code: ErrorCode::Store,
                    message: format!("failed to start the run's process: {error}"),
                };
                self.consequence(me, job, None, End::Code(1), &said).await
            }
        }
    }

    /// Another worker had started it, and is dead. Its run may live, may have finished, or is dead, too.
    async fn take_over(&self, me: &str, job: &JobRow) -> Result<(), Error> {
        let registry = &self.queue.registry;
        tracing::warn!(
            job = job.id,
            "a job is taken over from a worker that is gone"
        );
        self.until_recorded(run_of(job)).await?;
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

    /// Waits for a run to be recorded: its process may have been started right before its worker died.
    async fn until_recorded(&self, run: &str) -> Result<(), Error> {
        let began = Instant::now();
        while self.queue.registry.run(run).await?.is_none() && began.elapsed() < BEGIN_PATIENCE {
            tokio::time::sleep(BEGIN_LOOKS).await;
        }
        Ok(())
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
                // The run continues; the next look may be answered.
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
        let minutes = self.settings.load().stage_minutes;
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

    /// How a run ended that is not a child of this process: its row says whether it finished.
    async fn end_unseen(&self, job: &JobRow) -> Result<End, Error> {
        let run = self.queue.registry.run(run_of(job)).await?;
        let has_ended =
            run.is_some_and(|run| matches!(run.state, RunState::Failed | RunState::Done));
        Ok(if has_ended { End::Code(1) } else { End::Unseen })
    }

    async fn is_locked(&self, job: &JobRow) -> Result<bool, Error> {
        let holder = self.queue.registry.holder(&job.model).await?;
        let now_ms = self.program.clock.now_ms();
        Ok(holder.is_some_and(|holder| holder.is_alive(now_ms)))
    }
}

/// Waits until the worker is to stop; so it is when the sender is gone.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
