//! Spans to an OTLP endpoint, which here is a few lines of HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::super::Server;
use super::{predict, traced};
use crate::support::Project;

/// Head and body of a request that arrived.
type Sent = (String, Vec<u8>);

/// Takes requests, answers them with a status, and hands them on.
fn collector(status: &'static str) -> (String, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("listens");
    let url = format!("http://{}/v1/traces", listener.local_addr().expect("bound"));
    let (found, sent) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).is_ok_and(|read| read == 0) {
                    break;
                }
            }
            let lower = head.to_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let _ = found.send((head, body));
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = reader.into_inner().write_all(answer.as_bytes());
        }
    });
    (url, sent)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hexadecimal"))
        .collect()
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

#[test]
fn a_sampled_request_is_a_span_below_its_callers() {
    let (url, sent) = collector("200 OK");
    let project = Project::promoted();
    project.set("server.otlp_endpoint", url);
    let server = Server::of(&project, &[]);
    traced(&server, &format!("00-{TRACE}-{PARENT}-01")).expect(200);
    let (ended, _) = server.stop(Signal::TERM);
    assert!(ended);
    let (head, body) = sent.try_recv().expect("sent before the end");
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    let lower = head.to_lowercase();
    assert!(
        lower.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    let shown = String::from_utf8_lossy(&body).into_owned();
    for text in [
        "service.name",
        "unseat",
        "POST /prediction",
        "http.route",
        "http.request.method",
        "http.response.status_code",
        "url.scheme",
        "unseat.model_version",
        "attrition",
        "mine-1",
    ] {
        assert!(holds(&body, text.as_bytes()), "{text}: {shown}");
    }
    assert!(holds(&body, &bytes_of(TRACE)), "the caller's trace");
    assert!(holds(&body, &bytes_of(PARENT)), "below the caller's span");
    assert!(!shown.contains("lastmonth_activity"), "no row: {shown}");
}

#[test]
fn only_what_the_caller_does_not_record_is_left_out() {
    let (url, sent) = collector("200 OK");
    let project = Project::promoted();
    project.set("server.otlp_endpoint", url);
    let server = Server::of(&project, &[]);
    traced(&server, &format!("00-{TRACE}-{PARENT}-00")).expect(200);
    server.get("/nowhere").expect(404);
    server.stop(Signal::TERM);
    let (_, body) = sent.try_recv().expect("the other one");
    assert!(!holds(&body, &bytes_of(TRACE)), "not sampled");
    assert!(!holds(&body, b"/nowhere"), "only routes have names");
}

#[test]
fn an_endpoint_that_fails_is_told_once_and_holds_nothing_up() {
    let (url, sent) = collector("404 Not Found");
    let project = Project::promoted();
    project.set("server.otlp_endpoint", url);
    let server = Server::of(&project, &["-v"]);
    predict(&server);
    let (ended, talk) = server.stop(Signal::TERM);
    assert!(ended);
    assert!(sent.try_recv().is_ok());
    let told = talk.matches("spans do not reach").count();
    assert_eq!(told, 1, "{talk}");
}

#[test]
fn an_endpoint_that_is_none_stops_the_start_with_a_reason() {
    for url in ["", "localhost:4318", "ftp://localhost/x", "http://"] {
        let project = Project::promoted();
        project.set("server.otlp_endpoint", url);
        let done = project.unseat(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(!done.status.success());
        let expected = "write it as a URL like http://localhost:4318/v1/traces";
        assert!(done.stderr.contains(expected), "{url}: {}", done.stderr);
    }
}

#[test]
fn the_public_reader_reads_the_same() {
    let Ok(python) = std::env::var("UNSEAT_CLIENTS_PYTHON") else {
        println!("left out: UNSEAT_CLIENTS_PYTHON names no Python with opentelemetry-proto");
        return;
    };
    let script = "import sys, json
try:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Read
except ImportError:
    print('null'); sys.exit()
sent = Read.FromString(sys.stdin.buffer.read())
[resource] = sent.resource_spans
[scope] = resource.scope_spans
value = lambda v: v.int_value if v.HasField('int_value') else v.string_value
print(json.dumps({'service': [value(a.value) for a in resource.resource.attributes if a.key == 'service.name'],
    'scope': scope.scope.name, 'spans': [{'name': s.name, 'kind': s.kind, 'trace': s.trace_id.hex(),
    'parent': s.parent_span_id.hex(), 'own': len(s.span_id), 'state': s.trace_state, 'status': s.status.code,
    'takes': s.end_time_unix_nano > s.start_time_unix_nano,
    'attributes': {a.key: value(a.value) for a in s.attributes}} for s in scope.spans]}))";
    let (url, sent) = collector("200 OK");
    let project = Project::promoted();
    project.set("server.otlp_endpoint", url);
    let server = Server::of(&project, &[]);
    traced(&server, &format!("00-{TRACE}-{PARENT}-01")).expect(200);
    server.stop(Signal::TERM);
    let (_, body) = sent.try_recv().expect("sent before the end");
    std::fs::write(project.path("spans"), body).expect("writes");
    let done = Command::new(python)
        .args(["-c", script])
        .stdin(std::fs::File::open(project.path("spans")).expect("opens"))
        .output()
        .expect("Python starts");
    let read: Value = serde_json::from_slice(&done.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    if read.is_null() {
        println!("left out: that Python has no opentelemetry-proto");
        return;
    }
    let span = json!({
        "name": "POST /prediction", "kind": 2, "trace": TRACE, "parent": PARENT, "own": 8, "state": "", "status": 0,
        "takes": true,
        "attributes": {
            "http.request.method": "POST", "url.scheme": "http", "http.response.status_code": 200,
            "unseat.request_id": "mine-1", "http.route": "/prediction", "unseat.model": "attrition",
            "unseat.model_version": 1,
        },
    });
    assert_eq!(
        read,
        json!({"service": ["unseat"], "scope": "unseat", "spans": [span]})
    );
}
