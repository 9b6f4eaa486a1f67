//! The protocol before v2: instances in, predictions out.

use serde_json::json;

use super::mixed;
use crate::serve::Server;

const PREDICT: &str = "/v1/models/mixed:predict";

#[test]
fn instances_are_objects_or_lists_and_get_the_native_labels() {
    let project = mixed::project(|class| ["no", "yes"][class], 2);
    let server = Server::of(&project, &[]);
    for (path, expected) in [
        ("/v1/models", json!({"models": ["mixed"]})),
        ("/v1/models/mixed", json!({"name": "mixed", "ready": true})),
    ] {
        assert_eq!(server.get(path).expect(200).json(), expected, "{path}");
    }
    let rows = json!([
        {"age": 30, "income": 1234.5, "member": true, "plan": "große"},
        {"age": 77, "income": null, "member": false, "plan": "basic"},
    ]);
    let lists = json!([[30, 1234.5, true, "große"], [77, null, false, "basic"]]);
    let native = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    let labels = [0, 1].map(|row| native["predictions"][row]["prediction"].clone());
    for instances in [rows, lists] {
        let answer = server
            .post(PREDICT, &json!({"instances": instances}))
            .expect(200);
        assert_eq!(answer.header("x-model-version"), Some("1"));
        assert_eq!(answer.json(), json!({"predictions": labels}));
    }
    let answer = server.post(PREDICT, &json!({"instances": []})).expect(200);
    assert_eq!(answer.json(), json!({"predictions": []}));
}

#[test]
fn bad_instances_are_told_what_is_wrong() {
    let project = mixed::project(|class| ["no", "yes"][class], 2);
    let server = Server::of(&project, &[]);
    let none = "the body has no `instances`; send {\"instances\": [{column: value, …}, …]}";
    let neither =
        "instance 1, counted from 0, is neither an object of columns nor a list of 4 values";
    let good = json!([30, 1234.5, true, "plus"]);
    for (body, expected) in [
        (json!({}), none),
        (json!([]), none),
        (json!({"instances": [good, 5]}), neither),
        (json!({"instances": [good, [1, 2, 3]]}), neither),
        (
            json!({"instances": [good, {"age": "secret", "income": 1, "x": 1, "plan": {}}]}),
            "the columns do not fit the model (first in row 2): missing: `member`; unknown: `x`; \
             mistyped: `age` (a number is expected), `plan` (a text is expected)",
        ),
        (
            json!({"instances": [[1, 2, "secret", [1]]]}),
            "the columns do not fit the model: mistyped: `member` (true or false is expected), \
             `plan` (a text is expected)",
        ),
    ] {
        let answer = server.post(PREDICT, &body).expect(400);
        assert_eq!(answer.json(), json!({"error": expected}), "{body}");
    }
    let unknown = server.post("/v1/models/none:predict", &json!({"instances": []}));
    assert_eq!(
        unknown.expect(404).json(),
        json!({"error": "no such model; GET /models lists them"})
    );
    server.post("/v1/models/mixed", &json!({})).expect(405);
    let nothing = server
        .post("/v1/models/mixed/x:predict", &json!({}))
        .expect(404);
    assert!(nothing.json()["error"].is_string());
}

#[test]
fn a_call_with_the_wrong_method_is_told_the_right_one() {
    let project = mixed::project(|class| ["no", "yes"][class], 2);
    let server = Server::of(&project, &[]);
    for method in ["GET", "HEAD", "DELETE"] {
        let answer = server.send(method, PREDICT, &[], b"").expect(405);
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
    server.get("/v1/models/other").expect(404);
    let row = json!([30, 1234.5, true, "plus"]);
    server
        .post("/v1/models/mixed%3Apredict", &json!({"instances": [row]}))
        .expect(200);
}
