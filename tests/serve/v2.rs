//! The Open Inference Protocol v2: what is asked of server and models, and inference over all its datatypes and forms.

mod client;
mod faults;
mod forms;
mod mixed;
mod v1;

use serde_json::{Value, json};

use super::{Answer, Server};
use crate::support::Project;

/// Columns of the sample project in the model's order, with a row that every datatype of numbers can hold.
const ROW: [(&str, u8); 3] = [
    ("lastmonth_activity", 78),
    ("lastyear_activity", 100),
    ("number_of_employees", 12),
];

/// A tensor of JSON data.
fn tensor(name: &str, shape: &[usize], datatype: &str, data: Value) -> Value {
    json!({"name": name, "shape": shape, "datatype": datatype, "data": data})
}

/// One tensor per column of the sample project, each with the same single element of [`ROW`].
fn row(datatype: &str) -> Value {
    let columns = ROW.map(|(name, value)| tensor(name, &[1], datatype, json!([value])));
    json!({"inputs": columns})
}

/// The native answer's first row for [`ROW`].
fn native(server: &Server) -> (i64, f64) {
    let row: serde_json::Map<String, Value> = ROW
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value)))
        .collect();
    let told = server.post("/prediction", &json!({"rows": [row]}));
    let first = told.expect(200).json()["predictions"][0].clone();
    let label = first["prediction"].as_i64().expect("a whole number");
    let p = first["probability"].as_f64().expect("a number");
    (label, p)
}

/// Data of an output by its name.
#[track_caller]
fn data(answer: &Value, name: &str) -> Value {
    let outputs = answer["outputs"].as_array().expect("a list");
    let found = outputs.iter().find(|output| output["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {answer}"))["data"].clone()
}

#[test]
fn server_and_models_say_what_they_are() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    let tensors = |names: &[&str]| -> Vec<Value> {
        let tensor = |name| json!({"name": name, "datatype": "INT64", "shape": [-1]});
        names.iter().map(tensor).collect()
    };
    let metadata = json!({
        "name": "attrition",
        "versions": ["2", "1"],
        "platform": "unseat_linear",
        "inputs": tensors(&["lastmonth_activity", "lastyear_activity", "number_of_employees"]),
        "outputs": [
            {"name": "predict", "datatype": "INT64", "shape": [-1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 2]},
            {"name": "probability", "datatype": "FP64", "shape": [-1]},
        ],
    });
    let ready = json!({"name": "attrition", "ready": true});
    for (path, expected) in [
        ("/v2/health/live", json!({"live": true})),
        ("/v2/health/ready", json!({"live": true, "ready": true})),
        (
            "/v2",
            json!({
                "name": "unseat",
                "version": env!("CARGO_PKG_VERSION"),
                "extensions": ["binary_tensor_data", "classification", "model_repository"],
            }),
        ),
        ("/v2/models/attrition", metadata.clone()),
        ("/v2/models/attrition/versions/1", metadata.clone()),
        ("/v2/models/attrition/versions/champion", metadata),
        ("/v2/models/attrition/ready", ready.clone()),
        ("/v2/models/attrition/versions/1/ready", ready),
    ] {
        let answer = server.get(path).expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.json(), expected, "{path}");
    }
    let entry = |version: &str, reason: &str| json!({"name": "attrition", "version": version, "state": "READY", "reason": reason});
    let index = json!([
        entry("2", "the champion"),
        entry(
            "1",
            "not the champion; answers when it is requested by number"
        ),
    ]);
    for body in ["", "{}", "{\"ready\": true}"] {
        let answer = server.send("POST", "/v2/repository/index", &[], body.as_bytes());
        assert_eq!(answer.expect(200).json(), index, "{body}");
    }
}

#[test]
fn each_version_answers_as_itself() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    let asked = |path: &str| server.post(path, &row("INT64")).expect(200);
    let champion = asked("/v2/models/attrition/infer");
    let first = asked("/v2/models/attrition/versions/1/infer");
    let second = asked("/v2/models/attrition/versions/2/infer");
    for (answer, version) in [(&champion, "2"), (&first, "1"), (&second, "2")] {
        assert_eq!(answer.header("x-model"), Some("attrition"));
        assert_eq!(answer.header("x-model-version"), Some(version));
        assert_eq!(answer.json()["model_version"], version);
    }
    let p = |answer: &Answer| data(&answer.json(), "probability");
    assert_eq!(p(&champion), p(&second));
    assert_ne!(p(&champion), p(&first));
}

#[test]
fn an_answer_is_the_native_one_in_tensors() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (label, p) = native(&server);
    let mut request = row("INT64");
    request["id"] = json!("my \"own\" id");
    let mut answer = server
        .post("/v2/models/attrition/infer", &request)
        .expect(200)
        .json();
    let prediction = answer["parameters"]["prediction_id"].take();
    assert!(prediction.as_str().is_some_and(|id| !id.is_empty()));
    assert_eq!(
        answer,
        json!({
            "model_name": "attrition",
            "model_version": "1",
            "id": "my \"own\" id",
            "parameters": {"prediction_id": null},
            "outputs": [
                {"name": "predict", "shape": [1], "datatype": "INT64", "data": [label]},
                {"name": "predict_proba", "shape": [1, 2], "datatype": "FP64", "data": [1.0 - p, p]},
                {"name": "probability", "shape": [1], "datatype": "FP64", "data": [p]},
            ],
        })
    );
    // Without an id there is none, and rows that are none are answered with none.
    let mut request = json!({"inputs": []});
    for (name, _) in ROW {
        let inputs = request["inputs"].as_array_mut().expect("a list");
        inputs.push(tensor(name, &[0], "FP32", json!([])));
    }
    let answer = server
        .post("/v2/models/attrition/infer", &request)
        .expect(200)
        .json();
    assert_eq!(answer.get("id"), None);
    assert_eq!(answer["outputs"][1]["shape"], json!([0, 2]));
    assert_eq!(data(&answer, "predict"), json!([]));
}

#[test]
fn a_server_without_a_champion_is_not_ready() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let none = "the model has no version in production yet; `unseat run` makes one";
    server.get("/v2/health/live").expect(200);
    for (path, expected) in [
        (
            "/v2/health/ready",
            "the server is not ready; GET /readyz?verbose says why",
        ),
        ("/v2/models/attrition", none),
        ("/v2/models/attrition/ready", none),
    ] {
        let answer = server.get(path).expect(503);
        assert_eq!(answer.json(), json!({"error": expected}), "{path}");
        assert!(answer.header("retry-after").is_some(), "{path}");
    }
    let answer = server.post("/v2/models/attrition/infer", &row("FP64"));
    assert_eq!(answer.expect(503).json(), json!({"error": none}));
    let index = server.post("/v2/repository/index", &json!({}));
    assert_eq!(
        index.expect(200).json(),
        json!([{
            "name": "attrition", "version": "", "state": "UNAVAILABLE",
            "reason": "there is no version yet; `unseat run` makes one",
        }])
    );
    let index = server.post("/v2/repository/index", &json!({"ready": true}));
    assert_eq!(index.expect(200).json(), json!([]));
}
