//! Jobs whose runs fail, die, take too long or are not wanted any more.

use rustix::process::Signal;
use serde_json::json;
use unseat::model_types::Outcome;
use unseat::registry::{JobRow, JobState};

use super::{Worker, project, submit, until, until_state, until_waiting, work};

#[test]
fn a_fault_that_passes_is_tried_again() {
    let project = project();
    project.set("jobs.attempts", 100);
    let job = submit(&project);
    let worker = Worker::with(&project, &[("UNSEAT_FAULT", "file.published:error")]);
    let has_failed = |row: &JobRow| row.attempts > 0 && row.state == JobState::Queued;
    let row = until(&project, &job, has_failed);
    let why = row.error.expect("a reason");
    assert!(why.contains("planned failure at file.published"), "{why}");
    assert!(worker.end(Signal::TERM).success());
    work(&project);
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert!(row.attempts > 1);
    assert_ne!(row.run.as_deref(), job["run"].as_str());
    project.assert_settled();
}

#[test]
fn after_its_attempts_a_fault_is_a_failure_which_can_be_retried() {
    let project = project();
    project.set("jobs.attempts", 2);
    let job = submit(&project);
    let fault = ("UNSEAT_FAULT", "file.published:error");
    let done = project.unseat_with(fault, &["worker", "--once"]);
    assert!(done.status.success(), "{done}");
    let row = until_state(&project, &job, JobState::Failed);
    assert_eq!(row.attempts, 2);
    assert!(
        row.error
            .expect("a reason")
            .ends_with("it was begun 2 times")
    );
    project.ok(&["jobs", "retry", "latest"]);
    work(&project);
    assert_eq!(until_state(&project, &job, JobState::Done).attempts, 1);
    let done = project.unseat(&["jobs", "retry", "latest"]);
    assert_eq!(done.code(), 1, "{done}");
    project.assert_settled();
}

#[test]
fn what_would_fail_again_is_not_tried_again() {
    let project = project();
    let job = submit(&project);
    project.set("target", "no_such_column");
    work(&project);
    let row = until_state(&project, &job, JobState::Failed);
    assert_eq!(row.attempts, 1);
    assert!(row.error.expect("a reason").contains("no_such_column"));
}

#[test]
fn a_job_whose_run_dies_again_and_again_is_dead_lettered() {
    let project = project();
    let job = submit(&project);
    let fault = ("UNSEAT_FAULT", "train.recorded:kill");
    let done = project.unseat_with(fault, &["worker", "--once"]);
    assert!(done.status.success(), "{done}");
    let row = until_state(&project, &job, JobState::DeadLettered);
    assert_eq!(row.attempts, 3);
    let expected = "the run was ended by signal 9; it was begun 3 times";
    assert_eq!(row.error.as_deref(), Some(expected));
    assert_eq!(project.books().champion(), Some(1));
    project.ok(&["run"]);
    project.assert_settled();
}

#[test]
fn a_run_that_dies_after_its_verdict_was_done() {
    let project = project();
    let job = submit(&project);
    let fault = ("UNSEAT_FAULT", "deploy.promoted:kill");
    let done = project.unseat_with(fault, &["worker", "--once"]);
    assert!(done.status.success(), "{done}");
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(row.attempts, 1);
    project.ok(&["run"]);
    assert_eq!(project.assert_settled().promotions(), [1, 2]);
}

#[test]
fn a_run_that_takes_more_memory_than_it_may_is_told_as_such() {
    let project = project();
    let header = "corporation,lastmonth_activity,lastyear_activity,number_of_employees,exited\n";
    let rows = (0..400_000).map(|row| {
        format!(
            "c{row},{},{},{},{}\n",
            row % 97,
            row % 1013,
            row % 61,
            row % 2
        )
    });
    project.write(
        "sourcedata/much.csv",
        &(header.to_string() + &rows.collect::<String>()),
    );
    project.set("jobs", json!({"attempts": 1, "memory_mb": 64}));
    let job = submit(&project);
    work(&project);
    let row = until(&project, &job, |row| !row.is_open());
    let expected = "the run ran out of its 64 MB; it was begun 1 times";
    assert_eq!(row.error.as_deref(), Some(expected), "{row:?}");
    assert_eq!(row.state, JobState::DeadLettered);
    assert_eq!(project.books().champion(), Some(1));
    project.set("jobs.memory_mb", 4096);
    project.ok(&["jobs", "retry", "latest"]);
    work(&project);
    until_state(&project, &job, JobState::Done);
}

#[test]
fn a_job_is_cancelled_while_it_waits_and_while_it_runs() {
    let project = project();
    let job = submit(&project);
    let said = project.json(&["jobs", "cancel", "latest"]);
    assert_eq!(said["state"], "cancelled");
    let row = until_state(&project, &job, JobState::Cancelled);
    assert_eq!(row.cancelled_by.as_deref(), Some("tester"));
    work(&project);
    assert_eq!(project.books().runs.len(), 1);

    let job = submit(&project);
    let worker = Worker::with(&project, &[("UNSEAT_FAULT", "train.recorded:wait")]);
    until_waiting(&project);
    let said = project.json(&["jobs", "cancel", "latest"]);
    assert_eq!(said["state"], "asked");
    let row = until_state(&project, &job, JobState::Cancelled);
    assert_eq!(row.error.as_deref(), Some("cancelled by tester"));
    let done = project.unseat(&["jobs", "cancel", "latest"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(worker.end(Signal::INT).success());
    assert_eq!(project.books().champion(), Some(1));
    project.ok(&["run"]);
    assert_eq!(project.assert_settled().promotions().len(), 2);
}

#[test]
fn a_stage_that_takes_too_long_is_ended() {
    let project = project();
    project.set("jobs.stage_minutes", 0.05);
    let job = submit(&project);
    let worker = Worker::with(&project, &[("UNSEAT_FAULT", "train.recorded:wait")]);
    let row = until_state(&project, &job, JobState::Failed);
    let expected = "the stage train took longer than 0.05 minutes";
    assert_eq!(row.error.as_deref(), Some(expected));
    drop(worker);
    project.ok(&["run"]);
    project.assert_settled();
}
