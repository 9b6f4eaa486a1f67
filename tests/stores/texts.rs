//! The text-classification service's own commands, its training sets in S3: word for word.

use serde_json::{Value, json};

use super::double::Double;
use super::in_store;
use crate::serve::{Answer, Server};

/// A training set as JSON: pairs of a text and its label.
fn training_set(more: &str) -> Vec<u8> {
    let texts = [
        ("SAVING", "put money aside for the rainy day"),
        ("DEBT", "I owe the bank a loan and interest"),
        ("BILLS", "the invoice of electricity and water is due"),
    ];
    let pairs = (0..240).map(|at| {
        let (label, text) = texts[at % texts.len()];
        json!([format!("{text} {more} {}", at % 11), label])
    });
    Value::Array(pairs.collect()).to_string().into_bytes()
}

/// As `curl -X POST -d` sends it: a body that says it is a form.
fn curl(server: &Server, method: &str, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json")];
    server.send(method, path, &headers, body.as_bytes())
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
