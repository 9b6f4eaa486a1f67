//! Runs, scheduled runs and jobs become one list in which each stands once.

use super::*;
use crate::model_types::Outcome as Run;

fn run(id: &str, state: RunState, outcome: Option<Run>, started_ms: i64) -> RunRow {
    RunRow {
        id: RunId::new(id),
        model: "m".to_string(),
        trigger: "schedule".to_string(),
        state,
        stage: "train".to_string(),
        outcome,
        version: None,
        started_ms,
        ended_ms: Some(started_ms + 5),
        error: (state == RunState::Failed).then(|| "read it".to_string()),
        record: None,
    }
}

fn tick(at: i64, outcome: TickOutcome, job: Option<&str>, run: Option<&str>) -> TickRow {
    TickRow {
        model: "m".to_string(),
        tick_ms: at,
        outcome,
        reason: "so".to_string(),
        job: job.map(str::to_string),
        run: run.map(RunId::new),
        at_ms: at,
    }
}

fn job(id: &str, state: JobState, run: Option<&str>, created_ms: i64) -> JobRow {
    JobRow {
        id: id.to_string(),
        model: "m".to_string(),
        trigger: "api".to_string(),
        tick_ms: None,
        force: false,
        actor: "ann".to_string(),
        state,
        attempts: 1,
        run: run.map(RunId::new),
        worker: None,
        outcome: None,
        error: None,
        cancelled_by: None,
        not_before_ms: 0,
        created_ms,
        started_ms: None,
        ended_ms: None,
    }
}

fn told(entries: &[Entry]) -> Vec<(i64, Outcome, Option<&str>)> {
    let line = |it: &'_ Entry| (it.at_ms, it.outcome);
    let lines = entries.iter().map(line).zip(entries);
    lines
        .map(|((at, outcome), it)| (at, outcome, it.run.as_deref()))
        .collect()
}

#[test]
fn each_thing_stands_once_whatever_started_it() {
    let runs = [
        run("r3", RunState::Done, Some(Run::Promote), 30),
        run("r2", RunState::Failed, None, 20),
    ];
    let ticks = [
        tick(50, TickOutcome::Missed, None, None),
        tick(40, TickOutcome::Pending, Some("j4"), None),
        tick(19, TickOutcome::Failed, Some("j2"), Some("r2")),
    ];
    let jobs = [
        job("j5", JobState::DeadLettered, Some("r9"), 45),
        job("j4", JobState::Queued, Some("r4"), 40),
        job("j3", JobState::Done, Some("r3"), 29),
        job("j2", JobState::Failed, Some("r2"), 19),
        job("j1", JobState::Done, Some("removed"), 1),
    ];
    let entries = merged(&runs, &ticks, &jobs);
    assert_eq!(
        told(&entries),
        [
            (50, Outcome::Missed, None),
            (45, Outcome::DeadLettered, None),
            (40, Outcome::Queued, None),
            (30, Outcome::Promoted, Some("r3")),
            (20, Outcome::Failed, Some("r2")),
        ]
    );
    assert_eq!(entries[3].by.as_deref(), Some("ann"));
    assert_eq!(entries[4].tick.as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(entries[4].why, "failed to read it");
    assert_eq!(entries[4].duration_ms, Some(5));
}

#[test]
fn a_retry_does_not_erase_the_failure() {
    let runs = [
        run("r2", RunState::Done, Some(Run::Reject), 20),
        run("r1", RunState::Failed, None, 10),
    ];
    let jobs = [job("j", JobState::Done, Some("r2"), 9)];
    let outcomes: Vec<Outcome> = merged(&runs, &[], &jobs)
        .iter()
        .map(|entry| entry.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::Rejected, Outcome::Failed]);
}

#[test]
fn what_says_the_same_is_folded_and_a_failure_is_not() {
    let nights = |at: i64| run(&format!("r{at}"), RunState::Done, Some(Run::NothingNew), at);
    let runs = [
        nights(5),
        nights(4),
        run("r3", RunState::Failed, None, 3),
        nights(2),
        nights(1),
    ];
    let entries = merged(&runs, &[], &[]);
    let folded: Vec<_> = fold(&entries)
        .into_iter()
        .map(|(entry, more)| (entry.outcome, more))
        .collect();
    assert_eq!(
        folded,
        [
            (Outcome::NothingNew, 1),
            (Outcome::Failed, 0),
            (Outcome::NothingNew, 1)
        ]
    );
}

#[test]
fn what_failed_last_stands_first_however_long_ago_it_was_begun() {
    // A job of two days ago that could not start until today, and runs of yesterday.
    let runs = [
        run("r2", RunState::Done, Some(Run::Reject), 40),
        run("r1", RunState::Done, Some(Run::Promote), 30),
    ];
    let failed = JobRow {
        ended_ms: Some(60),
        error: Some("start the run".to_string()),
        ..job("j", JobState::Failed, None, 10)
    };
    let entries = merged(&runs, &[], &[failed]);
    let outcomes: Vec<Outcome> = entries.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Failed, Outcome::Rejected, Outcome::Promoted]
    );
    assert_eq!(entries[0].at_ms, 10, "it says when it was requested");
}

/// However many runs have come since: what failed today stands first.
#[tokio::test]
async fn a_job_of_long_ago_that_failed_today_is_among_the_newest() {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = Registry::open(&folder.path().join("unseat.db")).await;
    let registry = registry.expect("opens");
    registry
        .run_sql(
            "INSERT INTO job_records (id, model, trigger_name, force, actor, state, attempts, error, not_before_ms, created_ms, ended_ms)
             VALUES ('0', 'm', 'api', 0, 'ann', 'failed', 1, 'start the run', 0, 10, 9000)",
        )
        .await;
    for statement in [
        "INSERT INTO runs (id, model, trigger_name, state, stage, outcome, started_ms, ended_ms)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
         SELECT 'r' || (100 + i), 'm', 'cli', 'done', 'report', 'reject', 1000 + i, 1000 + i FROM n",
        "INSERT INTO job_records (id, model, trigger_name, force, actor, state, attempts, run, not_before_ms, created_ms, ended_ms)
         SELECT 'j' || id, model, 'api', 0, 'ann', 'done', 1, id, 0, started_ms, ended_ms FROM runs",
    ] {
        registry.run_sql(statement).await;
    }
    let found = timeline(&registry, Path::new("/"), Some("m"), 30, 9999).await;
    let found = found.expect("a timeline");
    assert_eq!(found.len(), 30);
    assert_eq!(
        (found[0].outcome, found[0].why.as_str()),
        (Outcome::Failed, "start the run")
    );
    assert_eq!(found[1].run.as_deref(), Some("r200"));
}
