//! Every bad request is told what is wrong, all of it at once, and never what it held.

use serde_json::{Value, json};

use super::{ROW, row, tensor};
use crate::serve::Server;
use crate::support::Project;

const INFER: &str = "/v2/models/attrition/infer";
const LISTED: &str = ". GET /v2/models/attrition lists the inputs";

/// The good request, changed.
fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut request = row("INT64");
    change(&mut request);
    request
}

#[test]
fn every_fault_of_tensors_is_told() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let tensors = |datatype, shape: [usize; 2], data: Value| json!({"inputs": [tensor("secret", &shape, datatype, data)]});
    let known = "there is BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES";
    for (request, expected) in [
        (
            with(|it| it["inputs"][0]["name"] = json!("secret")),
            "the columns do not fit the model: missing: `lastmonth_activity`; unknown: `secret`",
        ),
        (
            with(|it| it["inputs"][0]["name"] = json!("lastyear_activity")),
            "`lastyear_activity` is given twice; the columns do not fit the model: missing: `lastmonth_activity`",
        ),
        (
            with(|it| it["inputs"][0]["shape"] = json!([1, 2])),
            "`lastmonth_activity`: its shape is neither [n] nor [n, 1]; a column has one element per row",
        ),
        (
            with(|it| it["inputs"][0]["shape"] = json!([])),
            "`lastmonth_activity`: its shape is neither [n] nor [n, 1]; a column has one element per row",
        ),
        (
            with(|it| it["inputs"][1]["shape"] = json!([2])),
            "`lastyear_activity` has 2 rows where `lastmonth_activity` has 1; \
             `lastyear_activity`: `data` has 1 element where the shape says 2",
        ),
        (
            with(|it| it["inputs"][1]["shape"] = json!([u64::MAX])),
            "`lastyear_activity` has 18446744073709551615 rows where `lastmonth_activity` has 1; \
             `lastyear_activity`: `data` has 1 element where the shape says 18446744073709551615",
        ),
        (
            with(|it| {
                it["inputs"][0]["data"] = json!(["secret"]);
                it["inputs"][2]["data"] = json!([[7]]);
            }),
            "`lastmonth_activity`: element 0 of `data` is not of type INT64; \
             `number_of_employees`: `data` is neither flat nor nested as the shape says",
        ),
        (
            row("BOOL"),
            "`lastmonth_activity`: element 0 of `data` is not of type BOOL; \
             `lastyear_activity`: element 0 of `data` is not of type BOOL; \
             `number_of_employees`: element 0 of `data` is not of type BOOL",
        ),
        (
            with(|it| {
                it["inputs"][0]["datatype"] = json!("BOOL");
                it["inputs"][0]["data"] = json!([true]);
                it["inputs"][1]["datatype"] = json!("BYTES");
                it["inputs"][1]["data"] = json!(["secret"]);
            }),
            "the columns do not fit the model: mistyped: `lastmonth_activity` (a number is expected), \
             `lastyear_activity` (a number is expected)",
        ),
        (
            with(|it| it["inputs"][0]["datatype"] = json!("secret")),
            &format!("`lastmonth_activity`: its datatype is not known; {known}"),
        ),
        (
            with(|it| it["inputs"][0]["data"] = Value::Null),
            "`lastmonth_activity`: it has no elements; send `data`, or bytes with `binary_data_size`",
        ),
        (
            with(|it| it["inputs"][0]["parameters"] = json!({"binary_data_size": 0})),
            "`lastmonth_activity`: it has both `data` and `binary_data_size`",
        ),
        (
            with(|it| {
                it["inputs"][0]["parameters"] = json!({"binary_data_size": 8});
                it["inputs"][0]["data"] = Value::Null;
            }),
            "`lastmonth_activity`: its `binary_data_size` is more than the bytes behind the JSON object, \
             whose length the header Inference-Header-Content-Length says",
        ),
        (
            with(|it| {
                it["inputs"][0]["parameters"] = json!({"shared_memory_region": "secret"});
                it["inputs"][0]["data"] = Value::Null;
            }),
            "`lastmonth_activity`: shared memory is not offered; send `data`, or bytes with `binary_data_size`",
        ),
        (
            tensors("FP64", [1, 4], json!([1, 2, 3, 4])),
            "a matrix has one column per input, 3 of them in the model's order; this one has 4",
        ),
        (
            tensors("FP64", [2, 3], json!([[1, 2, 3], [1, 2]])),
            "inputs[0]: `data` has 5 elements where the shape says 6",
        ),
    ] {
        let answer = server.post(INFER, &request).expect(400);
        assert_eq!(
            answer.json(),
            json!({"error": format!("{expected}{LISTED}")}),
            "{request}"
        );
    }
}

#[test]
fn faults_of_outputs_come_with_those_of_inputs() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let outputs = |outputs: Value| with(|it| it["outputs"] = outputs);
    for (request, expected) in [
        (
            outputs(json!([{"name": "secret"}])),
            "outputs[0] is not known; there is predict, predict_proba, probability",
        ),
        (
            outputs(json!([
                {"name": "predict", "parameters": {"classification": 2}},
                {"name": "predict_proba", "parameters": {"classification": 0}},
                {"name": "predict"},
                {"name": "probability", "parameters": {"shared_memory_region": "secret"}},
            ])),
            "`classification` is for the output `predict_proba`, not for `predict`; \
             `classification` of the output `predict_proba` is at least 1; \
             the output `predict` is requested twice; \
             the output `probability` cannot go into shared memory, which is not offered",
        ),
        (
            json!({"inputs": [tensor("x", &[1, 2], "FP64", json!([1, 2]))], "outputs": [{"name": "y"}]}),
            "outputs[0] is not known; there is predict, predict_proba, probability; \
             a matrix has one column per input, 3 of them in the model's order; this one has 2\
             . GET /v2/models/attrition lists the inputs",
        ),
    ] {
        let answer = server.post(INFER, &request).expect(400);
        assert_eq!(answer.json(), json!({"error": expected}), "{request}");
    }
}

#[test]
fn bodies_that_are_no_requests_are_rejected() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let none = "the body has no `inputs`; send {\"inputs\": [{\"name\": …, \"shape\": […], \"datatype\": …, \"data\": […]}]}";
    let length = "inference-header-content-length";
    let not_a_length = "the header Inference-Header-Content-Length is not the number of bytes of the body that are JSON";
    let good = row("INT64").to_string();
    let longer = format!("{good}xyz");
    let whole = good.len().to_string();
    let left = format!(
        "there is more behind the JSON object than the inputs take, by 3 bytes; each needs its `binary_data_size`{LISTED}"
    );
    for (headers, body, expected) in [
        (
            &[][..],
            "",
            "the request has no body; send {\"inputs\": […]}",
        ),
        (&[], "{}", none),
        (&[], "{\"inputs\": []}", none),
        (
            &[],
            "[1",
            "the body is not a JSON object; send {\"inputs\": […]}",
        ),
        (
            &[],
            "{\"inputs\": [",
            "the body ends too soon, at line 1, column 12; /docs shows its form",
        ),
        (
            &[],
            "secret",
            "the body is not a JSON object; send {\"inputs\": […]}",
        ),
        (
            &[],
            "{secret}",
            "the body is not JSON, at line 1, column 2; /docs shows its form",
        ),
        (
            &[],
            "{\"id\": 5, \"inputs\": []}",
            "the body is not of the form that is expected, at line 1, column 8; /docs shows its form",
        ),
        (
            &[],
            "{\"inputs\": [[\"secret\", [1], \"INT64\"]]}",
            "the body is not of the form that is expected, at line 1, column 12; /docs shows its form",
        ),
        (
            &[],
            "{\"parameters\": [true], \"inputs\": []}",
            "the body is not of the form that is expected, at line 1, column 15; /docs shows its form",
        ),
        (&[(length, "secret")], &good, not_a_length),
        (&[(length, "99999")], &good, not_a_length),
        (
            &[(length, "0")],
            &good,
            "the body ends too soon, at line 1, column 0; /docs shows its form",
        ),
        (&[(length, &whole)], &longer, &left),
    ] {
        let answer = server.send("POST", INFER, headers, body.as_bytes());
        let told = answer.expect(400).json();
        assert_eq!(told, json!({"error": expected}), "{headers:?} {body}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let no_model = "no such model; GET /models lists them";
    let no_version = "no such version of the model; GET /models/<model>/versions lists them";
    let no_number = "no such version: a version is a number like 3, or `champion`";
    let nothing = "there is nothing at this path; /docs lists what there is";
    for (method, path, expected) in [
        ("GET", "/v2/models/secret", no_model),
        ("GET", "/v2/models/secret/ready", no_model),
        ("POST", "/v2/models/secret/infer", no_model),
        ("POST", "/v2/repository/models/secret/load", no_model),
        ("GET", "/v2/models/attrition/versions/7", no_version),
        ("GET", "/v2/models/attrition/versions/7/ready", no_version),
        ("POST", "/v2/models/attrition/versions/7/infer", no_version),
        ("GET", "/v2/models/attrition/versions/-1", no_version),
        ("GET", "/v2/models/attrition/versions/secret", no_number),
        ("GET", "/v2/models/attrition/config", nothing),
        ("GET", "/v2/systemsharedmemory/status", nothing),
    ] {
        let body = row("INT64").to_string();
        let body = if method == "GET" { "" } else { &body };
        let answer = server.send(method, path, &[], body.as_bytes()).expect(404);
        assert_eq!(answer.json(), json!({"error": expected}), "{method} {path}");
    }
    let answer = server.get(INFER).expect(405);
    assert_eq!(answer.header("allow"), Some("POST"));
    assert_eq!(answer.json(), json!({"error": "this path answers to POST"}));
}

#[test]
fn nothing_is_loaded_or_unloaded_by_hand() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for what in ["load", "unload"] {
        let path = format!("/v2/repository/models/attrition/{what}");
        let answer = server.post(&path, &json!({})).expect(409);
        assert_eq!(
            answer.json(),
            json!({"error": "the champion is what is served, and is loaded by itself when a promotion or rollback moves it; \
                other versions are loaded when they are requested by number. To change the champion: `unseat promote`, \
                `unseat rollback`"})
        );
    }
    server.get("/v2/models/attrition/ready").expect(200);
    assert_eq!(
        server
            .post("/v2/repository/index", &json!([]))
            .expect(400)
            .json(),
        json!({"error": "the body is not a JSON object; send {\"ready\": true}, or none"})
    );
}

#[test]
fn more_rows_than_allowed_are_rejected_before_room_is_made_for_them() {
    let project = Project::promoted();
    project.set("server.limits.rows", 10);
    let server = Server::of(&project, &[]);
    let rows = |n: usize| {
        let tensors = ROW.map(|(name, value)| tensor(name, &[n], "INT8", json!(vec![value; n])));
        server.post(INFER, &json!({"inputs": tensors}))
    };
    rows(10).expect(200);
    assert_eq!(
        rows(11).expect(413).json(),
        json!({"error": "the request has more than 10 rows; send it in parts"})
    );
}
