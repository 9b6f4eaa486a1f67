//! Workers that end, are killed or thought dead, and what the next one makes of their jobs.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use unseat::model_types::Outcome;
use unseat::registry::{JobEnd, JobState, Takes};

use super::{Worker, go_on, project, submit, until_state, until_waiting};
use crate::support::Project;

const WAIT: (&str, &str) = ("UNSEAT_FAULT", "train.recorded:wait");

/// A worker whose run waits in its middle, and the run's process.
fn at_work(project: &Project) -> (Worker, Pid) {
    let worker = Worker::with(project, &[WAIT]);
    let run = until_waiting(project);
    (worker, run)
}

#[test]
fn a_run_whose_worker_was_killed_goes_on_and_is_watched_by_the_next() {
    for project in super::projects() {
        let job = submit(&project);
        let (worker, _) = at_work(&project);
        let before = until_state(&project, &job, JobState::Running);
        worker.end(Signal::KILL);
        let next = Worker::of(&project);
        let now = super::until(&project, &job, |row| row.worker != before.worker);
        assert_eq!((now.state, now.attempts), (JobState::Running, 1));
        go_on(&project);
        let row = until_state(&project, &job, JobState::Done);
        assert_eq!(row.outcome, Some(Outcome::Promote));
        assert_eq!((row.attempts, row.run), (1, before.run));
        let books = project.assert_settled();
        assert_eq!(books.promotions(), [1, 2]);
        assert_eq!(books.runs.len(), 2);
        assert!(next.end(Signal::TERM).success());
    }
}

#[test]
fn a_run_that_was_killed_with_its_worker_is_done_again_and_promotes_once() {
    for project in super::projects() {
        let job = submit(&project);
        let (worker, run) = at_work(&project);
        worker.end(Signal::KILL);
        kill_process(run, Signal::KILL).expect("it is there");
        let next = Worker::of(&project);
        let row = until_state(&project, &job, JobState::Done);
        assert_eq!(row.outcome, Some(Outcome::Promote));
        assert_eq!(row.attempts, 2);
        assert_ne!(row.run.as_deref(), job["run"].as_str());
        let books = project.assert_settled();
        assert_eq!(books.promotions().len(), 2);
        let decided = books.versions.iter().filter(|one| one.verdict.is_some());
        assert_eq!(decided.count(), 2, "{books:#?}");
        let states: Vec<_> = books.runs.iter().map(|run| run.state.name()).collect();
        assert_eq!(states, ["done", "interrupted", "done"]);
        drop(next);
    }
}

#[test]
fn a_run_that_came_to_its_end_without_its_worker_is_not_done_again() {
    let project = project();
    let job = submit(&project);
    let (worker, _) = at_work(&project);
    worker.end(Signal::KILL);
    go_on(&project);
    let began = std::time::Instant::now();
    while project.books().holder.is_some() {
        assert!(began.elapsed().as_secs() < super::MOST_SECONDS);
    }
    let done = super::work(&project);
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote), "{done}");
    assert_eq!(row.attempts, 1);
    assert_eq!(project.assert_settled().runs.len(), 2);
}

#[test]
fn a_worker_that_is_told_to_end_ends_its_run_and_its_job_waits() {
    let project = project();
    let job = submit(&project);
    let (worker, _) = at_work(&project);
    assert!(worker.end(Signal::TERM).success());
    let row = until_state(&project, &job, JobState::Queued);
    assert_eq!(row.error.as_deref(), Some("its worker ended"));
    assert_eq!(row.attempts, 0);
    assert_eq!(project.books().champion(), Some(1));
    super::work(&project);
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!((row.attempts, row.outcome), (1, Some(Outcome::Promote)));
    project.assert_settled();
}

#[test]
fn a_worker_that_was_thought_dead_changes_nothing() {
    let project = project();
    let job = submit(&project);
    let id = job["job"].as_str().expect("an id").to_string();
    project.registry(async |registry| {
        let claimed = registry
            .claim_next_job("old", &Takes::AllBut(Vec::new()), 1)
            .await
            .expect("writes");
        assert_eq!(claimed.expect("it waits").attempts, 1);
        assert_eq!(
            registry
                .claim_next_job("late", &Takes::AllBut(Vec::new()), 2)
                .await
                .expect("asks"),
            None
        );
        let taken = registry.take_over_job(&id, "old", "new").await;
        assert!(taken.expect("writes").is_some());
        let again = registry.take_over_job(&id, "old", "late").await;
        assert_eq!(again.expect("asks"), None);
        let end = JobEnd {
            state: JobState::Failed,
            outcome: None,
            error: None,
            reason: None,
        };
        assert!(!registry.end_job(&id, "old", &end, 3).await.expect("asks"));
        let row = registry.job(&id).await.expect("reads").expect("a job");
        assert_eq!(
            (row.state.name(), row.worker.as_deref()),
            ("running", Some("new"))
        );
        assert!(registry.end_job(&id, "new", &end, 3).await.expect("writes"));
        assert!(!registry.end_job(&id, "new", &end, 4).await.expect("asks"));
    });
}

#[test]
fn a_worker_of_a_machine_that_goes_ends_when_its_bound_is_reached() {
    let project = project();
    let job = submit(&project);
    project.ok(&["worker", "--max-jobs", "1"]);
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(project.assert_settled().champion(), Some(2));

    let again = submit(&project);
    project.ok(&["worker", "--idle-exit", "1s", "--max-jobs", "9"]);
    let row = until_state(&project, &again, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::NothingNew));
    // With nothing to do it ends, too.
    project.ok(&["worker", "--idle-exit", "1s"]);
    let wrong = project.unseat(&["worker", "--idle-exit", "soon"]);
    assert_eq!(wrong.code(), 2, "{wrong}");
}

#[test]
fn a_worker_for_some_jobs_ends_when_its_database_is_gone() {
    let project = project();
    if project.is_on_server() {
        return;
    }
    let mut command = project.command(&["worker", "--idle-exit", "3600s"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().expect("a worker starts");
    let mut worker = Worker { child: Some(child) };
    let job = submit(&project);
    until_state(&project, &job, JobState::Done);
    for file in ["unseat.db", "unseat.db-wal", "unseat.db-shm"] {
        let _ = std::fs::remove_file(project.path(file));
    }
    let child = worker.child.take().expect("it was started");
    let ended = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(
        said.contains("it is gone since this process opened it"),
        "{said}"
    );
}
