//! AWS Lambda: a runtime interface of the tests' own hands out events, and the answers are those of a socket.

mod interface;

use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::Server;
use crate::support::Project;
use interface::{Function, Interface};

/// A request, whoever brings it.
#[derive(Clone, Copy)]
struct Asked {
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
}

/// The services that send events.
#[derive(Debug, Clone, Copy)]
enum Service {
    Rest,
    Http,
    Url,
    Balancer,
    BalancerOfMany,
}

const SERVICES: [Service; 5] = [
    Service::Rest,
    Service::Http,
    Service::Url,
    Service::Balancer,
    Service::BalancerOfMany,
];

/// What a service sends for a request, as its documentation shows it.
fn event(service: Service, asked: Asked) -> Value {
    let headers: Value = asked
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value)))
        .collect();
    let many: Value = asked
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!([value])))
        .collect();
    let pairs = || {
        asked
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
    };
    let query: Value = pairs()
        .map(|(name, value)| (name.to_string(), json!(value)))
        .collect();
    let queries: Value = pairs()
        .map(|(name, value)| (name.to_string(), json!([value])))
        .collect();
    let (body, is_base64) = match std::str::from_utf8(asked.body) {
        Ok("") => (Value::Null, false),
        Ok(text) => (json!(text), false),
        Err(_) => (json!(BASE64_STANDARD.encode(asked.body)), true),
    };
    let http = |stage: &str| {
        let prefix = if stage == "$default" {
            String::new()
        } else {
            format!("/{stage}")
        };
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": format!("{prefix}{}", asked.path),
            "rawQueryString": asked.query, "headers": headers, "body": body, "isBase64Encoded": is_base64,
            "requestContext": {"stage": stage, "http": {"method": asked.method, "sourceIp": "192.0.2.1"}},
        })
    };
    match service {
        Service::Rest => json!({
            "resource": "/{proxy+}", "path": asked.path, "httpMethod": asked.method,
            "pathParameters": {"proxy": asked.path.trim_start_matches('/')},
            "headers": headers, "multiValueHeaders": many,
            "queryStringParameters": query, "multiValueQueryStringParameters": queries,
            "requestContext": {"stage": "prod", "identity": {"sourceIp": "192.0.2.1"}},
            "body": body, "isBase64Encoded": is_base64,
        }),
        Service::Http => http("prod"),
        Service::Url => http("$default"),
        Service::Balancer => json!({
            "requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": asked.method, "path": asked.path,
            "queryStringParameters": query, "headers": headers, "body": body, "isBase64Encoded": is_base64,
        }),
        Service::BalancerOfMany => json!({
            "requestContext": {"elb": {"targetGroupArn": "arn"}}, "httpMethod": asked.method, "path": asked.path,
            "multiValueQueryStringParameters": queries, "multiValueHeaders": many, "body": body, "isBase64Encoded": is_base64,
        }),
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const ROW: &[u8] = br#"{"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]}"#;
const NAMED: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("x-request-id", "mine"),
];
const GZIPPED: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("accept-encoding", "gzip"),
];

/// One of each kind: every protocol, errors of each form, a page, text, a body that is compressed.
const REQUESTS: &[Asked] = &[
    asked("POST", "/prediction", "", NAMED, ROW),
    asked("POST", "/prediction/", "", JSON, ROW),
    asked("GET", "/prediction", "lastmonth_activity=78&lastyear_activity=1024&number_of_employees=12", &[], b""),
    asked("POST", "/prediction", "probabilities=true", &[("content-type", "text/csv")],
        b"lastmonth_activity,lastyear_activity,number_of_employees\n78,1024,12\n1,2,\n"),
    asked("POST", "/invocations", "", JSON,
        br#"{"dataframe_split": {"columns": ["lastmonth_activity", "lastyear_activity", "number_of_employees"], "data": [[1, 2, 3]]}}"#),
    asked("POST", "/predict", "", JSON,
        br#"{"data": [{"lastmonth_activity": 1, "lastyear_activity": 2, "number_of_employees": 3}]}"#),
    asked("GET", "/v2/models/attrition", "", &[], b""),
    asked("GET", "/v2/health/ready", "", &[], b""),
    asked("GET", "/ping", "", &[], b""),
    asked("GET", "/version", "", &[], b""),
    asked("GET", "/livez", "", &[], b""),
    asked("GET", "/readyz", "", &[], b""),
    asked("HEAD", "/livez", "", &[], b""),
    asked("GET", "/openapi.json", "", GZIPPED, b""),
    asked("GET", "/docs", "", &[("accept", "text/html")], b""),
    asked("GET", "/nowhere", "", &[], b""),
    asked("DELETE", "/prediction", "", &[], b""),
    asked("GET", "/v2/models/nobody", "", &[], b""),
    asked("POST", "/prediction", "", JSON, b"{"),
    asked("POST", "/prediction", "", &[("content-type", "application/json"), ("content-encoding", "br")], ROW),
    asked("POST", "/prediction", "", &[("content-type", "text/csv")], &[0xff, 0xfe, 0x00]),
];

const fn asked(
    method: &'static str,
    path: &'static str,
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
) -> Asked {
    Asked {
        method,
        path,
        query,
        headers,
        body,
    }
}

/// An answer as a caller sees it: status, headers, bytes.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u64,
    headers: Vec<(String, String)>,
    body: String,
}

/// What differs between two answers to one question is left out: ids, and what a connection adds.
fn seen(status: u64, mut headers: Vec<(String, String)>, body: &[u8]) -> Seen {
    let is_gzip = headers
        .iter()
        .any(|(name, value)| name == "content-encoding" && value == "gzip");
    let mut text = String::new();
    if is_gzip {
        flate2::read::GzDecoder::new(body)
            .read_to_string(&mut text)
            .expect("gzip");
    } else {
        text = String::from_utf8_lossy(body).into_owned();
    }
    headers.retain(|(name, _)| {
        ![
            "date",
            "content-length",
            "connection",
            // The client of the socket removes it with the compression.
            "content-encoding",
            "x-request-id",
            "transfer-encoding",
        ]
        .contains(&name.as_str())
    });
    headers.sort();
    Seen {
        status,
        headers,
        body: without_ids(&text),
    }
}

fn without_ids(text: &str) -> String {
    let id = regex::Regex::new("[0-9a-f]{25}|invocation-[0-9]+|\"uptime[a-z_]*\":[0-9.]+")
        .expect("a pattern");
    id.replace_all(text, "ID").into_owned()
}

fn by_socket(server: &Server, asked: Asked) -> Seen {
    let query = if asked.query.is_empty() {
        String::new()
    } else {
        format!("?{}", asked.query)
    };
    let answer = server.send(
        asked.method,
        &format!("{}{query}", asked.path),
        asked.headers,
        asked.body,
    );
    let headers = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_string()));
    seen(answer.status.into(), headers.collect(), &answer.body)
}

fn by_event(interface: &Interface, service: Service, asked: Asked) -> Seen {
    let payload = interface.ask(&event(service, asked));
    let is_many = matches!(service, Service::Rest | Service::BalancerOfMany);
    let headers = payload[if is_many {
        "multiValueHeaders"
    } else {
        "headers"
    }]
    .as_object();
    let headers = headers
        .unwrap_or_else(|| panic!("{service:?}: {payload}"))
        .iter();
    let headers = headers.flat_map(|(name, value)| match value {
        Value::Array(values) => values
            .iter()
            .map(|it| (name.clone(), it.as_str().unwrap_or("").to_string()))
            .collect(),
        value => vec![(name.clone(), value.as_str().unwrap_or("").to_string())],
    });
    assert_eq!(
        payload["statusDescription"].is_string(),
        matches!(service, Service::Balancer | Service::BalancerOfMany)
    );
    let text = payload["body"].as_str().expect("a body");
    let body = match payload["isBase64Encoded"].as_bool() {
        Some(true) => BASE64_STANDARD.decode(text).expect("base64"),
        _ => text.as_bytes().to_vec(),
    };
    seen(
        payload["statusCode"].as_u64().unwrap_or(0),
        headers.collect(),
        &body,
    )
}

const SERVE: &[&str] = &["serve", "--bundle", "production_deployment", "--insecure"];

#[test]
fn every_service_gets_the_answers_of_a_socket() {
    let project = Project::promoted();
    let server = Server::of(
        &project,
        &["--bundle", "production_deployment", "--insecure"],
    );
    let interface = Interface::start();
    let function = Function::start(&project, &interface, SERVE);
    for asked in REQUESTS {
        let expected = by_socket(&server, *asked);
        for service in SERVICES {
            let answered = by_event(&interface, service, *asked);
            assert_eq!(
                answered, expected,
                "{service:?} {} {}",
                asked.method, asked.path
            );
        }
    }
    // A compressed body, which no text can carry.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, ROW).expect("memory");
    let body: &'static [u8] = gzip.finish().expect("memory").leak();
    let headers = &[
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let asked = asked("POST", "/prediction", "", headers, body);
    assert_eq!(
        by_event(&interface, Service::Url, asked),
        by_socket(&server, asked)
    );
    assert_eq!(by_socket(&server, asked).status, 200);
    // An answer without an id of its caller's has that of the invocation.
    let payload = interface.ask(&event(Service::Url, REQUESTS[1]));
    let id = payload["headers"]["x-request-id"].as_str().unwrap_or("");
    assert!(id.starts_with("invocation-"), "{payload}");
    let (is_good, said) = function.stop(Signal::TERM);
    assert!(is_good && said.contains("stopped after"), "{said}");
}

#[test]
fn what_cannot_be_answered_is_an_error_of_the_invocation_and_the_next_is_answered() {
    let project = Project::promoted();
    let interface = Interface::start();
    let function = Function::start(&project, &interface, SERVE);
    let error = interface.ask(&json!({"source": "aws.events"}));
    assert_eq!(error["errorType"], "Unseat.UnknownEvent");
    let message = error["errorMessage"].as_str().unwrap_or("");
    assert!(message.contains("API Gateway"), "{message}");
    // Its time is over before the work is done: that is said in the form of the path, and nothing hangs.
    let rows = vec![
        json!({"lastmonth_activity": 1, "lastyear_activity": 2, "number_of_employees": 3});
        20_000
    ];
    let body = json!({"rows": rows}).to_string().leak();
    let large = asked("POST", "/prediction", "", JSON, body.as_bytes());
    let late = interface.ask_until(&event(Service::Url, large), 1);
    assert_eq!(late["statusCode"], 503, "{late}");
    let next = interface.ask(&event(Service::Url, REQUESTS[0]));
    assert_eq!(next["statusCode"], 200, "{next}");
    // The interface closes connections when it likes.
    interface.close_connections();
    let next = interface.ask(&event(Service::Url, REQUESTS[0]));
    assert_eq!(next["statusCode"], 200, "{next}");
    drop(function);
}

#[test]
fn a_function_that_cannot_start_says_why() {
    let project = Project::promoted();
    for (arguments, said) in [
        (
            &["serve", "--bundle", "nowhere", "--insecure"][..],
            "nowhere/trainedmodel.json",
        ),
        (
            &["serve", "--bundle", "production_deployment"],
            "without tokens",
        ),
        (
            &["serve", "--insecure"],
            "a bundle is served, not a project",
        ),
    ] {
        let interface = Interface::start();
        let function = Function::start(&project, &interface, arguments);
        let error = interface.start_error();
        assert_eq!(error["errorType"], "Unseat.Start");
        let message = error["errorMessage"].as_str().unwrap_or("");
        assert!(message.contains(said), "{message}");
        assert!(!function.ended().0, "{arguments:?}");
    }
}
