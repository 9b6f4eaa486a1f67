//! Workers with tags, and machines that are started for a job.

use std::process::Stdio;

use serde_json::json;
use unseat::model_types::Outcome;
use unseat::registry::JobState;

use super::{Worker, project, submit, until, until_state, work};
use crate::support::{MODEL, Project};

/// A scheduler under way, which calls `jobs.launch`.
fn scheduler(project: &Project) -> Worker {
    let mut command = project.command(&["schedule"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Worker {
        child: Some(command.spawn().expect("a scheduler starts")),
    }
}

#[test]
fn a_job_with_tags_waits_for_a_worker_that_has_them() {
    let project = project();
    project.set("jobs", json!({"backoff_seconds": 0.1, "tags": ["big"]}));
    let job = submit(&project);
    // It ends although a job waits, since that is none of its own.
    work(&project);
    project.ok(&["worker", "--once", "--tags", "gpu"]);
    assert_eq!(until(&project, &job, |_| true).state, JobState::Queued);
    project.ok(&["worker", "--once", "--tags", "gpu,big"]);
    until_state(&project, &job, JobState::Done);

    // A model may say its own, and one that asks for none is done by anybody.
    let mut config = project.read_json("config.json");
    config["models"] = json!({ (MODEL): {"jobs": {"tags": []}, "output_folder_path": "ingesteddata", "prod_deployment_path": "production_deployment"} });
    project.write("config.json", &config.to_string());
    let job = submit(&project);
    work(&project);
    until_state(&project, &job, JobState::Done);

    config["models"][MODEL]["jobs"] = json!({"tags": [], "concurrency": 2});
    project.write("config.json", &config.to_string());
    let done = project.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(
        done.stderr.contains("a model may have its own `tags`"),
        "{done}"
    );
    let done = project.unseat(&["worker", "--once", "--tags", "a b"]);
    assert_eq!(done.code(), 2, "{done}");
}

#[test]
fn a_machine_is_started_for_a_job_and_does_it() {
    let project = project();
    let machine = format!(
        "echo \"$0 $1\" >>launched; '{}' worker --once >machine.log 2>&1 &",
        env!("CARGO_BIN_EXE_unseat")
    );
    let launch = ["/bin/sh", "-c", &machine, "{job}", "{model}"];
    project.set("jobs", json!({"backoff_seconds": 0.1, "launch": launch}));
    let job = submit(&project);
    let id = job["job"].as_str().expect("a job");
    // Two of them, and one machine.
    let schedulers = [scheduler(&project), scheduler(&project)];
    let row = until_state(&project, &job, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(row.attempts, 1);
    assert_eq!(project.read("launched"), format!("{id} {MODEL}\n"));
    drop(schedulers);
}

#[test]
fn what_went_wrong_with_a_machine_is_on_the_job() {
    let project = project();
    let launch = [
        "/bin/sh",
        "-c",
        "echo there is no capacity >&2; exit 3",
        "{job}",
    ];
    let jobs = json!({"backoff_seconds": 0.1, "attempts": 2, "launch": launch});
    project.set("jobs", jobs);
    let job = submit(&project);
    let _scheduler = scheduler(&project);
    let row = until_state(&project, &job, JobState::Failed);
    let error = row.error.expect("an error");
    assert!(
        error.contains("no machine could be started for it"),
        "{error}"
    );
    assert!(error.ends_with("there is no capacity"), "{error}");
    assert_eq!(row.attempts, 2);
    assert_eq!(project.books().champion(), Some(1));
}

#[test]
fn a_launch_that_names_no_job_is_rejected() {
    let project = project();
    project.set("jobs.launch", json!(["run-task"]));
    let done = project.unseat(&["config", "check"]);
    assert_eq!(done.code(), 2, "{done}");
    assert!(done.stderr.contains("has no `{job}`"), "{done}");
}
