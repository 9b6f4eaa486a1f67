//! What a server tells of its requests: metrics, access log, spans, prediction log.

mod access_log;
mod exposition;
mod metrics;
pub mod prediction_log;
mod protocols;
#[cfg(feature = "otel")]
mod spans;

use serde_json::{Value, json};

use super::{Answer, Server};

/// A row of the sample project.
fn row() -> Value {
    json!({"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12})
}

/// One prediction of the sample project's model.
fn predict(server: &Server) -> Answer {
    server
        .post("/prediction", &json!({"rows": [row()]}))
        .expect(200)
}

/// Sends a request with a `traceparent`.
fn traced(server: &Server, traceparent: &str) -> Answer {
    let headers = [
        ("traceparent", traceparent),
        ("content-type", "application/json"),
        ("x-request-id", "mine-1"),
    ];
    let body = json!({"rows": [row(), row()]}).to_string();
    server.send("POST", "/prediction", &headers, body.as_bytes())
}
