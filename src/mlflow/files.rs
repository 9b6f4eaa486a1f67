//! The files of a version, and a folder that `mlflow.pyfunc.load_model` and `mlflow.onnx.load_model` read.

use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::clock::rfc3339;
use crate::export::onnx::proto::{ValueInfoProto, element_type};
use crate::export::{self, About};

/// A file: its place below the run's artifacts, and its bytes.
pub type File = (String, Vec<u8>);

/// Files of a version that are not sent: rows, and what only this program reads.
const OWN: [&str; 4] = [
    "predictions.parquet",
    "outoffold.parquet",
    "version.json",
    "latestscore.txt",
];

/// Whether a file of a version's folder is sent.
pub fn is_sent(name: &str) -> bool {
    !OWN.contains(&name) && !name.ends_with(".parquet")
}

/// Loads the model for `mlflow.pyfunc`.
const LOADER: &str = include_str!("unseat_onnx.py");
/// What the loader needs.
const REQUIREMENTS: [&str; 4] = ["mlflow", "numpy", "onnxruntime>=1.20", "pandas"];

/// A run's model as MLflow's folder `model/`; or why it cannot be said in ONNX.
///
/// # Errors
/// Names the column that has no ONNX form.
pub fn model(
    bundle: &Bundle,
    about: &About<'_>,
    run_id: &str,
    made_ms: i64,
) -> Result<Vec<File>, export::Error> {
    let proto = export::onnx::model(bundle, about)?;
    let graph = proto.graph.as_ref();
    let named = |value: &ValueInfoProto| {
        let tensor = value.r#type.as_ref().and_then(|it| it.tensor_type.as_ref());
        let is_text = tensor.is_some_and(|tensor| tensor.elem_type == element_type::STRING);
        let kind = if is_text { "string" } else { "double" };
        json!({"type": kind, "name": value.name, "required": true})
    };
    let inputs: Vec<Value> = graph
        .into_iter()
        .flat_map(|graph| graph.input.iter().map(named))
        .collect();
    let bytes = export::onnx(bundle, about)?;
    let made = rfc3339(made_ms).replace('T', " ").replace('Z', "");
    // JSON is YAML, too. The versions are those that such a folder was tried with; a reader warns where its own are others.
    let description = json!({
        "artifact_path": "model",
        "flavors": {
            "onnx": {
                "data": "model.onnx", "onnx_version": "1.23.2", "providers": ["CPUExecutionProvider"], "code": "code",
            },
            "python_function": {
                "loader_module": "unseat_onnx", "data": "model.onnx", "code": "code", "python_version": "3.11",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
            },
        },
        "mlflow_version": "3.17.2",
        "model_size_bytes": bytes.len(),
        "model_uuid": run_id,
        "run_id": run_id,
        "signature": {"inputs": Value::from(inputs).to_string(), "outputs": outputs(bundle).to_string(), "params": null},
        "utc_time_created": format!("{made}.000000"),
    });
    let dependencies = json!(["python=3.11", "pip", {"pip": REQUIREMENTS}]);
    let conda =
        json!({"name": "unseat", "channels": ["conda-forge"], "dependencies": dependencies});
    let python = json!({"python": "3.11", "build_dependencies": ["pip"], "dependencies": ["-r requirements.txt"]});
    Ok(vec![
        ("model/model.onnx".to_string(), bytes),
        (
            "model/code/unseat_onnx.py".to_string(),
            LOADER.as_bytes().to_vec(),
        ),
        (
            "model/requirements.txt".to_string(),
            (REQUIREMENTS.join("\n") + "\n").into_bytes(),
        ),
        (
            "model/conda.yaml".to_string(),
            conda.to_string().into_bytes(),
        ),
        (
            "model/python_env.yaml".to_string(),
            python.to_string().into_bytes(),
        ),
        // Last, so that a folder with it is whole.
        (
            "model/MLmodel".to_string(),
            description.to_string().into_bytes(),
        ),
    ])
}

/// The columns of an answer.
fn outputs(bundle: &Bundle) -> Value {
    let column = |name: String, kind: &str| json!({"type": kind, "name": name, "required": true});
    if bundle.classes.is_empty() {
        return json!([column("prediction".to_string(), "double")]);
    }
    let mut columns = vec![column("prediction".to_string(), "string")];
    if bundle.is_binary() {
        columns.push(column("probability".to_string(), "double"));
    } else {
        let classes = bundle.classes.iter();
        columns.extend(classes.map(|class| column(format!("probability_{class}"), "double")));
    }
    Value::from(columns)
}
