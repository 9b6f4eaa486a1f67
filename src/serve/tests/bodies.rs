//! The readers of bodies, in each protocol.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, RecordBatch, StringArray,
    StringViewArray,
};
use arrow_ipc::writer::StreamWriter;
use bytes::Bytes;
use warp::http::{HeaderMap, Method};

use super::runner::fuzz;
use crate::config::Role;
use crate::config::server::Limits;
use crate::http::budget::{Budget, Work};
use crate::http::request::Caller;
use crate::serve::compat::mlflow_body;
use crate::serve::rows::{self, Bounds, Rows, Strictness, read_tables, sample_served};
use crate::serve::v2::{tensors, v1, wire};
use crate::serve::{Problem, Request};

const WORDS: [&str; 30] = [
    "\"rows\":",
    "\"number\":",
    "\"flag\":",
    "\"text\":",
    "\"y\":",
    "\"tables\":",
    "\"inputs\":",
    "\"instances\":",
    "\"dataframe_split\":",
    "\"columns\":",
    "\"data\":",
    "\"shape\":",
    "\"datatype\":",
    "\"INT64\"",
    "\"BYTES\"",
    "\"explain\":true,",
    "\"top_n\":3,",
    "{",
    "}",
    "[",
    "]",
    "[[",
    ",",
    "\"",
    "\\u0000",
    "\r\n",
    "\u{feff}",
    "NaN",
    "\\ud800",
    "1e999",
];

fn request(body: &[u8]) -> Request {
    let limits = Limits {
        rows: 500,
        cells: 3000,
        columns: 100,
        ..Limits::default()
    };
    let held = Budget::new(1 << 20).nothing();
    Request {
        method: Method::POST,
        path: "/".into(),
        params: Vec::new(),
        query: None,
        headers: Arc::new(HeaderMap::new()),
        body: Bytes::copy_from_slice(body),
        id: String::new(),
        unique: String::new(),
        caller: Caller {
            name: "anonymous".into(),
            role: Role::Admin,
            address: None,
        },
        work: Work::begin(&limits, held, None),
    }
}

/// Rows are whole and within bounds, problems hold no more than a page of text.
fn outcome(read: Result<Rows, Problem>) -> String {
    match read {
        Ok(rows) => {
            assert!(rows.n_rows <= 500 && rows.slots.len() == rows.n_rows * 3);
            "rows".to_string()
        }
        Err(problem) => {
            assert!(problem.message.len() < 8 << 10, "{}", problem.message.len());
            let words = problem.message.chars().filter(|it| !it.is_ascii_digit());
            words.collect()
        }
    }
}

fn bounds(request: &Request) -> Bounds<'_> {
    Bounds {
        rows: 500,
        work: &request.work,
    }
}

#[test]
fn fuzz_json() {
    let served = sample_served();
    let seeds: [&[u8]; 3] = [
        br#"{"rows":[{"number":1,"flag":true,"text":"a"},{"text":"b","flag":false,"number":-2.5e3}]}"#,
        br#"{"model":"m","version":"v1","threshold":0.5,"probabilities":true,"top_n":2,"explain":false,"rows":[]}"#,
        br#"{"rows":[{"number":null,"flag":"TRUE","text":3,"y":1,"who":[{}]}],"flips":true}"#,
    ];
    fuzz("json", &seeds, &WORDS, |body| {
        let request = request(body);
        // Neither reader takes what the other rejects.
        let _ = rows::read_options(body);
        let read = rows::read_body(body, &served, bounds(&request));
        outcome(read.and_then(|(_, rows)| rows))
    });
}

#[test]
fn fuzz_lines() {
    let served = sample_served();
    let seeds: [&[u8]; 2] = [
        b"{\"number\":1,\"flag\":true,\"text\":\"a\"}\n\n{\"number\":2,\"flag\":0,\"text\":null}\n",
        b"number,flag,text\n1,true,a\n,,\n\"2\",false,\"b,\"\"c\"\n",
    ];
    fuzz("lines", &seeds, &WORDS, |body| {
        let request = request(body);
        let nulls = ["NA".to_string()];
        let csv = rows::read_csv(
            body,
            &served,
            Strictness::KnownOnly,
            &nulls,
            bounds(&request),
        );
        let lines = rows::read_ndjson(body, &served, bounds(&request));
        outcome(csv) + &outcome(lines)
    });
}

#[test]
fn fuzz_arrow() {
    let served = sample_served();
    let columns: [(&str, ArrayRef); 3] = [
        (
            "number",
            Arc::new(Float64Array::from(vec![Some(1.0), None])),
        ),
        ("flag", Arc::new(BooleanArray::from(vec![true, false]))),
        ("text", Arc::new(StringArray::from(vec!["a", "b"]))),
    ];
    let plain = RecordBatch::try_from_iter(columns).expect("a batch");
    let keyed: DictionaryArray<Int8Type> = vec![Some("b"), None].into_iter().collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("number", Arc::new(Date32Array::from(vec![1, 2]))),
        (
            "flag",
            Arc::new(StringViewArray::from(vec![
                "true",
                "a text longer than twelve bytes",
            ])),
        ),
        ("text", Arc::new(keyed)),
    ];
    let odd = RecordBatch::try_from_iter(columns).expect("a batch");
    let seeds = [plain, odd].map(|batch| {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
        writer.write(&batch).expect("written");
        writer.into_inner().expect("ended")
    });
    let seeds = [seeds[0].as_slice(), seeds[1].as_slice()];
    fuzz("arrow", &seeds, &WORDS, |body| {
        let request = request(body);
        let strictness = Strictness::ExtraIgnored;
        outcome(rows::read_arrow(
            &request.body,
            &served,
            strictness,
            bounds(&request),
        ))
    });
}

#[test]
fn fuzz_mlflow() {
    let served = sample_served();
    let seeds: [&[u8]; 4] = [
        br#"{"dataframe_split":{"columns":["number","flag","text"],"data":[[1,true,"a"],[null,false,NaN]]}}"#,
        br#"{"dataframe_split":{"data":[[1,true,"a"]],"columns":["number","flag","text"]},"params":{"threshold":0.5}}"#,
        br#"{"inputs":{"number":[1,2],"flag":[true,false],"text":["a","b"]}}"#,
        br#"{"instances":[[1,true,"a"],{"number":1,"flag":1,"text":"b"}]}"#,
    ];
    fuzz("mlflow", &seeds, &WORDS, |body| {
        let request = request(body);
        let read = mlflow_body::read(body, &served, bounds(&request));
        outcome(read.map(|(rows, _)| rows))
            + &outcome(v1::read_rows(&served, bounds(&request), &request))
    });
}

#[test]
fn fuzz_tensors() {
    let served = sample_served();
    let seeds: [&[u8]; 2] = [
        br#"{"id":"a","inputs":[{"name":"number","shape":[2],"datatype":"FP64","data":[1,2.5]},{"name":"flag","shape":[2,1],"datatype":"BOOL","data":[[true],[false]]},{"name":"text","shape":[2],"datatype":"BYTES","data":["a","b"]}],"outputs":[{"name":"predict"}]}"#,
        br#"{"inputs":[{"name":"x","shape":[1,3],"datatype":"INT64","data":[[1,0,1]]}],"parameters":{"binary_data_output":true}}"#,
    ];
    fuzz("tensors", &seeds, &WORDS, |body| {
        let request = request(body);
        let read = wire::InferBody::read(&request);
        outcome(read.and_then(|(asked, bytes)| {
            tensors::read_rows(&asked, bytes, &served, bounds(&request))
        }))
    });
}

#[test]
fn fuzz_tables() {
    let served = sample_served();
    let seeds: [&[u8]; 2] = [
        br#"{"orders":[{"id":1,"at":"2024-01-01","sum":2.5},{"id":2}],"people":[{"id":1,"name":"a"}]}"#,
        br#"{"a":[],"b":[{"x":true},{"y":null}]}"#,
    ];
    fuzz("tables", &seeds, &WORDS, |body| {
        let request = request(body);
        outcome(read_tables(body, &served, bounds(&request)))
    });
}
