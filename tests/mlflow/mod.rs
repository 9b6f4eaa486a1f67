//! An MLflow server that is kept up to date: by a double, and by the real one where `UNSEAT_CLIENTS_PYTHON` names a Python that
//! has it.

mod real;
mod stub;

use serde_json::{Value, json};

use self::stub::{Call, Stub};
use crate::support::Project;

fn project(url: &str) -> Project {
    let project = Project::new();
    project.set("mlflow", json!({"tracking_uri": url}));
    project
}

/// The calls of a kind.
fn of<'c>(calls: &'c [Call], what: &str) -> Vec<&'c Call> {
    calls.iter().filter(|call| call.what == what).collect()
}

/// Kind and state of each message, oldest first.
fn messages(project: &Project) -> Vec<[String; 2]> {
    let listed = project.json(&["notify", "list"]);
    let told =
        |row: &Value| ["kind", "state"].map(|key| row[key].as_str().expect("a text").to_string());
    listed
        .as_array()
        .expect("a list")
        .iter()
        .rev()
        .map(told)
        .collect()
}

#[test]
fn a_version_is_a_run_a_registered_version_and_an_alias() {
    let server = Stub::new();
    let project = project(&server.url);
    project.write("token", "let-me-in\n");
    project.set("mlflow.secret_file", "token");
    project.set("mlflow.experiment", "{model} nightly");
    project.ok(&["run"]);
    // A run sends for some seconds only; what was not taken by then, this does.
    project.ok(&["notify", "send"]);
    assert_eq!(messages(&project), [["promoted", "sent"]]);
    let calls = server.calls();
    assert!(
        calls
            .iter()
            .all(|call| call.authorization == "Bearer let-me-in"),
        "{calls:?}"
    );
    let made = &of(&calls, "POST runs/create")[0].body;
    assert_eq!(made["experiment_id"], "4");
    let tags = made["tags"].as_array().expect("tags");
    let shown = project.json(&["versions", "show", "1"]);
    let sha256 = &shown["version"]["bundle_sha256"];
    assert!(
        tags.contains(&json!({"key": "unseat.version", "value": "1"})),
        "{tags:?}"
    );
    assert!(
        tags.contains(&json!({"key": "unseat.bundle_sha256", "value": sha256})),
        "{tags:?}"
    );
    let logged = &of(&calls, "POST runs/log-batch")[0].body;
    let metrics = logged["metrics"].as_array().expect("metrics");
    let f1 = metrics
        .iter()
        .find(|metric| metric["key"] == "f1")
        .expect("f1");
    assert_eq!(f1["value"], shown["score"]["challenger"]["f1"]);
    // Its files are elsewhere: nothing is sent, and the run says so.
    let told = of(&calls, "POST runs/set-tag");
    assert!(
        told[0].body["value"]
            .to_string()
            .contains("--serve-artifacts"),
        "{told:?}"
    );
    assert!(calls.iter().all(|call| !call.what.starts_with("PUT")));
    let made = of(&calls, "POST model-versions/create");
    assert_eq!(made[0].body["source"], "runs:/r/model");
    let ended = of(&calls, "POST runs/update");
    assert_eq!(ended[0].body["status"], "FINISHED");
    let alias = of(&calls, "POST registered-models/alias");
    assert_eq!(
        alias[0].body,
        json!({"name": "attrition", "alias": "champion", "version": "9"})
    );

    // A champion that is moved by hand is followed, once.
    project.ok(&["run", "--input", "sourcedata"]);
    project.ok(&["notify", "send"]);
    server.calls();
    project.ok(&["rollback"]);
    project.ok(&["notify", "send"]);
    let calls = server.calls();
    let searched = of(&calls, "POST runs/search");
    assert!(
        searched[0].body["filter"]
            .to_string()
            .contains("`unseat.version` = '1'"),
        "{searched:?}"
    );
    assert_eq!(
        of(&calls, "POST registered-models/alias").len(),
        1,
        "{calls:?}"
    );
    project.ok(&["notify", "send"]);
    assert_eq!(server.calls().len(), 0);
}

#[test]
fn a_dead_server_delays_nothing_and_is_told_when_it_is_back() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    let project = project(&url);
    let done = project.ok(&["run"]);
    assert!(done.stdout.contains("promoted version 1"), "{done}");
    assert_eq!(messages(&project), [["promoted", "waiting"]]);
    let test = project.unseat(&["notify", "test"]);
    assert!(!test.status.success());
    assert!(
        test.stdout
            .contains("failed to bring mlflow up to date: experiments/search: "),
        "{test}"
    );

    let server = Stub::new();
    project.set("mlflow.tracking_uri", server.url.as_str());
    project.ok(&["notify", "send"]);
    assert_eq!(messages(&project), [["promoted", "sent"]]);
    assert_eq!(of(&server.calls(), "POST registered-models/alias").len(), 1);

    // A run that breaks off is there, too.
    std::fs::remove_dir_all(project.path("testdata")).expect("removes");
    project.unseat(&["run", "--force"]);
    project.ok(&["notify", "send"]);
    let calls = server.calls();
    let failed = of(&calls, "POST runs/create");
    assert!(
        failed[0].body["tags"]
            .to_string()
            .contains("failed to read the folder `testdata`"),
        "{calls:?}"
    );
    assert_eq!(of(&calls, "POST runs/update")[0].body["status"], "FAILED");
}

#[test]
fn settings_that_cannot_be_are_told() {
    let project = Project::new();
    project.set(
        "mlflow",
        json!({"tracking_uri": "localhost:5000", "experiment": " ", "timeout_seconds": 0.0}),
    );
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "name": "mlflow", "argv": ["true"]}]}),
    );
    let done = project.unseat(&["config", "check"]);
    for words in [
        "mlflow.tracking_uri: write it as https://HOST/PATH",
        "mlflow.experiment: is empty",
        "mlflow.timeout_seconds: 0 is not from 0.1 to 3600",
        "notify.channels[0].name: is that of `mlflow.tracking_uri`",
    ] {
        assert!(done.stderr.contains(words), "{words}: {done}");
    }
}
