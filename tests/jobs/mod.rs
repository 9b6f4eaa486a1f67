//! Jobs and workers: real processes on one queue, some of them killed.

mod machines;
mod over_http;
mod takeover;
mod trouble;

use std::process::{Child, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use unseat::config::Overlap;
use unseat::jobs::{Queue, Submitted, submit as submit_job};
use unseat::model_types::{Outcome, RunId};
use unseat::registry::{JobRow, JobState, NewJob, Registry};

use crate::support::{Done, MODEL, Project};

/// Longest that anything is waited for.
const MOST_SECONDS: u64 = 240;

/// A project whose version 1 is the champion, with data that makes another one, on the system's clock.
fn project() -> Project {
    with_data(Project::promoted())
}

fn with_data(project: Project) -> Project {
    let project = project.with_real_clock();
    project.set("input_folder_path", "sourcedata");
    project.set("jobs", json!({"backoff_seconds": 0.1}));
    project
}

/// The same with each database there is.
fn projects() -> Vec<Project> {
    let each = Project::promoted_on_each().into_iter();
    each.map(with_data).collect()
}

/// A worker under way; a test that fails takes it along.
struct Worker {
    child: Option<Child>,
}

impl Worker {
    fn of(project: &Project) -> Self {
        Worker::with(project, &[])
    }

    fn with(project: &Project, variables: &[(&str, &str)]) -> Self {
        let mut command = project.command(&["worker", "-v"]);
        command.envs(variables.iter().copied());
        // What it says is looked for in the registry.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Worker {
            child: Some(command.spawn().expect("a worker starts")),
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(self.child.as_ref().expect("it is there"));
        kill_process(pid, signal).expect("it can be signalled");
    }

    /// Sends a signal and waits for the end.
    fn end(mut self, signal: Signal) -> std::process::ExitStatus {
        self.signal(signal);
        let mut child = self.child.take().expect("it is there");
        child.wait().expect("it ends")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn submit(project: &Project) -> Value {
    project.json(&["jobs", "submit"])
}

/// A job of the registry, once it is as wanted.
#[track_caller]
fn until(project: &Project, job: &Value, is_wanted: impl Fn(&JobRow) -> bool) -> JobRow {
    let id = job["job"].as_str().expect("a job").to_string();
    let began = Instant::now();
    project.registry(async |registry| {
        let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            looks.tick().await;
            let row = registry.job(&id).await.expect("reads").expect("the job");
            if is_wanted(&row) {
                return row;
            }
            assert!(began.elapsed().as_secs() < MOST_SECONDS, "{row:#?}");
        }
    })
}

#[track_caller]
fn until_state(project: &Project, job: &Value, state: JobState) -> JobRow {
    until(project, job, |row| row.state == state)
}

/// The process of the run that waits at a fault point, once it does.
fn until_waiting(project: &Project) -> Pid {
    let began = Instant::now();
    while !project.path("waits").exists() {
        assert!(began.elapsed().as_secs() < MOST_SECONDS, "no run waits");
        std::thread::yield_now();
    }
    let holder = project.books().holder.expect("a run has the lock");
    Pid::from_raw(holder.process.pid as i32).expect("a pid")
}

/// Lets the run continue that waits at a fault point.
fn go_on(project: &Project) {
    std::fs::remove_file(project.path("waits")).expect("it waits");
}

/// Runs a worker until the queue is empty.
fn work(project: &Project) -> Done {
    project.ok(&["worker", "--once"])
}

#[test]
fn a_job_is_submitted_done_and_told() {
    let project = project();
    let job = submit(&project);
    let waiting = project.json(&["jobs", "list"]);
    assert_eq!(waiting[0]["state"], "queued");
    assert_eq!(waiting[0]["actor"], "tester");
    let done = project.unseat(&["jobs", "submit"]);
    assert_eq!(done.code(), 1, "{done}");
    assert!(done.stderr.contains("is queued"), "{done}");
    work(&project);
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(row.attempts, 1);
    assert_eq!(row.run.as_deref(), job["run"].as_str());
    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(2));
    assert_eq!(books.runs[0].id.as_str(), job["run"]);
    assert_eq!(books.runs[0].stage, "report");

    let shown = project.json(&["jobs", "show"]);
    assert_eq!(shown["job"]["outcome"], "promote");
    let log = shown["log"].as_array().expect("lines");
    assert!(log.iter().any(|line| {
        line.as_str()
            .is_some_and(|line| line.contains("deploy begins"))
    }));
    let told = project.ok(&["jobs", "show"]).stdout;
    assert!(told.contains("outcome   promote"), "{told}");
    assert!(told.contains("report begins"), "{told}");
    let list = project.ok(&["jobs"]).stdout;
    assert!(list.contains(MODEL) && list.contains("promote"), "{list}");
    // There is nothing new, which a job tells as well.
    let worker = Worker::of(&project);
    let waited = project.ok(&["jobs", "submit", "--wait", "--json"]).json();
    assert_eq!(waited["job"]["outcome"], "nothing_new", "{waited}");
    assert!(worker.end(Signal::TERM).success());
}

#[test]
fn a_tick_ends_with_its_job() {
    let project = project();
    let job = |at: i64, tick_ms: i64| NewJob {
        id: format!("20260101T000000Z-{at:09}"),
        model: MODEL.to_string(),
        trigger: "schedule".to_string(),
        tick_ms: Some(tick_ms),
        force: false,
        actor: "schedule".to_string(),
        run: RunId::new(format!("20260101T000000Z-{at:09}")),
        at_ms: at,
    };
    let queue = async |registry: &Registry, job: &NewJob| {
        let queue = Queue::of(registry);
        let submitted = submit_job(&queue, job, Overlap::Skip).await;
        assert!(matches!(submitted.expect("queued"), Submitted::Queued(_)));
    };
    let first = job(1, 1000);
    project.registry(async |registry| queue(registry, &first).await);
    work(&project);
    let second = job(2, 2000);
    project.registry(async |registry| queue(registry, &second).await);
    project.ok(&["jobs", "cancel", &second.id]);
    let ticks = project.registry(async |registry| registry.ticks(None, 9).await.expect("reads"));
    let runs = project.books().runs;
    let record = runs
        .iter()
        .find_map(|run| run.record.as_ref().filter(|_| run.id == first.run));
    let reason = record.expect("its record")["reasons"][0]
        .as_str()
        .expect("a reason");
    let told: Vec<_> = ticks
        .iter()
        .map(|tick| (tick.tick_ms, tick.outcome.name(), tick.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (2000, "failed", "cancelled by tester"),
            (1000, "promoted", reason)
        ]
    );
    assert_eq!(ticks[1].run, Some(first.run.clone()));
    assert!(runs.iter().any(|run| run.trigger == "schedule"));
}

#[test]
fn three_workers_on_one_queue_do_every_job_once() {
    for project in projects() {
        let models: serde_json::Map<String, Value> =
            (0..4).map(|at| (format!("m{at}"), json!({}))).collect();
        project.set("models", models);
        project.set("input_folder_path", "practicedata");
        let workers: Vec<Worker> = (0..3).map(|_| Worker::of(&project)).collect();
        let jobs: Vec<Value> = (0..4)
            .map(|at| project.json(&["jobs", "submit", "--model", &format!("m{at}")]))
            .collect();
        for job in &jobs {
            let row = until_state(&project, job, JobState::Done);
            assert_eq!(row.attempts, 1, "{row:?}");
            assert_eq!(row.outcome, Some(Outcome::Promote), "{row:?}");
        }
        let runs =
            project.registry(async |registry| registry.runs(None, 100).await.expect("reads"));
        let of_jobs = runs.iter().filter(|run| run.model != MODEL).count();
        assert_eq!(of_jobs, 4, "{runs:#?}");
        for worker in workers {
            assert!(worker.end(Signal::TERM).success());
        }
    }
}

#[test]
fn two_jobs_of_one_model_do_not_run_at_once() {
    let project = project();
    let job = submit(&project);
    // This process holds the lock, as a run by hand would.
    let worker = Worker::of(&project);
    let run = "20260101T000000Z-000000000";
    let lock = project.registry(async |registry| {
        registry
            .take_lock(MODEL, &RunId::new(run), 1)
            .await
            .expect("the lock")
    });
    let is_waiting = |row: &JobRow| row.error.as_deref() == Some("another run is using the model");
    let row = until(&project, &job, is_waiting);
    // The worker may have come first; then the lock was not to be had.
    assert_eq!((row.state, row.attempts), (JobState::Queued, 0));
    project.registry(async |registry| registry.release_lock(&lock).await.expect("given back"));
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.attempts, 1);
    assert_eq!(row.run.as_deref(), job["run"].as_str());
    drop(worker);
}
