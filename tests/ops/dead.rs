//! Runs that are cut off say so, and are nowhere called running.

use std::io::Read;
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::{Up, until};
use crate::support::{MODEL, Project};

/// A run that waits at a fault point, once it is there.
fn waiting(project: &Project, point: &str) -> Child {
    let mut command = project.command(&["run", "--force"]);
    command.env("UNSEAT_FAULT", format!("{point}:wait"));
    let child = command.spawn().expect("the program starts");
    until_waits(project);
    child
}

fn until_waits(project: &Project) {
    until("the run waits", || {
        project.path("waits").exists().then_some(())
    });
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it can be signalled");
}

/// Its exit code, and what it said on stderr. The file that held it up goes.
fn ended(project: &Project, mut child: Child) -> (Option<i32>, String) {
    let mut talk = String::new();
    let mut stderr = child.stderr.take().expect("stderr is piped");
    stderr.read_to_string(&mut talk).expect("reads");
    let code = child.wait().expect("it ends").code();
    std::fs::remove_file(project.path("waits")).expect("it waited");
    (code, talk)
}

#[test]
fn ctrl_c_says_what_it_did_and_gives_the_lock_back() {
    for (kind, code, why) in [
        (Signal::INT, 130, "it was interrupted (Ctrl-C)"),
        (Signal::TERM, 143, "it was asked to end (SIGTERM)"),
    ] {
        let project = Project::promoted().with_real_clock();
        let child = waiting(&project, "train.recorded");
        signal(&child, kind);
        let (found, talk) = ended(&project, child);
        assert_eq!(found, Some(code), "{talk}");
        let books = project.books();
        let run = &books.runs[0];
        let expected = format!(
            "interrupted: run {} was cut off in train; the champion is what it was, the lock is released, and the next run removes what this one leaves",
            run.id
        );
        assert!(talk.contains(&expected), "{talk}");
        assert_eq!(
            (run.state.name(), run.error.as_deref()),
            ("interrupted", Some(why))
        );
        assert!(books.holder.is_none());
        assert_eq!(books.champion(), Some(1));
        project.ok(&["run"]);
        project.assert_settled();
    }
}

#[test]
fn a_verdict_stands_when_its_run_is_interrupted() {
    let project = Project::promoted().with_real_clock();
    project.set("input_folder_path", "sourcedata");
    let child = waiting(&project, "deploy.promoted");
    signal(&child, Signal::INT);
    let (code, talk) = ended(&project, child);
    assert_eq!(code, Some(130), "{talk}");
    assert!(talk.contains("which stands: promote (version 2)"), "{talk}");
    let books = project.books();
    assert_eq!(
        (books.champion(), books.runs[0].state.name()),
        (Some(2), "done")
    );
    project.ok(&["run"]);
    project.assert_settled();
}

#[test]
fn a_killed_run_is_interrupted_at_once_wherever_it_is_shown() {
    let project = Project::promoted().with_real_clock();
    let mut child = waiting(&project, "score.predictions_published");
    let listed = project.ok(&["runs", "list"]).stdout;
    assert!(
        listed.lines().nth(1).expect("a run").contains("running"),
        "{listed}"
    );
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    let listed = project.ok(&["runs", "list"]).stdout;
    assert!(
        listed
            .lines()
            .nth(1)
            .expect("a run")
            .contains("interrupted"),
        "{listed}"
    );
    let shown = project.json(&["runs", "show"]);
    assert_eq!(shown["error"], "its process ended before the run did");
    let models = project.ok(&["models"]).stdout;
    assert!(models.contains("interrupted"), "{models}");
    let up = Up::of(&project);
    let runs = up.get("/runs?limit=1").json();
    assert_eq!(runs[0]["state"], "interrupted", "{runs}");
    let checks = up.get("/readyz?verbose").json();
    let of_runs = check(&checks, &format!("runs {MODEL}"));
    assert_eq!(of_runs["ok"], false, "{checks}");
    let says = of_runs["message"].as_str().expect("a text");
    assert!(says.contains("interrupted in score"), "{says}");
}

#[test]
fn ctrl_c_of_up_says_that_a_run_was_cut_off() {
    let project = Project::promoted().with_real_clock();
    let mut command = project.command(&["up", "--listen", "127.0.0.1:0"]);
    command.env("UNSEAT_FAULT", "train.recorded:wait");
    let child = command.spawn().expect("the program starts");
    let job = project.json(&["jobs", "submit", "--force"]);
    let run = job["run"].as_str().expect("a run").to_string();
    until_waits(&project);
    signal(&child, Signal::INT);
    let (code, talk) = ended(&project, child);
    assert_eq!(code, Some(0), "{talk}");
    let job = job["job"].as_str().expect("a job");
    let expected = format!(
        "the run of {MODEL} was cut off; the champion is what it was, and job {job} waits for the next worker"
    );
    assert!(talk.contains(&expected), "{talk}");
    let shown = project.json(&["runs", "show", &run]);
    assert_eq!(shown["state"], "interrupted", "{shown}");
}

fn check<'a>(checks: &'a serde_json::Value, name: &str) -> &'a serde_json::Value {
    let all = checks["checks"].as_array().expect("checks");
    all.iter()
        .find(|check| check["name"] == name)
        .unwrap_or_else(|| panic!("no check {name}: {checks}"))
}
