//! The part of `config.json` that says when runs are due, and how they are worked on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::is_name;
use super::problem::Problem;
use crate::cron::{self, Expression};

/// Seconds over which ticks may be spread.
const MOST_JITTER: u32 = 86_400;

/// When runs of a model are due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Cron expression: five fields (minute, hour, day of month, month, day of week), seconds before them if wanted, or
    /// `@daily` and the like. Default: none, runs are started by hand.
    pub cron: Option<String>,
    /// IANA name of the time zone in which the expression is read.
    pub timezone: String,
    /// What happens to a tick that comes due while the model's last run is still running: `skip` it, or let the latest one wait.
    pub overlap: Overlap,
    /// Catch-up: after downtime the latest missed tick is run, if it is not older than this many minutes; 0 runs none.
    pub catch_up_minutes: u32,
    /// Seconds over which the ticks of different models are spread, each model always by the same.
    pub jitter_seconds: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule {
            cron: None,
            timezone: "UTC".to_string(),
            overlap: Overlap::Skip,
            catch_up_minutes: 24 * 60,
            jitter_seconds: 0,
        }
    }
}

impl Schedule {
    /// Says what is wrong.
    pub(super) fn check(&self, say: &mut impl FnMut(&str, String)) {
        if let Some(Err(error)) = self.cron.as_deref().map(Expression::parse) {
            say("schedule.cron", error.to_string());
        }
        if let Err(error) = cron::parse_zone(&self.timezone) {
            say("schedule.timezone", error.to_string());
        }
        if self.jitter_seconds > MOST_JITTER {
            let reason = format!("{} is more than {MOST_JITTER}, a day", self.jitter_seconds);
            say("schedule.jitter_seconds", reason);
        }
    }
}

/// What happens to a tick that comes while a job of its model is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It is left out.
    #[default]
    Skip,
    /// It waits; one that waited before it is left out.
    QueueLatest,
}

/// How jobs are worked on. Each run is a process of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Jobs {
    /// Runs that one worker does at once, of different models.
    pub concurrency: usize,
    /// Megabytes of memory that a run may fill; it fails beyond. Default: no limit.
    pub memory_mb: Option<u64>,
    /// Minutes that one stage of a run may take; then the run is ended.
    pub stage_minutes: f64,
    /// How often a job is attempted at most when its run fails for a reason that may pass, or dies.
    pub attempts: u32,
    /// Seconds before the second attempt; each later one waits twice as long.
    pub backoff_seconds: f64,
    /// Tags that a worker must have to do a run: `["big"]` waits for `unseat worker --tags big`. A model may set its own in
    /// `models.NAME.jobs.tags`.
    pub tags: Option<Vec<String>>,
    /// Command that starts a machine for a job which waits, as a program and its arguments, in which `{job}` and `{model}` are filled in:
    /// `["aws", "ecs", "run-task", …]`. Servers and schedulers call it; what it starts ends with `unseat worker --once`. Default:
    /// none, workers are there.
    pub launch: Vec<String>,
    /// Seconds that the command may take.
    pub launch_seconds: f64,
    /// Minutes after which another machine is started for a job that no worker has claimed.
    pub launch_again_minutes: f64,
    /// Tags by model, of those that say something of their own.
    #[serde(skip)]
    pub asks: BTreeMap<String, Vec<String>>,
}

impl Default for Jobs {
    fn default() -> Self {
        Jobs {
            concurrency: 1,
            memory_mb: None,
            stage_minutes: 240.0,
            attempts: 3,
            backoff_seconds: 10.0,
            tags: None,
            launch: Vec::new(),
            launch_seconds: 60.0,
            launch_again_minutes: 15.0,
            asks: BTreeMap::new(),
        }
    }
}

impl Jobs {
    /// What is wrong with them.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut within = |key: &str, value: f64, low: f64, high: f64| {
            if !(value >= low && value <= high) {
                let reason = format!("{value} is not from {low} to {high}");
                problems.push(Problem::at(&format!("jobs.{key}"), reason));
            }
        };
        within("concurrency", self.concurrency as f64, 1.0, 64.0);
        if let Some(limit) = self.memory_mb {
            // With less, no run finishes.
            within("memory_mb", limit as f64, 64.0, 1e9);
        }
        within("stage_minutes", self.stage_minutes, 0.001, 1e5);
        within("attempts", f64::from(self.attempts), 1.0, 100.0);
        within("backoff_seconds", self.backoff_seconds, 0.001, 1e5);
        within("launch_seconds", self.launch_seconds, 0.001, 3600.0);
        within("launch_again_minutes", self.launch_again_minutes, 0.01, 1e5);
        if self.launch.first().is_some_and(|it| it.trim().is_empty()) {
            let reason = "names no program".to_string();
            problems.push(Problem::at("jobs.launch[0]", reason));
        }
        let named = self.launch.iter().any(|part| part.contains("{job}"));
        if !self.launch.is_empty() && !named {
            let reason = "has no `{job}`, so what is started cannot know what for".to_string();
            problems.push(Problem::at("jobs.launch", reason));
        }
        problems.extend(tag_problems(
            "jobs.tags",
            self.tags.as_deref().unwrap_or_default(),
        ));
        problems
    }

    /// The tags that a worker must have for a run of a model.
    pub fn asks_of(&self, model: &str) -> &[String] {
        let own = self.asks.get(model).or(self.tags.as_ref());
        own.map_or(&[], Vec::as_slice)
    }
}

/// What is wrong with tags.
pub fn tag_problems(path: &str, tags: &[String]) -> Vec<Problem> {
    let is_wrong = |tag: &&String| !is_name(tag);
    let wrong = tags.iter().filter(is_wrong);
    wrong
        .map(|tag| {
            let reason = format!(
                "`{tag}` is not a tag: use letters, digits, `_`, `-` and `.`, beginning with a letter or digit"
            );
            Problem::at(path, reason)
        })
        .collect()
}
