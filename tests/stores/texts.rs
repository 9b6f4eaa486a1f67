//! The text-classification service's own commands, its training sets in S3: word for word.

use serde_json::{Value, json};

use super::double::Double;
use super::in_store;
use crate::serve::{Answer, Server};

/// A training set as JSON: pairs of a text and its label.
fn training_set(more: &str) -> Vec<u8> {
    training_set_of(more, 11)
}

/// One of about so many distinct texts of each label.
fn training_set_of(more: &str, distinct: usize) -> Vec<u8> {
    let texts = [
        ("SAVING", "put money aside for the rainy day"),
        ("DEBT", "I owe the bank a loan and interest"),
        ("BILLS", "the invoice of electricity and water is due"),
    ];
    let pairs = (0..240).map(|at| {
        let (label, text) = texts[at % texts.len()];
        json!([format!("{text} {more} {}", at % distinct), label])
    });
    Value::Array(pairs.collect()).to_string().into_bytes()
}

/// As `curl -X POST -d` sends it: a body that says it is a form.
fn curl(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json")];
    server.send(method, path, &headers, body.as_bytes())
}

/// What a client of the service sends, and the id of the answer.
fn sorted(server: &Server, text: &str) -> (String, String) {
    let ask = json!({"model_id": "tc-09", "text": text, "n_top": "1"}).to_string();
    let answer = curl(server, "GET", "/prediction", &ask).expect(200);
    let id = answer.header("x-prediction-id").expect("an id").to_string();
    let class = answer.json()["prediction"][0][0].clone();
    (class.as_str().expect("a class").to_string(), id)
}

#[test]
fn a_model_of_texts_is_retrained_on_labels_as_they_arrive() {
    let double = Double::start();
    double.put("sets/albert/training.json", &training_set_of("now", 240));
    let project = in_store(&double).with_real_clock();
    project.set_all([
        ("server.compatibility.training_buckets", json!(["bucket"])),
        (
            "server.prediction_log",
            json!({"sample": 1.0, "folder": "s3://bucket/requests", "segment_seconds": 0.05}),
        ),
        ("labels", json!({"train": true, "test_share": 0.3})),
        ("retrain.on_labels", json!(240)),
    ]);
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let create =
        r#"{"id": "tc-09", "s3bucket": "bucket", "training_object": "sets/albert/training.json"}"#;
    curl(&server, "POST", "/models", create).expect(202);
    server.until("/models/tc-09", |answer| answer.json()["served"] == 1);

    // Words that no training set has; two people know what they are about.
    let texts: Vec<(String, &str)> = (0..240)
        .map(|at| match at % 2 {
            0 => (format!("my pension contribution {at}"), "SAVING"),
            _ => (format!("a mortgage instalment {at}"), "DEBT"),
        })
        .collect();
    let answers: Vec<(String, String)> = texts
        .iter()
        .map(|(text, _)| sorted(&server, text))
        .collect();
    let right = |answers: &[(String, String)]| {
        let pairs = answers.iter().zip(&texts);
        pairs
            .filter(|((said, _), (_, truth))| said == truth)
            .count()
    };
    assert!(right(&answers) < 180, "{}", right(&answers));
    let kept = format!("unseat_answers_kept_total {}\n", texts.len());
    server.until("/metrics", |answer| {
        let is_closed = double
            .keys()
            .iter()
            .any(|key| key.starts_with("requests/tc-09_"));
        answer.text().contains(&kept) && is_closed
    });
    let labels: Vec<Value> = answers
        .iter()
        .zip(&texts)
        .map(|((_, id), (_, truth))| json!({"id": id, "label": truth, "source": "desk"}))
        .collect();
    let given = json!({"model": "tc-09", "labels": labels});
    let given = server.post("/labels", &given).expect(200).json();
    assert_eq!(given["counts"], json!({"recorded": 240}));

    // Nobody asks for a run: the labels do.
    server.until("/models/tc-09", |answer| answer.json()["served"] == 2);
    let again: Vec<(String, String)> = texts
        .iter()
        .map(|(text, _)| sorted(&server, text))
        .collect();
    assert!(right(&again) > 230, "{}", right(&again));
    // It is served before its report is written.
    server.until("/runs?model=tc-09", |answer| {
        answer.json()[0]["state"] == "done"
    });
    let runs = server.get("/runs?model=tc-09").expect(200).json();
    let id = runs[0]["id"].as_str().expect("an id");
    let shown = project.json(&["runs", "show", id]);
    let record = &shown["record"];
    let production = record["data"]["production"]["rows"].as_u64();
    let fresh = record["fresh"]["rows"].as_u64();
    let sum = production.zip(fresh).map(|(learned, test)| learned + test);
    assert_eq!(sum, Some(240), "{record:#}");
}

#[test]
fn the_commands_of_the_text_service_work_on_s3() {
    let double = Double::start();
    double.put("sets/albert/training.json", &training_set("now"));
    let project = in_store(&double).with_real_clock();
    project.set_all([
        ("server.compatibility.training_buckets", json!(["bucket"])),
        ("server.compatibility.delete_served", json!(true)),
    ]);
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let create =
        r#"{"id": "tc-02", "s3bucket": "bucket", "training_object": "sets/albert/training.json"}"#;
    let begun = curl(&server, "POST", "/models", create).expect(202).json();
    assert_eq!(begun["status"], "model training started");
    let task = begun["task_id"].as_str().expect("a task");
    server.until(&format!("/jobs/{task}"), |answer| {
        answer.json()["state"] == "done"
    });

    // The columns of its table: key, sort, data, status.
    let of_list = |server: &Server| {
        let list = server.get("/models").expect(200).json();
        let list = list.as_array().expect("a list").clone();
        let found = list.into_iter().find(|it| it["sort"] == "tc-02");
        found.expect("the model")
    };
    server.until("/models/tc-02", |answer| {
        answer.json()["status"] == "active"
    });
    let row = of_list(&server);
    assert_eq!(row["key"], "model");
    for (key, value) in [
        ("id", json!("tc-02")),
        ("s3bucket", json!("bucket")),
        ("training_object", json!("sets/albert/training.json")),
        ("spacy_model", json!("")),
        ("n_texts", json!(2000)),
        ("n_iter", json!(20)),
    ] {
        assert_eq!(row["data"][key], value, "{key}");
    }
    server.until("/models/tc-02", |answer| answer.json()["served"] == 1);
    let ask = r#"{"model_id": "tc-02", "text": "put money aside", "n_top": "1"}"#;
    let answer = curl(&server, "GET", "/prediction", ask).expect(200).json();
    assert_eq!(answer["prediction"].as_array().map(Vec::len), Some(1));
    assert_eq!(answer["prediction"][0][0], "SAVING", "{answer}");

    // Its words for what is wrong.
    let error = |answer: Answer| answer.expect(400).json()["error"].clone();
    let told = error(curl(&server, "POST", "/models", create));
    assert!(
        told.to_string()
            .contains("Cannot update existing model. Use force_update:True"),
        "{told}"
    );
    let half = r#"{"id": "tc-03", "s3bucket": "bucket"}"#;
    let told = error(curl(&server, "POST", "/models", half));
    assert!(
        told.to_string()
            .contains("Required parameters not supplied"),
        "{told}"
    );

    // Its hyperparameters, and a training set that is another one by now.
    double.put("sets/albert/training.json", &training_set("later"));
    let again = r#"{"id": "tc-02", "s3bucket": "bucket", "training_object": "sets/albert/training.json", "spacy_model": "en", "n_texts": 120, "n_iter": 5, "force_update": "True"}"#;
    let begun = curl(&server, "POST", "/models", again).expect(202).json();
    let task = begun["task_id"].as_str().expect("a task");
    server.until(&format!("/jobs/{task}"), |answer| {
        answer.json()["state"] == "done"
    });
    let row = of_list(&server);
    assert_eq!(
        (&row["data"]["n_texts"], &row["data"]["n_iter"]),
        (&json!(120), &json!(5))
    );
    assert_eq!(row["data"]["spacy_model"], "en");

    // What is not there, what is not named, what is not a training set.
    double.put("other.json", b"[1, 2]");
    for (bucket, object, says) in [
        ("bucket", "none.json", "no such `training_object`"),
        ("others", "x.json", "training_buckets"),
        ("bucket", "other.json", "is not a training set"),
    ] {
        let asked = json!({"id": "tc-04", "s3bucket": bucket, "training_object": object});
        let told = error(curl(&server, "POST", "/models", &asked.to_string()));
        assert!(told.to_string().contains(says), "{told}");
    }
    // Plain, as it was.
    curl(&server, "DELETE", "/models/tc-02", "").expect(200);
    let told = error(curl(&server, "DELETE", "/models/tc-02", ""));
    assert!(
        told.to_string()
            .contains("Requested Model ID does not exist"),
        "{told}"
    );
    assert!(
        !double
            .keys()
            .iter()
            .any(|key| key.contains("models_data/tc-02/"))
    );
}
