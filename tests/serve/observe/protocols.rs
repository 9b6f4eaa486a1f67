//! Every prediction is counted and logged, whatever its protocol.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::Server;
use super::exposition::read;
use super::prediction_log::{of_all_kinds, read_all};

const CSV: &str = "visits,amount,member,color\n7,60.5,true,red\n";

/// Every call that predicts: method, path, content type, body, and where its answer says the class of the first row, if so.
fn calls() -> Vec<(
    &'static str,
    &'static str,
    &'static str,
    String,
    &'static str,
)> {
    let row = json!({"visits": 7, "amount": 60.5, "member": true, "color": "red"});
    let with_id = json!({"id": "a", "visits": 7, "amount": 60.5, "member": true, "color": "red"});
    let tensor = |name: &str, datatype: &str| json!({"name": name, "shape": [1], "datatype": datatype, "data": [row[name]]});
    let tensors = [
        tensor("visits", "INT64"),
        tensor("amount", "FP64"),
        tensor("member", "BOOL"),
        tensor("color", "BYTES"),
    ];
    let json = "application/json";
    let named = |key: &str| json!({key: [row]}).to_string();
    let text = json!({"model_id": "kinds", "text": "red"}).to_string();
    let infer = json!({"inputs": tensors}).to_string();
    let in_query = "/prediction?visits=7&amount=60.5&member=true&color=red";
    let by_version = "/v2/models/kinds/versions/1/infer";
    vec![
        (
            "POST",
            "/prediction",
            json,
            named("rows"),
            "/predictions/0/prediction",
        ),
        (
            "POST",
            "/prediction",
            "text/csv",
            CSV.into(),
            "/predictions/0/prediction",
        ),
        (
            "POST",
            "/prediction",
            "application/x-ndjson",
            row.to_string(),
            "/predictions/0/prediction",
        ),
        (
            "GET",
            in_query,
            json,
            String::new(),
            "/predictions/0/prediction",
        ),
        ("GET", "/prediction", json, text, "/prediction/0/0"),
        ("POST", "/predict", json, named("data"), "/predictions/0"),
        ("POST", "/predict", json, named("flights"), ""),
        ("POST", "/v1/predict", json, with_id.to_string(), ""),
        (
            "POST",
            "/invocations",
            json,
            named("dataframe_records"),
            "/predictions/0",
        ),
        (
            "POST",
            "/invocations",
            "text/csv",
            CSV.into(),
            "/predictions/0",
        ),
        (
            "POST",
            "/v2/models/kinds/infer",
            json,
            infer.clone(),
            "/outputs/0/data/0",
        ),
        ("POST", by_version, json, infer, "/outputs/0/data/0"),
        (
            "POST",
            "/v1/models/kinds:predict",
            json,
            named("instances"),
            "/predictions/0",
        ),
    ]
}

/// Rows that were predicted to be of each class.
fn counted(server: &Server) -> f64 {
    let series = read(&server.get("/metrics").expect(200).text());
    let counts = series.iter();
    let counts = counts.filter(|(name, _)| name.starts_with("unseat_predictions_total"));
    counts.map(|(_, count)| count).sum()
}

#[test]
fn a_prediction_through_each_protocol_is_counted_and_stands_in_the_log() {
    let project = of_all_kinds(&["no", "yes"]);
    let server = Server::of(&project, &[]);
    let calls = calls();
    let mut told = Vec::new();
    for (at, (method, path, content_type, body, place)) in calls.iter().enumerate() {
        let id = format!("call-{at}");
        let headers = [("content-type", *content_type), ("x-request-id", &id)];
        let answer = server.send(method, path, &headers, body.as_bytes());
        let answer = answer.expect(200).json();
        assert_eq!(counted(&server), (at + 1) as f64, "{method} {path}");
        told.push(answer.pointer(place).cloned().filter(|_| !place.is_empty()));
    }
    server.stop(Signal::TERM);
    let (lines, _) = read_all(&project);
    let ids: Vec<_> = lines
        .iter()
        .map(|line| line["request_id"].clone())
        .collect();
    let expected: Vec<_> = (0..calls.len())
        .map(|at| json!(format!("call-{at}")))
        .collect();
    assert_eq!(ids, expected);
    for ((line, told), (method, path, ..)) in lines.iter().zip(told).zip(&calls) {
        assert_eq!(line["row"]["color"], "red", "{method} {path}");
        if let Some(told) = told {
            assert_eq!(line["prediction"], told, "{method} {path}");
        }
    }
}

#[test]
fn a_threshold_of_mlflow_s_caller_is_in_what_is_kept() {
    let project = of_all_kinds(&["no", "yes"]);
    let server = Server::of(&project, &[]);
    let row = json!({"visits": 7, "amount": 60.5, "member": true, "color": "red"});
    for threshold in [0.0, 1.0] {
        let body = json!({"dataframe_records": [row], "params": {"threshold": threshold}});
        server.post("/invocations", &body).expect(200);
    }
    server.stop(Signal::TERM);
    let predictions: Vec<Value> = read_all(&project)
        .0
        .iter()
        .map(|line| line["prediction"].clone())
        .collect();
    assert_eq!(predictions, ["yes", "no"]);
}
