//! Mistakes that other monitors of quality made and that were reported of them.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::answered_rows;
use crate::serve::Server;
use crate::serve::observe::prediction_log::of_all_kinds;
use crate::support::Project;

/// A row that no file has, and whether it is of the second class.
fn row(at: usize) -> (Value, usize) {
    let class = at * 7 / 3 % 2;
    let color = ["red", "green", "blue"][(at / 2 + class) % 3];
    let row = json!({
        "visits": at % 10 + 5 * class, "amount": at as f64 / 8.0 + 0.03 + 60.25 * class as f64,
        "member": at.is_multiple_of(3), "color": color,
    });
    (row, class)
}

/// What is said of the same answers and the same truth, where the classes have these names, and labels come in some order.
fn told(names: [&str; 2], is_turned: bool) -> (Value, Value, Value) {
    let project: Project = of_all_kinds(&names);
    project.set("positive_class", names[1]);
    // Folds are drawn by a hash of the whole row, the name of its class included.
    project.set("split.fold_rows", 0);
    let report = project.json(&["run", "--force"]);
    if report["outcome"] != "promote" {
        project.ok(&[
            "promote",
            "latest",
            "--reason",
            "the positive class is another",
        ]);
    }
    let server = Server::of(&project, &[]);
    let rows: Vec<Value> = (0..240).map(|at| row(at).0).collect();
    let answers = answered_rows(&server, &rows);
    // Every fifth truth is the other class.
    let truth = |at: usize| names[(row(at).1 + usize::from(at.is_multiple_of(5))) % 2];
    let label = |(at, (id, _)): (usize, &(String, Value))| json!({"id": id, "label": truth(at), "observed_at": "2026-04-01T00:00:00Z"});
    let mut labels: Vec<Value> = answers.iter().enumerate().map(label).collect();
    if is_turned {
        labels.reverse();
        labels.swap(3, 200);
    }
    for part in labels.chunks(70) {
        server.post("/labels", &json!({"labels": part})).expect(200);
    }
    assert!(server.stop(Signal::TERM).0);
    let live = project.json(&["labels", "--window", "30d"]);
    let window = live["versions"][0].clone();
    let said = json!({
        "score": window["labelled"]["score"], "interval": window["labelled"]["interval"],
        "estimated": window["estimated"], "difference": window["difference"], "scores": window["scores"],
    });
    let mut score = report["scores"]["challenger"].clone();
    score["bundle_sha256"] = Value::Null;
    let drift = project.json(&["drift", "--against", "test"]);
    (said, score, drift["prediction"]["psi"].clone())
}

/// Classes that are texts came in the order of their names, and the wrong one was counted.
#[test]
fn classes_may_have_any_names_and_labels_any_order() {
    let (live, score, drift) = told(["no", "yes"], false);
    assert!(
        live["score"].is_number() && live["estimated"].is_object(),
        "{live:#}"
    );
    // The one that sorts first is the positive one.
    let (other, other_score, other_drift) = told(["zero", "ace"], true);
    assert_eq!(live, other);
    assert_eq!((score, drift), (other_score, other_drift));
}
