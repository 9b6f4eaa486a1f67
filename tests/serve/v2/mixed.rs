//! A model with every kind of column, and targets of every kind: texts, truth values, numbers; two classes and three.

use serde_json::{Value, json};

use super::{data, tensor};
use crate::serve::Server;
use crate::support::Project;

const INFER: &str = "/v2/models/mixed/infer";

/// A project with columns `age`, `income`, `member` and `plan`, and a target that follows them, spelled as told.
pub fn project(spell: impl Fn(usize) -> &'static str, n_classes: usize) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "mixed",
        "target": "left",
        "input_folder_path": "data",
        "output_folder_path": "ingested",
        "test_data_path": "test",
        "output_model_path": "models",
        "prod_deployment_path": "production",
        "metric": "accuracy",
        "score": {"replicates": 100},
        "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    for (file, first, rows) in [("data/rows.csv", 0, 400), ("test/rows.csv", 1000, 300)] {
        let mut text = "age,income,member,plan,left\n".to_string();
        for row in first..first + rows {
            let (age, plan) = (18 + row * 37 % 60, ["basic", "plus", "große"][row % 3]);
            let income = 1000.5 + (row * 7919 % 5003) as f64;
            let member = row * 13 % 7 < 3;
            let mut class = (age + 20 * (row % 3)) * n_classes / 120;
            // Nothing is so regular that it could be learned whole.
            if row % 17 == 0 {
                class = (class + 1) % n_classes;
            }
            let class = spell(class.min(n_classes - 1));
            text += &format!("{age},{income},{member},{plan},{class}\n");
        }
        project.write(file, &text);
    }
    project.ok(&["run"]);
    project
}

fn inputs() -> Vec<Value> {
    vec![
        tensor("age", &[3], "UINT8", json!([30, 44, null])),
        tensor("income", &[3, 1], "FP64", json!([[1234.5], [0.1], [null]])),
        tensor("member", &[3], "BOOL", json!([true, false, null])),
        tensor("plan", &[3], "BYTES", json!(["große", "other", null])),
    ]
}

/// The same rows in the native form.
fn rows() -> Value {
    json!({"probabilities": true, "rows": [
        {"age": 30, "income": 1234.5, "member": true, "plan": "große"},
        {"age": 44, "income": 0.1, "member": false, "plan": "other"},
        {"age": null, "income": null, "member": null, "plan": null},
    ]})
}

#[test]
fn columns_of_every_kind_get_the_native_answer() {
    let project = project(|class| ["no", "yes"][class], 2);
    let server = Server::of(&project, &[]);
    let metadata = server.get("/v2/models/mixed").expect(200).json();
    assert_eq!(
        metadata["inputs"],
        json!([
            {"name": "age", "datatype": "INT64", "shape": [-1]},
            {"name": "income", "datatype": "FP64", "shape": [-1]},
            {"name": "member", "datatype": "BOOL", "shape": [-1]},
            {"name": "plan", "datatype": "BYTES", "shape": [-1]},
        ])
    );
    let native = server.post("/prediction", &rows()).expect(200).json();
    let of = |key: &str| -> Vec<Value> {
        (0..3)
            .map(|row| native["predictions"][row][key].clone())
            .collect()
    };
    let answer = server
        .post(INFER, &json!({"inputs": inputs()}))
        .expect(200)
        .json();
    assert_eq!(answer["outputs"][0]["datatype"], "BYTES");
    assert_eq!(data(&answer, "predict"), json!(of("prediction")));
    assert_eq!(data(&answer, "probability"), json!(of("probability")));

    // Texts for all of it, as bytes, in a matrix.
    let mut bytes = Vec::new();
    for text in [
        "30", "1234.5", "true", "große", "44", "0.1", "FALSE", "other",
    ] {
        bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    let request = json!({
        "inputs": [{
            "name": "x", "shape": [2, 4], "datatype": "BYTES",
            "parameters": {"binary_data_size": bytes.len()},
        }],
        "outputs": [{"name": "predict", "parameters": {"binary_data": true}}, {"name": "probability"}],
    })
    .to_string();
    let length = request.len().to_string();
    let headers = [("inference-header-content-length", length.as_str())];
    let body = [request.as_bytes(), &bytes].concat();
    let answer = server.send("POST", INFER, &headers, &body).expect(200);
    let length = answer.header(headers[0].0).and_then(|it| it.parse().ok());
    let (json, bytes) = answer.body.split_at(length.expect("a length"));
    let json: Value = serde_json::from_slice(json).expect("JSON");
    assert_eq!(data(&json, "probability"), json!(of("probability")[..2]));
    let mut expected = Vec::new();
    for label in &of("prediction")[..2] {
        let label = label.as_str().expect("a text");
        expected.extend_from_slice(&(label.len() as u32).to_le_bytes());
        expected.extend_from_slice(label.as_bytes());
    }
    assert_eq!(bytes, expected);

    // Truth values as the numbers they are, and numbers where text is: what ingest would read.
    let mut inputs = inputs();
    inputs[2] = tensor("member", &[3], "INT8", json!([1, 0, null]));
    let answer = server.post(INFER, &json!({"inputs": inputs})).expect(200);
    assert_eq!(
        data(&answer.json(), "probability"),
        json!(of("probability"))
    );

    let listed = ". GET /v2/models/mixed lists the inputs";
    inputs[2] = tensor("member", &[3], "INT8", json!([1, 0, 2]));
    let numbers = json!([tensor("x", &[1, 4], "FP64", json!([1, 2, 3, 4]))]);
    for (inputs, expected) in [
        (
            json!(inputs),
            "the columns do not fit the model (first in row 3): mistyped: `member` (true or false is expected)",
        ),
        (
            numbers,
            "a matrix of numbers is for models without columns of text; give each column as a tensor of its own",
        ),
    ] {
        let answer = server.post(INFER, &json!({"inputs": inputs})).expect(400);
        assert_eq!(
            answer.json(),
            json!({"error": format!("{expected}{listed}")})
        );
    }
}

#[test]
fn labels_have_the_datatype_of_the_target() {
    for (spelled, datatype, labels) in [
        (["3", "7"], "INT64", json!([3, 7])),
        // Beyond what 64 bits hold as whole numbers.
        (
            ["10000000000000000000", "30000000000000000000"],
            "FP64",
            json!([1e19, 3e19]),
        ),
        (["false", "true"], "BOOL", json!([false, true])),
    ] {
        let project = project(|class| spelled[class], 2);
        let server = Server::of(&project, &[]);
        let metadata = server.get("/v2/models/mixed").expect(200).json();
        assert_eq!(metadata["outputs"][0]["datatype"], datatype);
        let native = server.post("/prediction", &rows()).expect(200).json();
        let mut request = json!({"inputs": inputs(), "outputs": [{"name": "predict"}]});
        let answer = server.post(INFER, &request).expect(200).json();
        let predicted = data(&answer, "predict");
        for row in 0..3 {
            assert_eq!(predicted[row], native["predictions"][row]["prediction"]);
            assert!(labels.as_array().expect("a list").contains(&predicted[row]));
        }
        request["parameters"] = json!({"binary_data_output": true});
        let answer = server.post(INFER, &request).expect(200);
        let length = answer
            .header("inference-header-content-length")
            .expect("a length");
        let bytes = &answer.body[length.parse().expect("a number")..];
        let expected: Vec<u8> = predicted
            .as_array()
            .expect("a list")
            .iter()
            .flat_map(|label| match label {
                Value::Bool(flag) => vec![u8::from(*flag)],
                label if label.is_i64() => label.as_i64().expect("whole").to_le_bytes().to_vec(),
                label => label.as_f64().expect("a number").to_le_bytes().to_vec(),
            })
            .collect();
        assert_eq!(bytes, expected, "{datatype}");
    }
}

#[test]
fn three_classes_have_a_probability_each() {
    let project = project(|class| ["low", "mid", "high"][class], 3);
    let server = Server::of(&project, &[]);
    let metadata = server.get("/v2/models/mixed").expect(200).json();
    assert_eq!(
        metadata["outputs"],
        json!([
            {"name": "predict", "datatype": "BYTES", "shape": [-1]},
            {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 3]},
        ])
    );
    let native = server.post("/prediction", &rows()).expect(200).json();
    let answer = server
        .post(INFER, &json!({"inputs": inputs()}))
        .expect(200)
        .json();
    let all = (0..3).flat_map(|row| {
        let told = native["predictions"][row]["probabilities"].as_object();
        told.expect("an object")
            .values()
            .cloned()
            .collect::<Vec<_>>()
    });
    assert_eq!(
        data(&answer, "predict_proba"),
        json!(all.collect::<Vec<_>>())
    );
    assert_eq!(answer["outputs"].as_array().map(Vec::len), Some(2));
    let outputs = json!([{"name": "predict_proba", "parameters": {"classification": 1}}]);
    let answer = server.post(INFER, &json!({"inputs": inputs(), "outputs": outputs}));
    let answer = answer.expect(200).json();
    assert_eq!(answer["outputs"][0]["shape"], json!([3, 1]));
    let predicted = native["predictions"][0]["prediction"].as_str();
    let first = data(&answer, "predict_proba")[0].clone();
    let label = first.as_str().and_then(|text| text.rsplit(':').next());
    assert_eq!(label, predicted);
}
