//! Models without a version: `up` begins their first run at its start, and again when what made it fail may have changed.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

use super::{Failure, context};
use crate::config::ModelConfig;
use crate::data::{self, Signature};
use crate::jobs::{self, Submitted};
use crate::pipeline;
use crate::registry::{JobRow, JobState};
use crate::schedule::Scheduler;

/// How often files are looked at. They have to look alike twice, so that a copy under way is not read.
const EVERY: Duration = Duration::from_secs(2);
/// What first runs are recorded as having been started by.
const TRIGGER: &str = "up";

/// What a run of a model depends on: its files, and its settings.
#[derive(Debug, Clone, PartialEq)]
struct Look {
    input: Option<Signature>,
    test: Option<Signature>,
    settings: serde_json::Value,
}

impl Look {
    fn at(model: &ModelConfig) -> Self {
        Look {
            input: data::signature(&model.input_folder.here()).ok(),
            test: data::signature(&model.test_folder.here()).ok(),
            settings: serde_json::to_value(model).unwrap_or_default(),
        }
    }
}

/// What is known of a model without a version.
struct Waiting {
    /// What its last run began with.
    tried: Look,
    /// What was there at the last look.
    seen: Look,
}

/// Begins first runs until every model has a version.
pub struct FirstRuns<'a> {
    scheduler: &'a Scheduler,
    waiting: BTreeMap<String, Waiting>,
}

impl<'a> FirstRuns<'a> {
    /// A model without a version is not left so until its first tick: its first run begins now.
    pub async fn begin(scheduler: &'a Scheduler) -> Result<Self, Failure> {
        let mut first = FirstRuns {
            scheduler,
            waiting: BTreeMap::new(),
        };
        for model in scheduler.models.load_full().iter() {
            let registry = &scheduler.queue.registry;
            if registry.champion(&model.name).await?.is_some() {
                continue;
            }
            let look = Look::at(model);
            first.submit(model).await?;
            let waiting = Waiting {
                tried: look.clone(),
                seen: look,
            };
            first.waiting.insert(model.name.clone(), waiting);
        }
        Ok(first)
    }

    async fn submit(&self, model: &ModelConfig) -> Result<Submitted, Failure> {
        let Scheduler {
            queue, clock, ids, ..
        } = self.scheduler;
        let job = jobs::new_job(*ids, &model.name, TRIGGER, &context::actor(), clock.now());
        Ok(jobs::submit(queue, &job, model.schedule.overlap).await?)
    }

    /// Tries again, whenever files or settings have changed since a first run failed, until told to stop.
    pub async fn follow(mut self, mut stop: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !self.waiting.is_empty() {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            if let Err(error) = self.look().await {
                tracing::debug!("first runs cannot be looked at: {}", error.on_one_line());
            }
        }
        let _ = stop.wait_for(|stop| *stop).await;
    }

    async fn look(&mut self) -> Result<(), Failure> {
        let registry = &self.scheduler.queue.registry;
        for model in self.scheduler.models.load_full().iter() {
            let name = model.name.as_str();
            if !self.waiting.contains_key(name) {
                continue;
            }
            if registry.champion(name).await?.is_some() {
                self.waiting.remove(name);
                continue;
            }
            let newest = registry.jobs(Some(name), 1).await?.pop();
            if !newest.as_ref().is_some_and(has_failed) {
                continue;
            }
            // What a store has is fetched before; without it, nothing has changed.
            if let Err(error) = pipeline::fetch_data(model).await {
                tracing::debug!("the files of `{name}` cannot be looked at: {error}");
                continue;
            }
            let of = model.clone();
            let look = tokio::task::spawn_blocking(move || Look::at(&of)).await;
            let look = look.map_err(|error| Failure::internal(error.into()))?;
            let Some(waiting) = self.waiting.get_mut(name) else {
                continue;
            };
            let is_settled = waiting.seen == look;
            waiting.seen = look;
            if is_settled && waiting.seen != waiting.tried {
                waiting.tried = waiting.seen.clone();
                self.submit(model).await?;
            }
        }
        Ok(())
    }
}

fn has_failed(job: &JobRow) -> bool {
    matches!(job.state, JobState::Failed | JobState::DeadLettered)
}
