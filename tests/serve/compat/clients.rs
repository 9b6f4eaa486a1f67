//! MLflow's own client against the server, where `UNSEAT_CLIENTS_PYTHON` names a Python that has it.

use std::process::Command;

use super::{native, rows};
use crate::serve::Server;
use crate::support::Project;

/// Sends a frame, a frame with a hole, lists and records, and prints what comes back.
const SCRIPT: &str = r#"
import json, sys
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

host, port, rows = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = ScoringServerClient(host, port)
client.wait_server_ready(timeout=10)
frame = pd.DataFrame(rows)
hole = frame.astype(float)
hole.iloc[0, 0] = float("nan")
answers = {
    "version": client.get_version(),
    "frame": client.invoke(frame).get_predictions("ndarray").tolist(),
    "array": client.invoke(frame[sorted(frame.columns)].to_numpy()).get_predictions("ndarray").tolist(),
    "records": client.invoke(rows).get_predictions("ndarray").tolist(),
    "proba": client.invoke(frame, params={"predict_method": "predict_proba"}).get_predictions("ndarray").tolist(),
    "hole": client.invoke(hole).get_predictions("ndarray").tolist(),
}
try:
    client.invoke(frame.drop(columns=["number_of_employees"]))
except Exception as error:
    answers["refused"] = str(error)
print(json.dumps(answers))
"#;

#[test]
fn mlflow_s_own_client_is_answered() {
    let Ok(python) = std::env::var("UNSEAT_CLIENTS_PYTHON") else {
        println!("left out: UNSEAT_CLIENTS_PYTHON names no Python with the public clients");
        return;
    };
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let address = server.base.trim_start_matches("http://");
    let (host, port) = address.split_once(':').expect("host and port");
    let sent = serde_json::Value::from(rows()).to_string();
    let output = Command::new(python)
        .args(["-c", SCRIPT, host, port, &sent])
        .output()
        .expect("Python starts");
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one object");
    let expected = native(&server, &rows());
    let classes: Vec<_> = expected.iter().map(|(class, _)| class.clone()).collect();
    for name in ["frame", "array", "records"] {
        assert_eq!(
            told[name],
            serde_json::Value::from(classes.clone()),
            "{name}"
        );
    }
    assert_eq!(told["hole"].as_array().map(Vec::len), Some(classes.len()));
    let proba = told["proba"].as_array().expect("rows").iter();
    let proba: Vec<_> = proba.map(|row| row[1].as_f64().expect("p")).collect();
    assert_eq!(proba, expected.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    let rejected = told["refused"].as_str().expect("a message");
    assert!(
        rejected.contains("error code 400") && rejected.contains("missing: `number_of_employees`"),
        "{rejected}"
    );
}
