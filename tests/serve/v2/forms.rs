//! Every form of the same row gets the same bits: each datatype in JSON and as bytes, nested and flat, named and as a
//! matrix, compressed and not; and the forms of an answer.

use std::io::{Read, Write};

use serde_json::{Value, json};

use super::{ROW, data, native, row, tensor};
use crate::serve::{Answer, Server};
use crate::support::Project;

const INFER: &str = "/v2/models/attrition/infer";
const LENGTH: &str = "inference-header-content-length";

/// A small whole number as an element of a datatype, little-endian.
fn bytes_of(datatype: &str, value: u8) -> Vec<u8> {
    let number = f32::from(value);
    match datatype {
        "UINT8" | "INT8" => vec![value],
        "UINT16" | "INT16" => u16::from(value).to_le_bytes().to_vec(),
        "UINT32" | "INT32" => u32::from(value).to_le_bytes().to_vec(),
        "UINT64" | "INT64" => u64::from(value).to_le_bytes().to_vec(),
        // A half's exponent counts from 15 and its fraction has 10 bits, a single's from 127 and 23.
        "FP16" => {
            let bits = number.to_bits();
            let exponent = (bits >> 23) - 127 + 15;
            let half = (exponent << 10) | ((bits >> 13) & 0x3ff);
            (half as u16).to_le_bytes().to_vec()
        }
        "FP32" => number.to_le_bytes().to_vec(),
        "FP64" => f64::from(value).to_le_bytes().to_vec(),
        "BYTES" => {
            let text = value.to_string();
            [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
        }
        other => panic!("{other}"),
    }
}

const NUMBERS: [&str; 11] = [
    "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32",
    "FP64",
];

/// Sends a JSON object with bytes behind it.
fn send(server: &Server, json: &Value, bytes: &[u8], more: &[(&str, &str)]) -> Answer {
    let json = json.to_string();
    let length = json.len().to_string();
    let mut headers = vec![
        (LENGTH, length.as_str()),
        ("content-type", "application/octet-stream"),
    ];
    headers.extend(more);
    server.send("POST", INFER, &headers, &[json.as_bytes(), bytes].concat())
}

/// A tensor whose elements are this many bytes behind the JSON object.
fn binary(name: &str, shape: &[usize], datatype: &str, size: usize) -> Value {
    json!({
        "name": name, "shape": shape, "datatype": datatype,
        "parameters": {"binary_data_size": size},
    })
}

#[test]
fn every_datatype_gets_the_same_bits_in_json_and_as_bytes() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (_, p) = native(&server);
    let texts = ROW.map(|(name, value)| tensor(name, &[1], "BYTES", json!([value.to_string()])));
    let answer = server.post(INFER, &json!({"inputs": texts})).expect(200);
    assert_eq!(data(&answer.json(), "probability"), json!([p]));
    for datatype in NUMBERS.into_iter().chain(["BYTES"]) {
        if datatype != "BYTES" {
            let answer = server.post(INFER, &row(datatype)).expect(200);
            assert_eq!(
                data(&answer.json(), "probability"),
                json!([p]),
                "{datatype}"
            );
        }
        let mut bytes = Vec::new();
        let tensors = ROW.map(|(name, value)| {
            let own = bytes_of(datatype, value);
            bytes.extend_from_slice(&own);
            binary(name, &[1, 1], datatype, own.len())
        });
        let answer = send(&server, &json!({"inputs": tensors}), &bytes, &[]).expect(200);
        assert_eq!(
            data(&answer.json(), "probability"),
            json!([p]),
            "{datatype}"
        );
    }
}

#[test]
fn columns_and_a_matrix_nested_and_flat_are_the_same() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (_, p) = native(&server);
    let [a, b, c] = ROW.map(|(_, value)| value);
    let named = |shape: &[usize], twice: &dyn Fn(u8) -> Value| {
        let tensors = ROW.map(|(name, value)| tensor(name, shape, "INT64", twice(value)));
        json!({"inputs": tensors})
    };
    let matrix =
        |name: &str, values: Value| json!({"inputs": [tensor(name, &[2, 3], "FP32", values)]});
    let mut shuffled = named(&[2], &|value| json!([value, value]));
    shuffled["inputs"].as_array_mut().expect("a list").reverse();
    // Columns that are not learned from may be there, as in a file.
    let mut fuller = shuffled.clone();
    let more = tensor("corporation", &[2], "BYTES", json!(["x", null]));
    fuller["inputs"].as_array_mut().expect("a list").push(more);
    for request in [
        named(&[2], &|value| json!([value, value])),
        named(&[2, 1], &|value| json!([value, value])),
        named(&[2, 1], &|value| json!([[value], [value]])),
        shuffled,
        fuller,
        matrix("input-0", json!([[a, b, c], [a, b, c]])),
        matrix("predict", json!([a, b, c, a, b, c])),
        matrix("lastmonth_activity", json!([a, b, c, a, b, c])),
    ] {
        let answer = server.post(INFER, &request).expect(200).json();
        assert_eq!(data(&answer, "probability"), json!([p, p]), "{request}");
        assert_eq!(answer["outputs"][1]["shape"], json!([2, 2]));
    }
    let mut bytes = Vec::new();
    for value in [a, b, c, a, b, c] {
        bytes.extend_from_slice(&bytes_of("FP16", value));
    }
    let request = json!({"inputs": [binary("x", &[2, 3], "FP16", bytes.len())]});
    let answer = send(&server, &request, &bytes, &[]).expect(200).json();
    assert_eq!(data(&answer, "probability"), json!([p, p]));
}

#[test]
fn null_and_nan_are_missing_values() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let rows =
        json!([{"lastmonth_activity": null, "lastyear_activity": 100, "number_of_employees": 12}]);
    let told = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200)
        .json();
    let p = &told["predictions"][0]["probability"];
    for datatype in ["INT64", "FP32"] {
        let mut request = row(datatype);
        request["inputs"][0]["data"] = json!([null]);
        let answer = server.post(INFER, &request).expect(200).json();
        assert_eq!(data(&answer, "probability"), json!([p]));
    }
    for (datatype, nan) in [
        ("FP16", 0x7e00u16.to_le_bytes().to_vec()),
        ("FP32", f32::NAN.to_le_bytes().to_vec()),
        ("FP64", (-f64::NAN).to_le_bytes().to_vec()),
    ] {
        let mut request = row(datatype);
        request["inputs"][0] = binary("lastmonth_activity", &[1], datatype, nan.len());
        let answer = send(&server, &request, &nan, &[]).expect(200).json();
        assert_eq!(data(&answer, "probability"), json!([p]), "{datatype}");
    }
}

#[test]
fn outputs_are_chosen_and_may_come_as_bytes() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (label, p) = native(&server);
    let mut request = row("INT64");
    request["outputs"] = json!([
        {"name": "probability"},
        {"name": "predict", "parameters": {"binary_data": false}},
    ]);
    let answer = server.post(INFER, &request).expect(200);
    assert_eq!(answer.header(LENGTH), None);
    assert_eq!(
        answer.json()["outputs"],
        json!([
            {"name": "probability", "shape": [1], "datatype": "FP64", "data": [p]},
            {"name": "predict", "shape": [1], "datatype": "INT64", "data": [label]},
        ])
    );

    // All as bytes but the one that says otherwise.
    request["parameters"] = json!({"binary_data_output": true, "timeout": 5, "custom": "x"});
    let answer = server.post(INFER, &request).expect(200);
    let (json, bytes) = split(&answer);
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
    assert_eq!(
        json["outputs"],
        json!([
            {"name": "probability", "shape": [1], "datatype": "FP64", "parameters": {"binary_data_size": 8}},
            {"name": "predict", "shape": [1], "datatype": "INT64", "data": [label]},
        ])
    );
    assert_eq!(bytes, p.to_le_bytes());

    request["outputs"] = json!([]);
    let answer = server.post(INFER, &request).expect(200);
    let (json, bytes) = split(&answer);
    let sizes: Vec<_> = (0..3)
        .map(|at| json["outputs"][at]["parameters"]["binary_data_size"].clone())
        .collect();
    assert_eq!(sizes, [8, 16, 8]);
    let expected = [
        label.to_le_bytes(),
        (1.0 - p).to_le_bytes(),
        p.to_le_bytes(),
        p.to_le_bytes(),
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn the_likeliest_classes_can_be_asked_for() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (_, p) = native(&server);
    let (zero, one) = (format!("{}:0:0", 1.0 - p), format!("{p}:1:1"));
    let both = if p > 0.5 { [one, zero] } else { [zero, one] };
    let mut request = row("INT64");
    for (n, expected) in [(1, &both[..1]), (2, &both[..]), (99, &both[..])] {
        request["outputs"] =
            json!([{"name": "predict_proba", "parameters": {"classification": n}}]);
        let answer = server.post(INFER, &request).expect(200).json();
        let shape = [1, expected.len()];
        assert_eq!(
            answer["outputs"],
            json!([{"name": "predict_proba", "shape": shape, "datatype": "BYTES", "data": expected}])
        );
    }
}

#[test]
fn bodies_are_packed_both_ways() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let (_, p) = native(&server);
    let n = 500;
    let tensors = ROW.map(|(name, value)| tensor(name, &[n], "INT64", json!(vec![value; n])));
    let plain = json!({"inputs": tensors}).to_string().into_bytes();
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).expect("compresses");
        encoder.finish().expect("compresses")
    };
    let zlib = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&plain).expect("compresses");
        encoder.finish().expect("compresses")
    };
    // Two bytes of header and four of checksum are all that zlib's form adds.
    let bare = &zlib[2..zlib.len() - 4];
    for (encoding, body) in [
        ("identity", &plain[..]),
        ("gzip", &gzip),
        ("deflate", &zlib),
        ("deflate", bare),
    ] {
        for accepted in ["identity", "gzip", "deflate"] {
            let headers = [
                ("content-encoding", encoding),
                ("accept-encoding", accepted),
            ];
            let answer = server.send("POST", INFER, &headers, body).expect(200);
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            let mut json = Vec::new();
            match answer.header("content-encoding") {
                // The test's own client unpacks gzip and then leaves the header out.
                None => json = answer.body.clone(),
                Some("deflate") => {
                    assert_eq!(accepted, "deflate");
                    let mut reader = flate2::read::ZlibDecoder::new(&answer.body[..]);
                    reader.read_to_end(&mut json).expect("unpacks");
                    assert!(answer.body.len() < json.len() / 4);
                }
                Some("gzip") => {
                    assert_eq!(accepted, "gzip");
                    let mut reader = flate2::read::GzDecoder::new(&answer.body[..]);
                    if reader.read_to_end(&mut json).is_err() {
                        json = answer.body.clone();
                    }
                }
                Some(other) => panic!("{other}"),
            }
            let json: Value = serde_json::from_slice(&json).expect("JSON");
            assert_eq!(data(&json, "probability"), json!(vec![p; n]));
        }
    }
    for (encoding, status, expected) in [
        ("gzip", 400, "the body is announced as gzip and is not"),
        (
            "deflate",
            400,
            "the body is announced as deflate and is not",
        ),
        (
            "br",
            415,
            "the body may be compressed with gzip or deflate, or not at all",
        ),
    ] {
        let headers = [("content-encoding", encoding)];
        let answer = server.send("POST", INFER, &headers, b"\xff\xff\xff\xff not compressed");
        assert_eq!(answer.expect(status).json(), json!({"error": expected}));
    }
}

/// The JSON object of an answer, and the bytes behind it.
fn split(answer: &Answer) -> (Value, &[u8]) {
    let length = answer.header(LENGTH).expect("a length");
    let (json, bytes) = answer.body.split_at(length.parse().expect("a number"));
    (serde_json::from_slice(json).expect("JSON"), bytes)
}
