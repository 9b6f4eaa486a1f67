//! Arrow streams over HTTP: the answers are those of JSON, and the options that have no column are rejected.

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int32Array, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use serde_json::json;

use super::Server;
use crate::support::Project;

const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Two rows of the sample project; the second one is beyond what training saw.
fn rows() -> Vec<u8> {
    let columns: [(&str, ArrayRef); 3] = [
        (
            "number_of_employees",
            Arc::new(Int32Array::from(vec![12, 1])),
        ),
        (
            "lastyear_activity",
            Arc::new(Int32Array::from(vec![1024, 99_999])),
        ),
        (
            "lastmonth_activity",
            Arc::new(Int32Array::from(vec![78, 0])),
        ),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    writer.write(&batch).expect("written");
    writer.into_inner().expect("ended")
}

#[test]
fn an_arrow_stream_is_answered_as_json_is_and_in_its_own_form() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let json = server.post(
        "/prediction",
        &json!({"probabilities": true, "rows": [
            {"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12},
            {"lastmonth_activity": 0, "lastyear_activity": 99_999, "number_of_employees": 1},
        ]}),
    );
    let expected = json.expect(200).json();
    let expected = expected["predictions"].as_array().expect("a list");

    let path = "/prediction?probabilities=true";
    let in_json = server.send("POST", path, &[("content-type", ARROW)], &rows());
    let in_json = in_json.expect(200).json();
    for (answer, expected) in in_json["predictions"]
        .as_array()
        .expect("a list")
        .iter()
        .zip(expected)
    {
        for name in ["prediction", "probability", "probabilities", "warnings"] {
            assert_eq!(answer[name], expected[name], "{name}");
        }
    }

    let headers = [
        ("content-type", ARROW),
        (
            "accept",
            "application/json;q=0.1, application/vnd.apache.arrow.stream",
        ),
    ];
    let answer = server.send("POST", path, &headers, &rows()).expect(200);
    assert_eq!(answer.header("content-type"), Some(ARROW));
    assert_eq!(answer.header("x-model-version"), Some("1"));
    let id = answer.header("x-request-id").expect("an id");
    let mut reader = StreamReader::try_new(Cursor::new(&answer.body), None).expect("a stream");
    let schema = reader.schema();
    let facts = schema.metadata();
    assert_eq!(
        (facts["model"].as_str(), facts["version"].as_str()),
        ("attrition", "1")
    );
    assert_eq!(facts["request_id"], id);
    let batch = reader.next().expect("a batch").expect("whole");
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|it| it.name().as_str())
        .collect();
    assert_eq!(
        names,
        [
            "id",
            "prediction",
            "probability",
            "probability_0",
            "probability_1",
            "warnings"
        ]
    );
    let column = |name: &str| batch.column_by_name(name).expect("a column");
    let number = |name: &str, row: usize| column(name).as_primitive::<Float64Type>().value(row);
    for (row, expected) in expected.iter().enumerate() {
        assert_eq!(
            column("id").as_string::<i32>().value(row),
            format!("{id}-{row}")
        );
        let class = column("prediction").as_primitive::<Int64Type>().value(row);
        assert_eq!(class, expected["prediction"]);
        assert_eq!(number("probability", row), expected["probability"]);
        assert_eq!(number("probability_0", row), expected["probabilities"]["0"]);
        assert_eq!(number("probability_1", row), expected["probabilities"]["1"]);
    }
    let warnings = column("warnings").as_string::<i32>();
    assert!(warnings.is_null(0), "the first row is a usual one");
    let told: serde_json::Value = serde_json::from_str(warnings.value(1)).expect("JSON");
    assert_eq!(told, expected[1]["warnings"]);
}

#[test]
fn what_has_no_column_is_rejected_and_a_damaged_stream_too() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let headers = [("content-type", ARROW), ("accept", ARROW)];
    for option in ["explain=true", "flips=true", "top_n=2"] {
        let path = format!("/prediction?{option}");
        let told = server
            .send("POST", &path, &headers, &rows())
            .expect(422)
            .text();
        assert!(told.contains("is for answers in JSON"), "{told}");
    }
    let body = rows();
    let cut = server.send("POST", "/prediction", &headers, &body[..body.len() / 2]);
    let told = cut.expect(400).text();
    assert!(told.contains("the Arrow body cannot be read"), "{told}");
}
