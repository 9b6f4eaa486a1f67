//! `POST /predict` with `data`, and `GET /health`.

use serde_json::{Value, json};

use super::{native, rejected, row, rows};
use crate::serve::Server;
use crate::support::Project;

#[test]
fn data_is_answered_with_floats_in_the_order_of_the_rows() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let rows = rows();
    let expected: Vec<Value> = native(&server, &rows)
        .into_iter()
        .map(|(class, _)| json!(class.as_f64().expect("a number")))
        .collect();
    assert_ne!(expected[0], expected[1], "the rows are of both classes");
    let body = json!({"schema": {"fields": [{"name": "index"}]}, "data": rows});
    let answer = server.post("/predict", &body).expect(200);
    assert_eq!(answer.text(), json!({"predictions": expected}).to_string());
    assert_eq!(answer.header("x-model-version"), Some("1"));
    assert_eq!(
        server.post("/predict", &json!({"data": []})).text(),
        r#"{"predictions":[]}"#
    );

    let mut more = row();
    more["corporation"] = json!("abcd");
    more["index"] = json!([0]);
    let answer = server.post("/predict", &json!({"data": [more]}));
    assert_eq!(answer.text(), r#"{"predictions":[0.0]}"#);

    let answer = server.send("OPTIONS", "/predict", &[], b"").expect(204);
    assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
    assert_eq!(answer.text(), "");
}

#[test]
fn what_is_wrong_with_data_is_told_in_words() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for neither in [json!({}), json!({"rows": [row()]})] {
        let answer = server.post("/predict", &neither).expect(422).json();
        let detail = json!([{"loc": ["body", "flights"], "msg": "field required", "type": "value_error.missing"}]);
        assert_eq!(answer["detail"], detail);
        let error =
            "the body has neither `data` nor `flights`; send {\"data\": [{column: value, …}, …]}";
        assert_eq!(answer["error"], error);
    }
    let cases = [
        (
            json!({"data": [], "flights": []}),
            "the body has more than one of `data` and `flights`; send one",
        ),
        (
            json!({"data": [{"lastmonth_activity": "secret"}]}),
            "the columns do not fit the model: missing: `lastyear_activity`, `number_of_employees`; mistyped: `lastmonth_activity` (a number is expected)",
        ),
        (
            json!({"data": 3}),
            "the body is not of the form that is expected, at line 1, column 9; /docs shows its form",
        ),
        (
            json!([row()]),
            "the body is not of the form that is expected, at line 1, column 0; /docs shows its form",
        ),
    ];
    for (body, expected) in cases {
        rejected(
            server.post("/predict", &body),
            400,
            &json!({"error": expected}),
        );
    }
    let headers = [("content-type", "application/json")];
    let answer = server.send("POST", "/predict", &headers, b"{\"data\": [");
    let expected = "the body ends too soon, at line 1, column 10; /docs shows its form";
    rejected(answer, 400, &json!({"error": expected}));
}

#[test]
fn health_is_ok_only_when_there_is_a_model() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let answer = server.get("/health").expect(503);
    assert_eq!(answer.text(), r#"{"status":"unavailable"}"#);
    server.get("/ping").expect(503);
    project.ok(&["run"]);
    let answer = server.until("/health", |answer| answer.status == 200);
    assert_eq!(answer.text(), r#"{"status":"OK"}"#);
}
