//! The prediction log: what it holds is what was sent and answered, to the last bit.

use std::fmt::Write as _;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::Server;
use super::predict;
use crate::support::{Project, files_below};

/// Every line of every file, oldest file first, and the files' names.
pub fn read_all(project: &Project) -> (Vec<Value>, Vec<String>) {
    let mut lines = Vec::new();
    let mut names = Vec::new();
    for (name, path) in files_below(&project.path("predictionlog")) {
        let bytes = std::fs::read(path).expect("reads");
        let text = zstd::decode_all(&bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = String::from_utf8(text).expect("text");
        assert!(text.ends_with('\n'), "{name}");
        lines.extend(text.lines().map(|line| {
            serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        }));
        names.push(name);
    }
    (lines, names)
}

/// A project with a column of each kind and some classes.
pub fn of_all_kinds(classes: &[&str]) -> Project {
    let project = Project::empty();
    for (folder, from) in [("practicedata", 0), ("testdata", 1000)] {
        let mut text = "visits,amount,member,color,outcome\n".to_string();
        for row in from..from + 300 {
            let class = row * 7 % classes.len();
            let color = ["red", "green", "blue"][(row / 2 + class) % 3];
            let visits = row % 10 + 5 * class;
            let amount = row as f64 / 8.0 + 100.25 * class as f64;
            let member = row % 3 == 0;
            let _ = writeln!(
                text,
                "{visits},{amount},{member},{color},{}",
                classes[class]
            );
        }
        project.write(&format!("{folder}/rows.csv"), &text);
    }
    let config = json!({
        "name": "kinds", "target": "outcome",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models",
        "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "gate": {"replicates": 200, "first": "promote"},
        "server": {"prediction_log": {"sample": 1.0}},
    });
    project.write("config.json", &config.to_string());
    project.ok(&["run"]);
    project
}

#[test]
fn rows_come_back_as_they_were_sent_with_what_was_answered() {
    for classes in [&["no", "yes"][..], &["low", "middle", "high"][..]] {
        let project = of_all_kinds(classes);
        let server = Server::of(&project, &[]);
        let rows = [
            json!({"visits": 7, "amount": 0.1, "member": true, "color": "red"}),
            json!({"visits": -3, "amount": 1e300, "member": false, "color": "\"violet\" \u{1F7E3}"}),
            json!({"visits": null, "amount": null, "member": null, "color": null}),
            json!({"visits": 9007199254740991i64, "amount": -5e-324, "member": true, "color": "blue"}),
            json!({"visits": 1, "amount": 2.5, "member": true, "color": 42}),
        ];
        let mut sent = rows.clone();
        sent[4]["color"] = json!("42");
        let body = json!({"rows": rows, "probabilities": true, "threshold": null});
        let headers = [
            ("content-type", "application/json"),
            ("x-request-id", "joined-later"),
        ];
        let answer = server
            .send("POST", "/prediction", &headers, body.to_string().as_bytes())
            .expect(200)
            .json();
        let (ended, _) = server.stop(Signal::TERM);
        assert!(ended);
        let (lines, names) = read_all(&project);
        assert_eq!(names.len(), 1, "{names:?}");
        assert_eq!(lines.len(), rows.len());
        for (at, line) in lines.iter().enumerate() {
            let given = &answer["predictions"][at];
            let mut expected = json!({
                "at": line["at"], "id": given["id"], "request_id": "joined-later", "model": "kinds", "version": 1,
                "row": sent[at], "prediction": given["prediction"],
            });
            if classes.len() == 2 {
                expected["probability"] = given["probability"].clone();
            } else {
                expected["probabilities"] = given["probabilities"].clone();
            }
            assert_eq!(*line, expected);
        }
    }
}

#[test]
fn a_threshold_of_the_caller_is_in_what_is_kept() {
    let project = of_all_kinds(&["no", "yes"]);
    let server = Server::of(&project, &[]);
    let row = json!({"visits": 7, "amount": 60, "member": true, "color": "red"});
    for threshold in [0.0, 1.0] {
        let body = json!({"rows": [row], "threshold": threshold});
        server.post("/prediction", &body).expect(200);
    }
    server.stop(Signal::TERM);
    let (lines, _) = read_all(&project);
    let predictions: Vec<_> = lines.iter().map(|line| &line["prediction"]).collect();
    assert_eq!(predictions, [&json!("yes"), &json!("no")]);
}

#[test]
fn nothing_is_kept_unless_asked_for() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    predict(&server);
    let text = server.get("/metrics").text();
    assert!(!text.contains("prediction_log"), "{text}");
    server.stop(Signal::TERM);
    assert!(!project.path("predictionlog").exists());
}

#[test]
fn a_rejected_request_is_not_kept() {
    let project = Project::promoted();
    project.set("server.prediction_log", json!({"sample": 1.0}));
    let server = Server::of(&project, &[]);
    server
        .post("/prediction", &json!({"rows": [{}]}))
        .expect(422);
    server.post("/prediction", &json!({"rows": []})).expect(200);
    server.stop(Signal::TERM);
    assert_eq!(read_all(&project).0, Vec::<Value>::new());
}

#[test]
fn files_are_closed_at_their_size_and_the_oldest_go() {
    let project = Project::promoted();
    let log = json!({"sample": 1.0, "file_bytes": 1, "files": 3});
    project.set("server.prediction_log", log);
    let server = Server::of(&project, &[]);
    let mut last = Vec::new();
    for written in 1..=5 {
        let answer = predict(&server).json();
        last.push(answer["predictions"][0]["id"].clone());
        let expected = format!("unseat_prediction_log_written_total {written}\n");
        server.until("/metrics", |answer| answer.text().contains(&expected));
    }
    server.stop(Signal::TERM);
    let (lines, names) = read_all(&project);
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("attrition_") && name.ends_with(".ndjson.zst")),
        "{names:?}"
    );
    let ids: Vec<_> = lines.iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, last[2..]);
}

#[test]
fn a_killed_server_leaves_what_was_flushed_and_the_next_one_finishes_it() {
    let project = Project::promoted();
    project.set("server.prediction_log", json!({"sample": 1.0}));
    let server = Server::of(&project, &[]);
    predict(&server);
    let written = "unseat_prediction_log_written_total 1\n";
    server.until("/metrics", |answer| answer.text().contains(written));
    server.stop(Signal::KILL);
    let (lines, names) = read_all(&project);
    assert_eq!(lines.len(), 1);
    assert!(names[0].ends_with(".part"), "{names:?}");
    let server = Server::of(&project, &[]);
    server.until("/livez", |_| {
        read_all(&project)
            .1
            .iter()
            .all(|name| !name.ends_with(".part"))
    });
    predict(&server);
    server.stop(Signal::TERM);
    let (lines, names) = read_all(&project);
    assert_eq!((lines.len(), names.len()), (2, 2));
}

#[test]
fn a_folder_that_cannot_be_written_holds_nothing_up_and_is_tried_again() {
    let project = Project::promoted();
    project.set("server.prediction_log", json!({"sample": 1.0}));
    project.write("predictionlog", "in the way");
    let server = Server::of(&project, &["-v"]);
    predict(&server);
    server.until("/metrics", |answer| {
        !answer
            .text()
            .contains("unseat_prediction_log_failures_total 0\n")
    });
    predict(&server);
    std::fs::remove_file(project.path("predictionlog")).expect("removes");
    let written = "unseat_prediction_log_written_total 2\n";
    let answer = server.until("/metrics", |answer| answer.text().contains(written));
    assert!(
        answer
            .text()
            .contains("unseat_prediction_log_dropped_total 0\n")
    );
    let (_, talk) = server.stop(Signal::TERM);
    let told = talk.matches("the prediction log cannot be written").count();
    assert_eq!(told, 1, "{talk}");
    assert_eq!(read_all(&project).0.len(), 2);
}

#[test]
fn what_does_not_fit_is_counted_and_never_lost_from_sight() {
    const CALLERS: usize = 4;
    const REQUESTS: usize = 50;
    const ROWS: usize = 40;
    let project = Project::promoted();
    let log = json!({"sample": 1.0, "queue": 1, "file_bytes": 20_000, "files": 1000});
    project.set("server.prediction_log", log);
    let server = Server::of(&project, &[]);
    let body = json!({"rows": vec![super::row(); ROWS]});
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                for _ in 0..REQUESTS {
                    server.post("/prediction", &body).expect(200);
                }
            });
        }
    });
    let count = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let count = line.and_then(|count| count.trim().parse::<usize>().ok());
        count.unwrap_or_else(|| panic!("{name}: {text}"))
    };
    let told = |text: &str| {
        (
            count(text, "unseat_prediction_log_written_total "),
            count(text, "unseat_prediction_log_dropped_total "),
        )
    };
    let all = CALLERS * REQUESTS * ROWS;
    let answer = server.until("/metrics", |answer| {
        let (written, dropped) = told(&answer.text());
        written + dropped == all
    });
    let (written, _) = told(&answer.text());
    server.stop(Signal::TERM);
    let (lines, _) = read_all(&project);
    assert_eq!(lines.len(), written);
    let mut ids: Vec<_> = lines.iter().map(|line| line["id"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), written, "no row twice");
}
