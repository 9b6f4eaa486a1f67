//! One timeline of everything that ran or should have run, whatever started it: schedule, job, command line, request.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde::Serialize;

use super::paths::without_folder;
use crate::clock::rfc3339;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::{
    CameTo, Error, JobRow, JobState, Registry, RunRow, RunState, TickOutcome, TickRow,
};

/// What came of a scheduled run, a job or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A new version became the champion.
    Promoted,
    /// A version is good enough and waits for approval.
    Waiting,
    /// The version was rejected.
    Rejected,
    /// The champion with another threshold became the champion.
    Retuned,
    /// The version is no better and no worse than the champion.
    Equivalent,
    /// There was not enough evidence.
    Inconclusive,
    /// There was nothing new to learn from.
    NothingNew,
    /// The champion was scored again, or a pin held a promotion back.
    Ran,
    /// It is under way.
    Running,
    /// It waits for a worker.
    Queued,
    /// Left out: a run was still under way, or the schedule is paused.
    Skipped,
    /// No scheduler was running when it was due.
    Missed,
    /// It was cancelled.
    Cancelled,
    /// Its process ended before it did.
    Interrupted,
    /// It failed.
    Failed,
    /// It was tried too often and is not tried any more.
    DeadLettered,
}

impl Outcome {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Outcome::Promoted => "promoted",
            Outcome::Waiting => "waits for approval",
            Outcome::Rejected => "rejected",
            Outcome::Retuned => "retuned",
            Outcome::Equivalent => "equivalent",
            Outcome::Inconclusive => "inconclusive",
            Outcome::NothingNew => "nothing new",
            Outcome::Ran => "ran",
            Outcome::Running => "running",
            Outcome::Queued => "queued",
            Outcome::Skipped => "skipped",
            Outcome::Missed => "missed",
            Outcome::Cancelled => "cancelled",
            Outcome::Interrupted => "interrupted",
            Outcome::Failed => "failed",
            Outcome::DeadLettered => "dead-lettered",
        }
    }

    /// Whether it needs attention.
    pub fn is_bad(self) -> bool {
        matches!(
            self,
            Outcome::Missed | Outcome::Interrupted | Outcome::Failed | Outcome::DeadLettered
        )
    }

    /// What came of a run, from its outcome or, where it has none, its state.
    pub fn of_run(came_to: CameTo) -> Self {
        use crate::model_types::Outcome as Run;
        match came_to {
            CameTo::Outcome(Run::Promote) => Outcome::Promoted,
            CameTo::Outcome(Run::Waiting) => Outcome::Waiting,
            CameTo::Outcome(Run::Reject) => Outcome::Rejected,
            CameTo::Outcome(Run::Retune) => Outcome::Retuned,
            CameTo::Outcome(Run::Equivalent) => Outcome::Equivalent,
            CameTo::Outcome(Run::Inconclusive) => Outcome::Inconclusive,
            CameTo::Outcome(Run::NothingNew) => Outcome::NothingNew,
            CameTo::Outcome(
                Run::Pinned
                | Run::Frozen
                | Run::Rescored
                | Run::Ingested
                | Run::Trained
                | Run::Scored
                | Run::Reported
                | Run::Adopted,
            )
            | CameTo::State(RunState::Done) => Outcome::Ran,
            CameTo::State(RunState::Running) => Outcome::Running,
            CameTo::State(RunState::Failed) => Outcome::Failed,
            CameTo::State(RunState::Interrupted) => Outcome::Interrupted,
        }
    }

    /// What came of a scheduled run that left no run.
    fn of_tick(tick: &TickRow) -> Self {
        match tick.outcome {
            TickOutcome::Pending => Outcome::Queued,
            TickOutcome::Promoted => Outcome::Promoted,
            TickOutcome::Rejected => Outcome::Rejected,
            TickOutcome::Retuned => Outcome::Retuned,
            TickOutcome::Equivalent => Outcome::Equivalent,
            TickOutcome::Inconclusive => Outcome::Inconclusive,
            TickOutcome::NothingNew => Outcome::NothingNew,
            TickOutcome::Ran => Outcome::Ran,
            TickOutcome::Failed => Outcome::Failed,
            TickOutcome::Skipped => Outcome::Skipped,
            TickOutcome::Missed => Outcome::Missed,
        }
    }

    /// What came of a job that left no run.
    fn of_job(job: &JobRow) -> Self {
        match job.state {
            JobState::Queued => Outcome::Queued,
            JobState::Running => Outcome::Running,
            JobState::Done => Outcome::Ran,
            JobState::Failed => Outcome::Failed,
            JobState::Cancelled => Outcome::Cancelled,
            JobState::DeadLettered => Outcome::DeadLettered,
        }
    }
}

/// One run, or one that should have been.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The model.
    pub model: String,
    /// When it began; of what never began, when it was due or submitted.
    pub at: String,
    /// The same in milliseconds since 1970.
    pub at_ms: i64,
    /// When it ended, else when it began: the list is in this order, so that what failed today is above what was started later and
    /// ended before.
    #[serde(skip)]
    pub moved_ms: i64,
    /// What started it: `schedule`, `cli`, `api`, `up`.
    pub trigger: String,
    /// Who, where that is known.
    pub by: Option<String>,
    /// The time of the schedule that it is for.
    pub tick: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub why: String,
    /// Its run.
    pub run: Option<RunId>,
    /// Its job.
    pub job: Option<String>,
    /// The version that it made.
    pub version: Option<VersionNumber>,
    /// The stage that it is in or ended in.
    pub stage: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Files that it quarantined.
    pub quarantined: usize,
}

/// The newest entries first, of one model or of all.
///
/// # Errors
/// When the registry cannot be reached.
pub async fn timeline(
    registry: &Registry,
    project: &Path,
    model: Option<&str>,
    limit: i64,
    now_ms: i64,
) -> Result<Vec<Entry>, Error> {
    let runs = registry.moved_runs(model, limit).await?;
    let runs = registry.with_the_dead(runs, now_ms).await?;
    let ticks = registry.ticks(model, limit).await?;
    let jobs = registry.moved_jobs(model, limit).await?;
    let mut entries = merged(&runs, &ticks, &jobs);
    entries.truncate(limit.max(0) as usize);
    for entry in &mut entries {
        entry.why = without_folder(&entry.why, project);
    }
    Ok(entries)
}

/// Runs, scheduled runs and jobs as one list, newest first, each thing once.
fn merged(runs: &[RunRow], ticks: &[TickRow], jobs: &[JobRow]) -> Vec<Entry> {
    let mut jobs_by_run: HashMap<&str, &JobRow> = HashMap::new();
    for job in jobs {
        if let Some(run) = &job.run {
            jobs_by_run.insert(run, job);
        }
    }
    let tick_of: HashMap<&str, &TickRow> = ticks
        .iter()
        .filter_map(|tick| Some((tick.run.as_deref()?, tick)))
        .collect();
    let known: HashSet<&str> = runs.iter().map(|run| run.id.as_str()).collect();
    let is_known = |run: &Option<RunId>| run.as_deref().is_some_and(|run| known.contains(run));

    let mut entries: Vec<Entry> = runs
        .iter()
        .map(|run| {
            let job = jobs_by_run.get(run.id.as_str()).copied();
            let tick_ms = tick_of
                .get(run.id.as_str())
                .map(|tick| tick.tick_ms)
                .or(job.and_then(|job| job.tick_ms));
            of_run(run, job, tick_ms)
        })
        .collect();
    let mut told: HashSet<&str> = HashSet::new();
    for tick in ticks.iter().filter(|tick| !is_known(&tick.run)) {
        let job = tick.job.as_deref();
        let job = jobs.iter().find(|it| Some(it.id.as_str()) == job);
        if job.is_some_and(|job| is_known(&job.run)) {
            continue;
        }
        told.extend(job.map(|job| job.id.as_str()));
        entries.push(of_tick(tick, job));
    }
    let open = |job: &&JobRow| !is_known(&job.run) && !told.contains(job.id.as_str());
    let others = jobs.iter().filter(open);
    // What is done has left a run, whose row may have been removed since.
    entries.extend(others.filter(|job| job.state != JobState::Done).map(of_job));
    entries.sort_by(|a, b| (b.moved_ms, &b.run, &b.job).cmp(&(a.moved_ms, &a.run, &a.job)));
    entries
}

fn of_run(run: &RunRow, job: Option<&JobRow>, tick_ms: Option<i64>) -> Entry {
    let report = run.report().unwrap_or_default();
    let quarantined = report.data.map_or(0, |data| data.quarantined.len());
    let reason = report.reasons.into_iter().next();
    Entry {
        model: run.model.clone(),
        at: rfc3339(run.started_ms),
        at_ms: run.started_ms,
        moved_ms: run.ended_ms.unwrap_or(run.started_ms),
        trigger: run.trigger.clone(),
        by: job.map(|job| job.actor.clone()),
        tick: tick_ms.map(rfc3339),
        outcome: Outcome::of_run(run.came_to()),
        why: run.why().or(reason).unwrap_or_default(),
        run: Some(run.id.clone()),
        job: job.map(|job| job.id.clone()),
        version: run.version,
        stage: Some(run.stage.clone()),
        duration_ms: run.ended_ms.map(|ended| (ended - run.started_ms).max(0)),
        quarantined,
    }
}

fn of_tick(tick: &TickRow, job: Option<&JobRow>) -> Entry {
    let pending = tick.outcome == TickOutcome::Pending;
    let of_its_job = job.filter(|_| pending).map(Outcome::of_job);
    Entry {
        model: tick.model.clone(),
        at: rfc3339(tick.tick_ms),
        at_ms: tick.tick_ms,
        moved_ms: tick.tick_ms,
        trigger: "schedule".to_string(),
        by: None,
        tick: Some(rfc3339(tick.tick_ms)),
        outcome: of_its_job.unwrap_or_else(|| Outcome::of_tick(tick)),
        why: tick.reason.clone(),
        run: tick.run.clone(),
        job: tick.job.clone(),
        version: None,
        stage: None,
        duration_ms: None,
        quarantined: 0,
    }
}

fn of_job(job: &JobRow) -> Entry {
    Entry {
        model: job.model.clone(),
        at: rfc3339(job.created_ms),
        at_ms: job.created_ms,
        moved_ms: job.ended_ms.unwrap_or(job.created_ms),
        trigger: job.trigger.clone(),
        by: Some(job.actor.clone()),
        tick: job.tick_ms.map(rfc3339),
        outcome: Outcome::of_job(job),
        why: job.error.clone().unwrap_or_default(),
        run: None,
        job: Some(job.id.clone()),
        version: None,
        stage: None,
        duration_ms: None,
        quarantined: 0,
    }
}

/// Entries in the same order, of which consecutive ones of one model that say the same are one: the newest, and how many
/// older ones are behind it. Failures are never folded away behind quiet nights.
pub fn fold(entries: &[Entry]) -> Vec<(&Entry, usize)> {
    let mut folded: Vec<(&Entry, usize)> = Vec::new();
    for entry in entries {
        match folded.last_mut() {
            Some((last, more))
                if (last.outcome, &last.why, &last.model)
                    == (entry.outcome, &entry.why, &entry.model) =>
            {
                *more += 1;
            }
            _ => folded.push((entry, 0)),
        }
    }
    folded
}

#[cfg(test)]
mod tests;
