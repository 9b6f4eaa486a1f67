//! `/runs`: what ran, and starting one beside a server that continues answering.

use std::os::unix::process::ExitStatusExt;

use serde_json::{Value, json};
use unseat::model_types::RunId;

use super::super::{Answer, Server};

use super::{audited, message};
use crate::support::{MODEL, Project};

/// Whether a run has finished.
fn is_over(run: &Value) -> bool {
    run["state"] != "running"
}

/// The log of a run, once its process has said all it has to say; by then, its lock is given back.
fn whole_log(server: &Server, id: &str) -> (Answer, Vec<Value>) {
    let mut lines: Vec<Value> = Vec::new();
    let log = server.until(&format!("/runs/{id}/log"), |log| {
        let text = log.text();
        let parsed = text.lines().map(serde_json::from_str);
        lines = parsed.collect::<Result<_, _>>().expect("lines are JSON");
        lines.last().is_some_and(|last| last["run"] == id)
    });
    (log.expect(200), lines)
}

#[test]
fn runs_are_told_newest_first_and_one_with_its_record() {
    let project = Project::promoted();
    project.ok(&["run"]);
    let books = project.books();
    let server = Server::of(&project, &[]);
    let all = server.get("/runs").expect(200).json();
    let ids: Vec<_> = all
        .as_array()
        .expect("a list")
        .iter()
        .map(|run| run["id"].clone())
        .collect();
    let expected: Vec<_> = books.runs.iter().map(|run| json!(run.id)).collect();
    assert_eq!(ids, expected);
    assert_eq!(all[0]["outcome"], "nothing_new");
    assert_eq!(all[1]["outcome"], "promote");
    assert_eq!(all[1]["trigger"], "cli");
    assert_eq!(all[1].get("record"), None);
    let limited = server.get(&format!("/runs?model={MODEL}&limit=1"));
    assert_eq!(limited.expect(200).json(), json!([all[0]]));

    let first = &books.runs[1];
    for id in [first.id.as_str(), &first.id[..15]] {
        let run = server.get(&format!("/runs/{id}")).expect(200).json();
        assert_eq!(run["id"], first.id.as_str());
        assert_eq!(run["record"], json!(first.record));
        assert_eq!(run["log"], Value::Null);
    }
    let latest = server.get("/runs/latest").expect(200).json();
    assert_eq!(latest["id"], books.runs[0].id.as_str());
    assert_eq!(
        message(server.get("/runs/2026"), 404, "not_found"),
        "several runs have ids that begin like this; give more of it"
    );
    assert_eq!(
        message(server.get("/runs/latest/log"), 404, "not_found"),
        "the run has no log: it was not started by request, or its log was cleared away"
    );
    for limit in ["0", "1001", "-1", "x", "1.5"] {
        server.get(&format!("/runs?limit={limit}")).expect(400);
    }
}

#[test]
fn a_run_that_was_asked_for_goes_on_beside_predictions_and_what_it_promotes_is_served() {
    let project = Project::promoted();
    project.set("input_folder_path", "sourcedata");
    let server = Server::of(&project, &[]);
    let answer = server.post("/runs", &json!({"model": MODEL})).expect(202);
    let started = answer.json();
    let id = started["run"].as_str().expect("an id");
    let job = started["job"].as_str().expect("a job");
    assert_eq!(started, json!({"run": id, "model": MODEL, "job": job}));
    let place = format!("/runs/{id}");
    assert_eq!(answer.header("location"), Some(place.as_str()));

    // Every prediction is answered while the run continues; the first one after the promotion is the new version's.
    let mut answered = 0;
    let run = server.until(&place, |run| {
        let row = "/prediction?lastmonth_activity=1&lastyear_activity=2&number_of_employees=3";
        server.get(row).expect(200);
        answered += 1;
        is_over(&run.json())
    });
    let run = run.expect(200).json();
    assert_eq!(run["state"], "done", "{run}");
    assert_eq!(run["outcome"], "promote");
    assert_eq!(run["trigger"], "api");
    assert!(answered > 0);
    server.until(&format!("/models/{MODEL}"), |model| {
        model.json()["served"] == 2
    });

    let path = format!("{place}/log");
    assert_eq!(run["log"], path);
    let (log, lines) = whole_log(&server, id);
    assert_eq!(log.header("content-type"), Some("application/x-ndjson"));
    let last = lines.last().expect("a line");
    assert_eq!(
        [&last["run"], &last["outcome"]],
        [&json!(id), &json!("promote")]
    );
    assert!(
        lines.iter().any(|line| line["stage"] == "train"),
        "{lines:?}"
    );
    assert!(project.path(&format!("logs/{id}.ndjson")).exists());
    let audit = audited(&project);
    assert_eq!(
        [&audit[0]["action"], &audit[0]["model"], &audit[0]["status"]],
        [&json!("run"), &json!(MODEL), &json!(202)]
    );
    project.assert_settled();
}

#[test]
fn a_second_run_of_a_model_is_rejected_while_one_is_under_way() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    // This process holds the lock, as a run would.
    let run = "20260101T000000Z-000000000";
    project.registry(async |registry| {
        let lock = registry
            .take_lock(MODEL, &RunId::new(run), 1)
            .await
            .expect("the lock");
        let said =
            format!("run {run} is using the model; wait until it ends, GET /runs/{run} shows it");
        for (method, path) in [
            ("POST", "/runs".to_string()),
            ("POST", format!("/models/{MODEL}/versions/1/promote")),
        ] {
            let answer = server.send(method, &path, &[], b"");
            assert_eq!(answer.json()["error"]["details"], json!({"run": run}));
            assert_eq!(message(answer, 409, "conflict"), said, "{path}");
        }
        registry.release_lock(&lock).await.expect("given back");
    });
    assert_eq!(project.books().runs.len(), 1);
}

#[test]
fn two_who_ask_at_once_start_one_run() {
    let project = Project::promoted().with_real_clock();
    project.set("input_folder_path", "sourcedata");
    let server = Server::of(&project, &[]);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| server.post("/runs", &json!({})).status))
            .collect();
        asked
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 202).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        3,
        "{statuses:?}"
    );
    server.until("/runs/latest", |run| is_over(&run.json()));
    assert_eq!(project.books().runs.len(), 2);
}

#[test]
fn what_is_asked_of_a_run_is_checked() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for (body, status, expected) in [
        (
            json!({"model": "other"}),
            404,
            "no such model; GET /models lists them",
        ),
        (
            json!([]),
            400,
            "the body is not a JSON object; /docs shows its form",
        ),
    ] {
        let answer = server.post("/runs", &body);
        let code = answer.json()["error"]["code"]
            .as_str()
            .expect("a code")
            .to_string();
        assert_eq!(message(answer, status, &code), expected);
    }
    server.post("/runs", &json!({"force": 1})).expect(400);
    server.post("/runs", &json!({"stage": "train"})).expect(400);
    // Settings that were broken since the server began: nothing begins, and the words say where to look.
    project.write("config.json", "{");
    assert_eq!(
        message(server.post("/runs", &json!({})), 503, "unavailable"),
        "the run could not be started; the server's log says why"
    );
    assert_eq!(project.books().runs.len(), 1);
}

#[test]
fn a_run_goes_on_when_the_server_ends_and_one_that_dies_is_not_told_as_running() {
    let project = Project::promoted().with_real_clock();
    project.set("input_folder_path", "sourcedata");
    let server = Server::of(&project, &[]);
    let started = server.post("/runs", &json!({})).expect(202).json();
    let id = started["run"].as_str().expect("an id").to_string();
    let (is_well, _) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well);
    let server = Server::of(&project, &[]);
    let run = server.until(&format!("/runs/{id}"), |run| is_over(&run.json()));
    assert_eq!(run.json()["outcome"], "promote");
    whole_log(&server, &id);

    let dead = ("UNSEAT_FAULT", "train.recorded:kill");
    let done = project.unseat_with(dead, &["run", "--force"]);
    assert_eq!(done.status.signal(), Some(9));
    let run = server.get("/runs/latest").expect(200).json();
    assert_eq!(run["state"], "interrupted");
}
