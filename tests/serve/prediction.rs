//! `/prediction`, the native one: its forms, its options, and what it says of every bad request.

use serde_json::{Value, json};

use super::Server;
use crate::support::Project;

/// A row of the sample project.
fn row() -> Value {
    json!({"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12})
}

#[test]
fn every_form_of_a_row_gets_the_same_answer() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let json = server
        .post("/prediction", &json!({"rows": [row(), row()]}))
        .expect(200);
    assert_eq!(json.header("x-model"), Some("attrition"));
    assert_eq!(json.header("x-model-version"), Some("1"));
    let id = json.header("x-request-id").expect("an id").to_string();
    let json = json.json();
    assert_eq!(
        (&json["model"], &json["version"], &json["request_id"]),
        (&json!("attrition"), &json!(1), &json!(id))
    );
    let first = &json["predictions"][0];
    let p = first["probability"].as_f64().expect("a number");
    assert!((0.0..=1.0).contains(&p) && first["prediction"].is_i64());
    // Every row has an id of its own.
    assert_eq!(first["id"], format!("{id}-0"));
    assert_eq!(json["predictions"][1]["id"], format!("{id}-1"));

    let csv =
        "number_of_employees,corporation,lastyear_activity,lastmonth_activity\n12,abcd,1024, 78 \n";
    let ndjson = format!("{}\n\n", row());
    let others = [
        server.send(
            "POST",
            "/prediction",
            &[("content-type", "text/csv; charset=utf-8")],
            csv.as_bytes(),
        ),
        server.send(
            "POST",
            "/prediction",
            &[("content-type", "application/x-ndjson")],
            ndjson.as_bytes(),
        ),
        server.get("/prediction?lastmonth_activity=78&lastyear_activity=1024&number_of_employees=12&model=attrition"),
        // A text that reads as a number is one, as in a file.
        server.post("/prediction", &json!({"rows": [
            {"lastmonth_activity": "78", "lastyear_activity": 1024.0, "number_of_employees": 12, "exited": null}
        ]})),
    ];
    for other in others {
        let other = other.expect(200).json();
        assert_eq!(
            other["predictions"][0]["probability"], first["probability"],
            "{other}"
        );
    }
}

#[test]
fn options_add_to_the_answer() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    let plain = server
        .post("/prediction", &json!({"rows": [row()]}))
        .expect(200)
        .json();
    assert_eq!(plain["version"], 2);
    let p = plain["predictions"][0]["probability"]
        .as_f64()
        .expect("a number");
    let full = server
        .post(
            "/prediction",
            &json!({
                "rows": [row()], "probabilities": true, "top_n": 5, "explain": true, "threshold": 1.0,
                "model": "attrition", "version": "champion"
            }),
        )
        .expect(200)
        .json();
    let told = &full["predictions"][0];
    assert_eq!(told["prediction"], 0, "no probability reaches 1: {told}");
    assert_eq!(told["probabilities"]["1"], p);
    assert_eq!(told["probabilities"]["0"], 1.0 - p);
    let top = told["top"].as_array().expect("a list");
    assert_eq!(top.len(), 2, "there are no more classes: {told}");
    assert!(top[0]["probability"].as_f64() >= top[1]["probability"].as_f64());
    // Bias and contributions add up to the log-odds.
    let contributions = &told["contributions"];
    let columns = contributions["columns"].as_object().expect("an object");
    let sum: f64 = columns.values().filter_map(Value::as_f64).sum();
    let margin = contributions["bias"].as_f64().expect("a number") + sum;
    assert!(
        (margin - (p / (1.0 - p)).ln()).abs() < 1e-9,
        "{margin} {told}"
    );

    // What would have turned the answer does turn it.
    let asked = json!({"rows": [row()], "flips": true});
    let told = server.post("/prediction", &asked).expect(200).json();
    let flips = told["predictions"][0]["flips"].as_array().cloned();
    let flips = flips.expect("a column can turn it");
    let distances: Vec<f64> = flips
        .iter()
        .filter_map(|it| it["distance"].as_f64())
        .collect();
    assert!(
        distances.len() == flips.len() && distances.is_sorted(),
        "{flips:?}"
    );
    for flip in &flips {
        let mut other = row();
        other[flip["column"].as_str().expect("a name")] = flip["value"].clone();
        let asked = json!({"rows": [other]});
        let turned = server.post("/prediction", &asked).expect(200).json();
        let (one, other) = (&told["predictions"][0], &turned["predictions"][0]);
        assert_ne!(one["prediction"], other["prediction"], "{flip}");
    }

    // A version by number, in the body, in the query, and after the rows; each answers as itself.
    for (path, body) in [
        ("/prediction", json!({"version": 1, "rows": [row()]})),
        ("/prediction", json!({"rows": [row()], "version": "v1"})),
        ("/prediction?version=1", json!({"rows": [row()]})),
    ] {
        let old = server.post(path, &body).expect(200);
        assert_eq!(old.header("x-model-version"), Some("1"), "{path} {body}");
        assert_ne!(old.json()["predictions"][0]["probability"], p);
    }
}

#[test]
fn what_is_unusual_about_a_row_is_told() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let body = json!({"rows": [
        row(),
        {"lastmonth_activity": 1e308, "lastyear_activity": null, "number_of_employees": -5},
    ]});
    let told = server.post("/prediction", &body).expect(200).json();
    assert_eq!(told["predictions"][0].get("warnings"), None);
    assert_eq!(
        told["predictions"][1]["warnings"],
        json!([
            {"column": "lastmonth_activity", "warning": "outside_training_range"},
            {"column": "number_of_employees", "warning": "outside_training_range"},
        ])
    );
    let p = told["predictions"][1]["probability"].as_f64();
    assert!(p.is_some_and(|p| (0.0..=1.0).contains(&p)));
}

#[test]
fn every_bad_request_is_told_what_is_wrong() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    const JSON: &str = "application/json";
    let columns = |rest: &str| format!("the columns do not fit the model{rest}");
    let cases: &[(&str, &str, &str, u16, &str, String)] = &[
        // body, content type, path, status, code, message
        ("", JSON, "/prediction", 400, "bad_request", "the body ends too soon, at line 1, column 0; /docs shows its form".into()),
        ("nonsense", JSON, "/prediction", 400, "bad_request", "the body is not JSON, at line 1, column 2; /docs shows its form".into()),
        ("{\"rows\":[]} x", JSON, "/prediction", 400, "bad_request", "the body is not JSON, at line 1, column 13; /docs shows its form".into()),
        ("[]", JSON, "/prediction", 400, "bad_request", "the body is not of the form that is expected, at line 1, column 0; /docs shows its form".into()),
        ("{}", JSON, "/prediction", 400, "bad_request", "the body has no `rows`; send {\"rows\": [{column: value, …}, …]}".into()),
        ("{\"rows\": 3}", JSON, "/prediction", 400, "bad_request", "the body is not of the form that is expected, at line 1, column 10; /docs shows its form".into()),
        ("{\"rows\": [3]}", JSON, "/prediction", 400, "bad_request", "the body is not of the form that is expected, at line 1, column 11; /docs shows its form".into()),
        ("{\"rows\": [], \"secret\": 1}", JSON, "/prediction", 400, "bad_request", "the body has a key that is not known; there is rows, model, version, probabilities, threshold, top_n, explain, flips".into()),
        ("{\"rows\": [{}]}", JSON, "/prediction", 422, "unprocessable", columns(": missing: `lastmonth_activity`, `lastyear_activity`, `number_of_employees`")),
        ("{\"rows\": [{\"a\": 1, \"b\": 2, \"lastmonth_activity\": [], \"lastyear_activity\": true, \"number_of_employees\": \"secret\"}]}", JSON, "/prediction", 422, "unprocessable",
         columns(": unknown: `a`, `b`; mistyped: `lastmonth_activity` (a number is expected), `lastyear_activity` (a number is expected), `number_of_employees` (a number is expected)")),
        ("{\"rows\": [{\"lastmonth_activity\": 1, \"lastyear_activity\": 1, \"number_of_employees\": 1}, {\"lastmonth_activity\": 1, \"lastyear_activity\": {\"secret\": 1}}]}", JSON, "/prediction", 422, "unprocessable",
         columns(" (first in row 2): missing: `number_of_employees`; mistyped: `lastyear_activity` (a number is expected)")),
        ("{\"rows\": [{\"lastmonth_activity\": 1e999}]}", JSON, "/prediction", 400, "bad_request", "the body is not JSON, at line 1, column 38; /docs shows its form".into()),
        ("{\"rows\": [{\"lastmonth_activity\": NaN}]}", JSON, "/prediction", 400, "bad_request", "the body is not JSON, at line 1, column 34: JSON has no NaN; write `null` for a missing value".into()),
        ("{\"rows\": [], \"version\": 99}", JSON, "/prediction", 404, "not_found", "no such version of the model; GET /models/<model>/versions lists them".into()),
        ("{\"rows\": [], \"version\": \"secret\"}", JSON, "/prediction", 400, "bad_request", "the version is not a number like 3, nor `champion`".into()),
        ("{\"rows\": [], \"model\": \"secret\"}", JSON, "/prediction", 404, "not_found", "no such model; GET /models lists them".into()),
        ("{\"rows\": [], \"threshold\": 2}", JSON, "/prediction", 422, "unprocessable", "the `threshold` is not from 0 to 1".into()),
        ("{\"rows\": [], \"top_n\": 0}", JSON, "/prediction", 422, "unprocessable", "`top_n` is at least 1".into()),
        ("{\"rows\": [], \"top_n\": -1}", JSON, "/prediction", 400, "bad_request", "the body is not of the form that is expected, at line 1, column 24; /docs shows its form".into()),
        ("a,b\n1\n", "text/csv", "/prediction", 400, "bad_request", "the CSV body has 1 cell where the header has 2, at line 2".into()),
        ("a,b\n1,\"x\n2,y\n", "text/csv", "/prediction", 400, "bad_request", "the CSV body cannot be read: a quote opens here and is never closed, at line 2".into()),
        ("", "text/csv", "/prediction", 422, "unprocessable", columns(": missing: `lastmonth_activity`, `lastyear_activity`, `number_of_employees`")),
        ("a,b\n1,2\n", "text/csv", "/prediction", 422, "unprocessable", columns(": missing: `lastmonth_activity`, `lastyear_activity`, `number_of_employees`; unknown: `a`, `b`")),
        ("{\"a\": 1}\nsecret\n", "application/x-ndjson", "/prediction", 400, "bad_request", "line 2 of the body is not a JSON object, at column 1".into()),
        ("a\n", "text/csv", "/prediction?secret=1", 400, "bad_request", "the query has a parameter that is not known; there is model, version, probabilities, threshold, top_n, explain, flips".into()),
        ("a\n", "text/csv", "/prediction?top_n=secret", 400, "bad_request", "the parameter `top_n` is not a whole number".into()),
        ("<a/>", "application/xml", "/prediction", 415, "unsupported_media_type", "the body may be application/json, text/csv, application/x-ndjson or application/vnd.apache.arrow.stream".into()),
    ];
    for (body, content_type, path, status, code, message) in cases {
        let headers = [("content-type", *content_type)];
        let answer = server.send("POST", path, &headers, body.as_bytes());
        let told = answer.json();
        assert_eq!(
            (
                answer.status,
                &told["error"]["code"],
                &told["error"]["message"]
            ),
            (*status, &json!(code), &json!(message)),
            "{body}"
        );
        assert!(!answer.text().contains("secret"), "{}", answer.text());
        assert!(answer.header("x-request-id").is_some());
    }
    // The same in parts that a program reads.
    let body = json!({"rows": [{"x": 1, "lastmonth_activity": "no number"}]});
    let details = &server.post("/prediction", &body).expect(422).json()["error"]["details"];
    assert_eq!(
        *details,
        json!({
            "missing": ["lastyear_activity", "number_of_employees"],
            "unknown": ["x"],
            "mistyped": [{"column": "lastmonth_activity", "expected": "a number is expected"}],
            "first_row": 1,
        })
    );
    // Bad bytes and wrong paths.
    let gzip = [("content-type", JSON), ("content-encoding", "gzip")];
    server
        .send("POST", "/prediction", &gzip, b"no gzip")
        .expect(400);
    let brotli = [("content-type", JSON), ("content-encoding", "br")];
    server
        .send("POST", "/prediction", &brotli, b"x")
        .expect(415);
    let allowed = server.send("DELETE", "/prediction", &[], b"").expect(405);
    assert_eq!(allowed.header("allow"), Some("POST, GET, HEAD"));
    server.get("/predictions").expect(404);
}

#[test]
fn more_rows_or_bytes_than_allowed_are_rejected() {
    let project = Project::promoted();
    project.set("server.limits.rows", 1000);
    project.set("server.limits.body_bytes", 200_000);
    let server = Server::of(&project, &[]);
    let rows = |n: usize| json!({"rows": vec![row(); n]});
    let answer = server.post("/prediction", &rows(1000)).expect(200).json();
    assert_eq!(answer["predictions"].as_array().map(Vec::len), Some(1000));
    let rejected = server.post("/prediction", &rows(1001)).expect(413).json();
    assert_eq!(
        rejected["error"]["message"],
        "the request has more than 1000 rows; send it in parts"
    );
    let rejected = server.post("/prediction", &rows(4000)).expect(413).json();
    assert_eq!(
        rejected["error"]["message"],
        "the body is larger than 200000 bytes; send it in parts"
    );
    // Ten million bytes that are small when compressed.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![b' '; 10 << 20]).expect("compresses");
    let bomb = encoder.finish().expect("compresses");
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    server
        .send("POST", "/prediction", &headers, &bomb)
        .expect(413);
}

#[test]
fn a_project_with_several_models_wants_a_name() {
    let project = Project::new();
    project.set("models", json!({"one": {}, "two": {"learner": {"c": 0.5}}}));
    project.ok(&["run", "--model", "one"]);
    let server = Server::of(&project, &[]);
    let body = json!({"rows": [row()]});
    let unnamed = server.post("/prediction", &body).expect(422).json();
    assert_eq!(
        unnamed["error"]["message"],
        "name the `model`: there are several; GET /models lists them"
    );
    for path in ["/prediction?model=one", "/prediction"] {
        let named = json!({"rows": [row()], "model": "one"});
        let answer = server.post(path, &named).expect(200);
        assert_eq!(answer.header("x-model"), Some("one"));
    }
    // A model without a champion is not there yet, which may change.
    let absent = server.post("/prediction?model=two", &body).expect(503);
    assert_eq!(absent.header("retry-after"), Some("5"));
    assert_eq!(
        absent.json()["error"]["message"],
        "the model has no version in production yet; `unseat run` makes one"
    );
}
