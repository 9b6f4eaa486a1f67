//! What `up` prints while it runs: a line when a job begins or ends, however it was submitted, and when a probation ends.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::Local;
use tokio::sync::watch;

use super::global::Global;
use super::{Failure, output, progress};
use crate::clock::Clock;
use crate::jobs::Queue;
use crate::model_types::Outcome;
use crate::registry::{JobRow, JobState, ProbationRow, ProbationState, Registry, RunRow};
use crate::schedule::{Plan, Scheduler};

/// How often the registry is queried.
const EVERY: Duration = Duration::from_secs(1);
/// Jobs that are looked at; older ones have ended.
const NEWEST: i64 = 20;

/// Says when each model is due next.
pub async fn say_next(global: &Global, scheduler: &Scheduler) -> Result<(), Failure> {
    if global.quiet || global.json {
        return Ok(());
    }
    for model in scheduler.models.load_full().iter() {
        let row = scheduler.queue.registry.schedule(&model.name).await?;
        let name = output::bold(&model.name);
        output::say(&match Plan::of(model, &row)? {
            None => format!("{name}  no schedule; `unseat schedule set '15 3 * * *'` sets one"),
            Some(_) if row.is_paused() => {
                format!("{name}  the schedule is paused; `unseat schedule resume`")
            }
            Some(plan) => match plan.next_after(scheduler.clock.now()) {
                Some(next) => {
                    let wait = (next - scheduler.clock.now()).num_milliseconds() as f64;
                    let at = next
                        .with_timezone(&plan.zone)
                        .format("%Y-%m-%d %H:%M:%S %Z");
                    format!("{name}  next run {at}, in {}", progress::span(wait))
                }
                None => format!("{name}  the schedule never comes due"),
            },
        });
    }
    Ok(())
}

/// What was printed of each job.
pub struct UpProgress {
    registry: Registry,
    /// Jobs, and where each stood.
    known: BTreeMap<String, JobState>,
    /// Ends of probations from before this are no news.
    began_ms: i64,
    /// Probations whose end was printed: model and operation.
    ended: BTreeSet<(String, i64)>,
    is_quiet: bool,
    is_json: bool,
}

impl UpProgress {
    /// Jobs that have ended before are no news.
    pub async fn of(global: &Global, queue: &Queue, clock: Clock) -> Result<Self, Failure> {
        let registry = queue.registry.clone();
        let jobs = registry.jobs(None, NEWEST).await?;
        let ended = jobs.into_iter().filter(|job| !job.is_open());
        Ok(UpProgress {
            registry,
            known: ended.map(|job| (job.id, job.state)).collect(),
            began_ms: clock.now_ms(),
            ended: BTreeSet::new(),
            is_quiet: global.quiet,
            is_json: global.json,
        })
    }

    /// Tells until it is to stop.
    pub async fn follow(mut self, mut stop: watch::Receiver<bool>) {
        if self.is_quiet {
            return;
        }
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stop.wait_for(|stop| *stop) => break,
            }
            self.look().await;
        }
        // What ended last is printed, too.
        self.look().await;
    }

    async fn look(&mut self) {
        // The next poll prints what this one could not.
        let Ok(jobs) = self.registry.jobs(None, NEWEST).await else {
            return;
        };
        for job in jobs.iter().rev() {
            if self.known.get(&job.id) == Some(&job.state) {
                continue;
            }
            if self.is_json {
                output::line(job);
            } else if let Some(text) = self.told(job).await {
                say(&job.model, &text);
            }
            self.known.insert(job.id.clone(), job.state);
        }
        self.look_at_probations().await;
        // What is not among the newest is not requested again.
        self.known
            .retain(|id, _| jobs.iter().any(|job| job.id == *id));
    }

    async fn look_at_probations(&mut self) {
        let Ok(rows) = self.registry.probations_ended_since(self.began_ms).await else {
            return;
        };
        for row in rows {
            let Some(text) = told_of_probation(&row) else {
                continue;
            };
            if !self.ended.insert((row.model.clone(), row.operation)) {
                continue;
            }
            if self.is_json {
                output::line(&row);
            } else {
                say(&row.model, &text);
            }
        }
    }

    /// One line about a job's present state; waiting is printed only when it is not short.
    async fn told(&self, job: &JobRow) -> Option<String> {
        let is = |state: JobState| job.state == state;
        if is(JobState::Queued) {
            let at = local(job.not_before_ms);
            let why = job.error.as_deref().map(output::plain).unwrap_or_default();
            return (job.attempts > 0)
                .then(|| format!("waits for another attempt, not before {at}: {why}"));
        }
        if is(JobState::Running) {
            let asked = match job.trigger.as_str() {
                "schedule" => "by schedule",
                "up" => "for the first version",
                _ => "as requested",
            };
            let run = job.run.as_deref().unwrap_or_default();
            return Some(format!("run {run} begins, {asked}"));
        }
        if is(JobState::Done) {
            return Some(self.outcome(job).await);
        }
        let mut text = output::red(&job.state.says());
        if let Some(why) = job.error.as_deref().map(output::plain) {
            // `failed to read …` needs no `failed:` before it.
            match why.strip_prefix("failed").filter(|_| is(JobState::Failed)) {
                Some(rest) => text.push_str(rest),
                None => text.push_str(&format!(": {why}")),
            }
        }
        if let (true, "up") = (is(JobState::Failed), job.trigger.as_str()) {
            text.push_str("; tried again when config.json or a file of its data changes");
        }
        Some(text)
    }

    /// What came of a job's run, with the reason that its record gives.
    async fn outcome(&self, job: &JobRow) -> String {
        let run = match &job.run {
            Some(run) => self
                .registry
                .find_runs(run)
                .await
                .ok()
                .and_then(|mut runs| runs.pop()),
            None => None,
        };
        let word = match job.outcome {
            Some(Outcome::Promote) => output::green("promoted"),
            Some(Outcome::Reject) => "rejected".to_string(),
            Some(Outcome::Inconclusive) if is_first(run.as_ref()) => "held".to_string(),
            Some(outcome) => outcome.words(),
            None => "done".to_string(),
        };
        let version = run.as_ref().and_then(|run| run.version);
        let version = version
            .map(|version| format!(" version {version}"))
            .unwrap_or_default();
        let report = run.as_ref().and_then(RunRow::report).unwrap_or_default();
        let reason = report.reasons.first();
        let reason = reason
            .map(|reason| format!(": {}", output::plain(reason)))
            .unwrap_or_default();
        let took = run
            .as_ref()
            .and_then(|run| Some(run.ended_ms? - run.started_ms));
        let took = took
            .map(|took| format!(" ({})", progress::duration(took as f64)))
            .unwrap_or_default();
        format!("{word}{version}{reason}{took}")
    }
}

/// Whether a run that reached a verdict found no champion to compare with.
fn is_first(run: Option<&RunRow>) -> bool {
    let report = run.and_then(RunRow::report);
    report.is_some_and(|report| report.champion.is_none())
}

/// A line that is of no model alone.
pub fn say_of_project(text: &str) {
    let at = Local::now().format("%H:%M:%S");
    output::say(&format!("{at}  {text}"));
}

fn say(model: &str, text: &str) {
    let at = Local::now().format("%H:%M:%S");
    output::say(&format!("{at}  {}  {text}", output::bold(model)));
}

/// A time of the next hours, as the wall shows it.
fn local(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms);
    at.map(|at| at.with_timezone(&Local).format("%H:%M:%S").to_string())
        .unwrap_or_default()
}

/// One line about the end of a probation; nothing of one without a finding.
fn told_of_probation(row: &ProbationRow) -> Option<String> {
    let ProbationRow {
        version, previous, ..
    } = row;
    let reason = output::plain(row.reason.as_deref().unwrap_or_default());
    match row.state {
        ProbationState::RolledBack => Some(format!(
            "{} version {version}, version {previous} is the champion again: {reason}",
            output::red("rolled back")
        )),
        ProbationState::Confirmed => Some(format!(
            "{} version {version}: {reason}",
            output::green("confirmed")
        )),
        ProbationState::Watching | ProbationState::Ended => None,
    }
}
