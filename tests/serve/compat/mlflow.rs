//! MLflow's scoring protocol.

use serde_json::{Value, json};

use super::{native, of_messages, rejected, row, rows};
use crate::serve::Server;
use crate::support::Project;

const COLUMNS: [&str; 3] = [
    "lastmonth_activity",
    "lastyear_activity",
    "number_of_employees",
];

/// The cells of rows, column by column, in the model's order.
fn cells(rows: &[Value]) -> Vec<Vec<Value>> {
    let of_row = |row: &Value| COLUMNS.iter().map(|name| row[name].clone()).collect();
    rows.iter().map(of_row).collect()
}

#[test]
fn all_forms_of_one_table_have_one_answer() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let rows = rows();
    let classes: Vec<Value> = native(&server, &rows)
        .into_iter()
        .map(|(class, _)| class)
        .collect();
    let expected = json!({"predictions": classes}).to_string();
    assert!(
        expected.contains('0') && expected.contains('1'),
        "{expected}"
    );
    let lists = cells(&rows);
    let of_columns: serde_json::Map<String, Value> = COLUMNS
        .iter()
        .map(|name| {
            (
                name.to_string(),
                rows.iter().map(|row| row[name].clone()).collect(),
            )
        })
        .collect();
    let turned: Vec<Value> = rows
        .iter()
        .map(|row| json!(["x", row[COLUMNS[2]], row[COLUMNS[0]], row[COLUMNS[1]]]))
        .collect();
    let columns = json!(["corporation", COLUMNS[2], COLUMNS[0], COLUMNS[1]]);
    let forms = [
        json!({"dataframe_split": {"index": [0, 1, 2, 3], "columns": COLUMNS, "data": lists}})
            .to_string(),
        json!({"dataframe_split": {"columns": columns, "data": turned}}).to_string(),
        format!(
            r#"{{"dataframe_split": {{"data": {}, "columns": {columns}}}}}"#,
            json!(turned)
        ),
        json!({"dataframe_records": rows, "params": null}).to_string(),
        json!({"instances": rows, "params": {"other": 3}}).to_string(),
        json!({"instances": lists, "signature_name": "x"}).to_string(),
        json!({"inputs": rows}).to_string(),
        json!({"inputs": lists}).to_string(),
        json!({"inputs": of_columns}).to_string(),
    ];
    let json_type = [("content-type", "application/json; charset=utf-8")];
    for body in &forms {
        let answer = server.send("POST", "/invocations", &json_type, body.as_bytes());
        assert_eq!(answer.expect(200).text(), expected, "{body}");
    }
    let mut csv = format!("corporation,{}\n", COLUMNS.join(","));
    for row in &lists {
        csv.push_str(&format!("abcd,{},{},{}\n", row[0], row[1], row[2]));
    }
    let answer = server.send(
        "POST",
        "/invocations",
        &[("content-type", "text/csv")],
        csv.as_bytes(),
    );
    assert_eq!(answer.expect(200).text(), expected);
    let answer = server
        .post("/invocations", &json!({"instances": []}))
        .expect(200);
    assert_eq!(answer.text(), r#"{"predictions":[]}"#);
    let scalars = json!({"inputs": row()});
    let answer = server.post("/invocations", &scalars).expect(200);
    assert_eq!(
        answer.text(),
        format!("{{\"predictions\":[{}]}}", classes[0])
    );
}

#[test]
fn params_give_probabilities_and_another_threshold() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let p: Vec<f64> = native(&server, &rows())
        .into_iter()
        .map(|(_, p)| p)
        .collect();
    let ask = |params: Value| {
        server.post(
            "/invocations",
            &json!({"params": params, "dataframe_records": rows()}),
        )
    };
    let answer = ask(json!({"predict_method": "predict_proba"}))
        .expect(200)
        .json();
    let expected: Vec<[f64; 2]> = p.iter().map(|p| [1.0 - p, *p]).collect();
    assert_eq!(answer, json!({"predictions": expected}));
    let answer = ask(json!({"threshold": 0.0, "predict_method": "predict"})).expect(200);
    assert_eq!(answer.text(), r#"{"predictions":[1,1,1,1]}"#);
    for (params, expected) in [
        (
            json!({"threshold": 1.5}),
            "the `threshold` is not from 0 to 1",
        ),
        (
            json!({"predict_method": "predict_log_proba"}),
            "`predict_method` is neither `predict` nor `predict_proba`",
        ),
    ] {
        let body = json!({"error_code": "BAD_REQUEST", "message": expected});
        rejected(ask(params), 400, &body);
    }
    ask(json!({"threshold": "high"})).expect(400);
    ask(json!([0.5])).expect(400);

    let project = of_messages(&["SAVING", "DEBT", "BILLS"]);
    let server = Server::of(&project, &[]);
    let body = json!({"inputs": {"text": ["about debt", "about bills"]}});
    let answer = server.post("/invocations", &body).expect(200);
    assert_eq!(answer.text(), r#"{"predictions":["DEBT","BILLS"]}"#);
    let body = json!({"inputs": [["about debt"]], "params": {"threshold": 0.5}});
    let why = "a `threshold` is for models with two classes; this one has more";
    let expected = json!({"error_code": "BAD_REQUEST", "message": why});
    rejected(server.post("/invocations", &body), 400, &expected);
}

#[test]
fn what_is_wrong_with_a_table_is_a_bad_request_without_data_or_trace() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let one_of = "the body must have exactly one of `dataframe_split`, `dataframe_records`, `instances` and `inputs`";
    let form = |column: u32| {
        format!(
            "the body is not of the form that is expected, at line 1, column {column}; /docs shows its form"
        )
    };
    let missing = "the columns do not fit the model: missing: `lastmonth_activity`, `lastyear_activity`, `number_of_employees`";
    let cases = [
        (json!({}), one_of.to_string()),
        (json!({"params": {}}), one_of.into()),
        (json!({"inputs": [], "instances": []}), one_of.into()),
        (json!([[1, 2, 3]]), form(0)),
        (
            json!({"dataframe_split": {"data": [[1]]}}),
            "`dataframe_split` has no `columns`; send {\"columns\": […], \"data\": [[…], …]}".into(),
        ),
        (
            json!({"dataframe_split": {"columns": COLUMNS}}),
            "`dataframe_split` has no `data`; send {\"columns\": […], \"data\": [[…], …]}".into(),
        ),
        (
            json!({"dataframe_split": {"columns": COLUMNS, "data": [[1, 2, 3], [1, 2]]}}),
            "a row has 2 cells where there are 3 columns".into(),
        ),
        (json!({"dataframe_split": {"columns": [0, 1, 2], "data": [[1, 2, 3]]}}), missing.into()),
        (json!({"inputs": {}}), missing.into()),
        (json!({"instances": [{}]}), missing.into()),
        (
            json!({"instances": [[1, 2, 3, 4]]}),
            "a row has 4 cells where the model has 3 inputs: lastmonth_activity, lastyear_activity, number_of_employees; send them in this order, or with their names".into(),
        ),
        (
            json!({"inputs": {"lastmonth_activity": [1, 2], "lastyear_activity": [1]}}),
            "the columns of `inputs` differ in length".into(),
        ),
        (
            json!({"dataframe_records": [{"lastmonth_activity": "secret", "lastyear_activity": [1], "number_of_employees": true}]}),
            "the columns do not fit the model: mistyped: `lastmonth_activity` (a number is expected), `lastyear_activity` (a number is expected), `number_of_employees` (a number is expected)".into(),
        ),
    ];
    for (body, expected) in cases {
        let body = server.post("/invocations", &body);
        rejected(
            body,
            400,
            &json!({"error_code": "BAD_REQUEST", "message": expected}),
        );
    }
    for (kind, body, status) in [
        ("application/json", "{\"inputs\": [[", 400),
        ("application/json", "", 400),
        ("application/json", "{\"inputs\": [[nan, 1, 2]]}", 400),
        ("text/csv", "a,b\n1\n", 400),
        ("text/csv", "7056", 400),
        ("text/csv", "a,b\n1,2\n", 400),
        ("text/csv; header=present", "a,b\n1,2\n", 415),
        ("application/json; charset=latin1", "{}", 415),
        ("application/x-www-form-urlencoded", "a=b", 415),
    ] {
        let answer = server.send(
            "POST",
            "/invocations",
            &[("content-type", kind)],
            body.as_bytes(),
        );
        let told = answer.expect(status).json();
        assert_eq!(told["error_code"], "BAD_REQUEST", "{kind} {body}");
        assert_eq!(
            told.as_object().map(serde_json::Map::len),
            Some(2),
            "{told}"
        );
    }
}

#[test]
fn python_s_nan_is_a_missing_value() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let headers = [("content-type", "application/json")];
    let ask = |cell: &str| {
        let body = format!(
            r#"{{"dataframe_split": {{"index": [0], "columns": {}, "data": [[{cell}, 1024, 12]]}}, "params": {{"predict_method": "predict_proba"}}}}"#,
            json!(COLUMNS)
        );
        server
            .send("POST", "/invocations", &headers, body.as_bytes())
            .expect(200)
            .text()
    };
    assert_eq!(ask("NaN"), ask("null"));
    assert_eq!(ask("-Infinity"), ask("null"));
    assert_ne!(ask("78"), ask("null"));
}

#[test]
fn ping_is_an_empty_line_and_version_a_text() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/ping").expect(200).text(), "\n");
    assert_eq!(
        server.get("/version").expect(200).text(),
        env!("CARGO_PKG_VERSION")
    );
}

#[test]
fn a_large_table_is_answered_like_a_small_one() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let small = cells(&rows());
    let answer = server
        .post("/invocations", &json!({"inputs": small}))
        .json();
    let once = answer["predictions"].as_array().expect("a list");
    let many: Vec<_> = small.iter().cycle().take(20_000).collect();
    let answer = server.post(
        "/invocations",
        &json!({"dataframe_split": {"columns": COLUMNS, "data": many}}),
    );
    let expected: Vec<_> = once.iter().cycle().take(20_000).collect();
    assert_eq!(answer.expect(200).json(), json!({"predictions": expected}));
}
