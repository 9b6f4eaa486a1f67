//! `/jobs`: what is told of jobs, and taking one back.

use serde_json::{Value, json};
use unseat::model_types::Outcome;
use unseat::registry::JobState;

use super::{Worker, project, submit, until_state, until_waiting};
use crate::serve::Server;

#[test]
fn jobs_are_told_with_how_far_they_are_and_one_is_cancelled() {
    let project = project();
    let first = submit(&project);
    super::work(&project);
    let second = submit(&project);
    let server = Server::of(&project, &[]);
    let all = server.get("/jobs").expect(200).json();
    assert_eq!(
        [&all[0]["id"], &all[1]["id"]],
        [&second["job"], &first["job"]]
    );
    assert_eq!([&all[0]["state"], &all[1]["state"]], ["queued", "done"]);
    assert_eq!(all[1]["outcome"], "promote");
    let limited = server.get("/jobs?limit=1").expect(200).json();
    assert_eq!(limited, json!([all[0]]));
    let id = first["job"].as_str().expect("an id");
    let one = server.get(&format!("/jobs/{id}")).expect(200).json();
    assert_eq!(one["progress"], json!({"done": 5, "of": 5}));
    assert_eq!(one["stage"], "report");
    let log = one["log"].as_array().expect("lines");
    assert_eq!(log.last().expect("a line")["outcome"], "promote");
    server.get("/jobs/none").expect(404);
    server.get("/jobs?limit=0").expect(400);
    server
        .send("POST", &format!("/jobs/{id}/cancel"), &[], b"")
        .expect(409);

    let cancel = "/jobs/latest/cancel";
    let said = server.send("POST", cancel, &[], b"").expect(200).json();
    assert_eq!(said, json!({"job": second["job"], "state": "cancelled"}));
    let audit = project.read("audit.ndjson");
    let lines: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.last().expect("a line")["action"], "cancel");
    server.send("POST", cancel, &[], b"").expect(409);
}

#[test]
fn a_run_under_way_is_told_with_its_stage_and_ended_on_request() {
    let project = project();
    let job = submit(&project);
    let worker = Worker::with(&project, &[("UNSEAT_FAULT", "train.recorded:wait")]);
    until_waiting(&project);
    let server = Server::of(&project, &[]);
    let one = server.get("/jobs/latest").expect(200).json();
    assert_eq!(one["state"], "running", "{one}");
    assert_eq!(one["stage"], "train");
    assert_eq!(one["progress"], json!({"done": 1, "of": 5}));
    // A second run of the model is rejected.
    let busy = server.post("/runs", &json!({})).expect(409).json();
    assert_eq!(busy["error"]["details"]["run"], job["run"]);
    let cancel = "/jobs/latest/cancel";
    let said = server.send("POST", cancel, &[], b"").expect(200).json();
    assert_eq!(said["state"], "running");
    until_state(&project, &job, JobState::Cancelled);
    drop(worker);
}

#[test]
fn what_was_asked_of_a_server_is_done_by_a_worker_that_is_there() {
    let project = project();
    let worker = Worker::of(&project);
    let server = Server::of(&project, &[]);
    // The worker is known once it has written that it is there; a job that comes before it has brings a worker along.
    let started = server.post("/runs", &json!({})).expect(202).json();
    let row = until_state(&project, &started, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(row.trigger, "api");
    assert_eq!(project.assert_settled().promotions(), [1, 2]);
    drop(worker);
}

#[test]
fn what_was_asked_before_a_server_ended_is_done_by_the_next() {
    let project = project();
    let stop = ("UNSEAT_FAULT", "train.recorded:wait");
    let server = Server::with(&project, &[], &[stop]);
    let started = server.post("/runs", &json!({})).expect(202).json();
    let run = until_waiting(&project);
    let helper = until_state(&project, &started, JobState::Running).worker;
    let helper = helper.and_then(|name| name.split('/').nth(2)?.parse().ok());
    let helper = helper
        .and_then(rustix::process::Pid::from_raw)
        .expect("a pid");
    let kill = rustix::process::Signal::KILL;
    let (is_well, _) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well);
    for pid in [helper, run] {
        rustix::process::kill_process(pid, kill).expect("it is there");
    }
    let _server = Server::of(&project, &[]);
    let row = until_state(&project, &started, JobState::Done);
    assert_eq!(row.outcome, Some(Outcome::Promote));
    assert_eq!(row.attempts, 2);
}
