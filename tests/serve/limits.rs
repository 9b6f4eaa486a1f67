//! A server that cannot be hurt: silence, floods, wrong requests, and an end within bounds.

use rustix::process::{Pid, Resource, Rlimit, Signal};

use super::Server;
use super::wire::Wire;
use crate::support::Project;

pub const ROW: &str = r#"{"rows": [{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}]}"#;

pub fn server(settings: &[&str]) -> Server {
    let project = Project::promoted();
    server_of(&project, settings).keeping(project)
}

fn server_of(project: &Project, settings: &[&str]) -> Server {
    let flags = settings.iter().flat_map(|setting| ["--set", setting]);
    Server::of(project, &flags.collect::<Vec<_>>())
}

/// A request with a body that is all there.
pub fn whole(line: &str, body: &str) -> String {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n{body}")
}

#[test]
fn a_connection_that_falls_silent_is_closed() {
    let server = server(&["server.limits.head_seconds=0.3"]);
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0";
    let silences = [
        ("nothing at all", ""),
        ("one byte", "P"),
        ("half of what begins HTTP/2", "PRI * HT"),
        ("HTTP/2 without a request", preface),
        ("half a line", "GET /li"),
        (
            "half a head",
            "GET /livez HTTP/1.1\r\nhost: localhost\r\nx-a: ",
        ),
    ];
    for (name, bytes) in silences {
        let mut wire = Wire::to(&server);
        wire.send(bytes);
        let rest = wire.rest();
        let heard = String::from_utf8_lossy(&rest);
        assert!(!heard.contains("200"), "{name}: {heard}");
    }
    let mut kept = Wire::to(&server);
    for _ in 0..2 {
        kept.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(kept.hear().map(|heard| heard.status), Some(200));
    }
    assert!(kept.hear().is_none(), "an idle connection is closed");
    server.get("/livez").expect(200);
}

#[test]
fn a_body_that_never_comes_is_a_408_and_frees_its_place() {
    let settings = [
        "server.limits.body_seconds=0.2",
        "server.limits.in_flight=1",
    ];
    let server = server(&settings);
    let mut wire = Wire::to(&server);
    wire.hold("POST /prediction", 10);
    wire.send("{\"ro");
    let heard = wire.hear().expect("an answer");
    assert_eq!(heard.status, 408);
    assert_eq!(
        heard.body,
        r#"{"error":{"code":"request_timeout","message":"the body did not arrive in the time the server allows","details":{}}}"#
    );
    assert!(wire.rest().is_empty(), "and the connection is closed");
    let answer = server.send(
        "POST",
        "/prediction",
        &[("content-type", "application/json")],
        ROW.as_bytes(),
    );
    answer.expect(200);
}

#[test]
fn a_rejected_body_is_read_to_its_end_so_that_the_connection_lives() {
    let server = server(&["server.limits.body_bytes=1000"]);
    let mut wire = Wire::to(&server);
    let large = " ".repeat(1 << 20);
    for (line, body, status) in [
        ("POST /nowhere", ROW, 404),
        ("DELETE /prediction", ROW, 405),
        ("POST /prediction", large.as_str(), 413),
        ("POST /prediction", ROW, 200),
    ] {
        // The body comes after the answer could have been given.
        let whole = whole(line, body);
        let (head, body) = whole.split_at(whole.len() - body.len());
        wire.send(head);
        server.get("/livez").expect(200);
        wire.send(body);
        let heard = wire.hear().expect("an answer");
        assert_eq!(heard.status, status, "{line}: {heard:?}");
        assert!(!heard.head.contains("connection: close"), "{heard:?}");
    }
    let rejected = "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n";
    wire.send(rejected);
    let heard = wire.hear().expect("an answer and no interim one");
    assert_eq!(heard.status, 404);
    assert!(heard.head.contains("connection: close"), "{heard:?}");
}

#[test]
fn one_request_more_than_may_be_under_way_is_a_503_and_health_is_not_counted() {
    let server = server(&["server.limits.in_flight=2"]);
    let mut held = [Wire::to(&server), Wire::to(&server)];
    for wire in &mut held {
        wire.hold("POST /prediction", ROW.len());
    }
    let rejected = server
        .post("/prediction", &serde_json::json!({}))
        .expect(503);
    assert_eq!(rejected.header("retry-after"), Some("1"));
    assert_eq!(
        rejected.text(),
        r#"{"error":{"code":"unavailable","message":"the server is answering as many requests as it may; try again","details":{}}}"#
    );
    server.get("/livez").expect(200);
    server.get("/readyz").expect(200);
    let [first, second] = &mut held;
    first.send(ROW);
    assert_eq!(first.hear().map(|heard| heard.status), Some(200));
    let body = serde_json::from_str(ROW).expect("JSON");
    server.post("/prediction", &body).expect(200);
    second.send(ROW);
    assert_eq!(second.hear().map(|heard| heard.status), Some(200));
}

#[test]
fn an_answer_that_takes_too_long_is_a_503() {
    let settings = ["server.limits.answer_seconds=0.001"];
    let server = server(&settings);
    let row = r#"{"lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12}"#;
    let rows = vec![row; 50_000].join(",");
    let body = format!(r#"{{"rows": [{rows}]}}"#);
    let answer = server.send(
        "POST",
        "/prediction",
        &[("content-type", "application/json")],
        body.as_bytes(),
    );
    let answer = answer.expect(503);
    assert_eq!(answer.json()["error"]["code"], "unavailable");
    server.get("/livez").expect(200);
}

#[test]
fn one_connection_more_than_allowed_waits_for_a_place() {
    let server = server(&[
        "server.limits.connections=1",
        "server.limits.head_seconds=0.5",
    ]);
    let mut first = Wire::to(&server);
    first.hold("POST /prediction", ROW.len());
    let mut second = Wire::to(&server);
    second.send("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    first.send(ROW);
    assert_eq!(first.hear().map(|heard| heard.status), Some(200));
    drop(first);
    assert_eq!(second.hear().map(|heard| heard.status), Some(200));
}

#[test]
fn running_out_of_files_loses_connections_and_not_the_server() {
    let server = server(&[]);
    let pid = Pid::from_raw(server.pid() as i32);
    let few = Rlimit {
        current: Some(40),
        maximum: Some(40),
    };
    rustix::process::prlimit(pid, Resource::Nofile, few).expect("can be set");
    let wires: Vec<_> = (0..60).filter_map(|_| Wire::try_to(&server).ok()).collect();
    drop(wires);
    let mut wire = Wire::to(&server);
    wire.send("GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert_eq!(wire.hear().map(|heard| heard.status), Some(200));
}

#[test]
fn whatever_comes_over_the_wire_is_answered_sensibly() {
    let server = server(&["server.limits.head_seconds=1"]);
    let long = "a".repeat(70_000);
    let many: String = (0..200).map(|at| format!("x-{at}: y\r\n")).collect();
    let host = "host: localhost\r\n";
    let close = "host: localhost\r\nconnection: close\r\n";
    // What is sent, and the statuses of the answers up to the end of the connection.
    let cases: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("a GET", format!("GET /livez HTTP/1.1\r\n{close}\r\n").into(), &[200]),
        ("a HEAD", format!("HEAD /livez HTTP/1.1\r\n{close}\r\n").into(), &[200]),
        ("HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n".into(), &[200]),
        ("no method that is known", format!("BREW /livez HTTP/1.1\r\n{close}\r\n").into(), &[405]),
        ("OPTIONS", format!("OPTIONS /prediction HTTP/1.1\r\n{close}\r\n").into(), &[405]),
        ("OPTIONS of everything", format!("OPTIONS * HTTP/1.1\r\n{close}\r\n").into(), &[404]),
        ("TRACE", format!("TRACE /livez HTTP/1.1\r\n{close}\r\n").into(), &[405]),
        ("CONNECT", format!("CONNECT localhost:80 HTTP/1.1\r\n{close}\r\n").into(), &[405]),
        ("an absolute URI", format!("GET http://localhost/livez HTTP/1.1\r\n{close}\r\n").into(), &[200]),
        ("an absolute URI of elsewhere", format!("GET http://example.org/livez HTTP/1.1\r\n{close}\r\n").into(), &[403]),
        ("several slashes", format!("GET //livez// HTTP/1.1\r\n{close}\r\n").into(), &[404]),
        ("a way up", format!("GET /../../etc/passwd HTTP/1.1\r\n{close}\r\n").into(), &[404]),
        ("bytes above ASCII", [b"GET /\xff\xfe?a=\x80".as_slice(), b" HTTP/1.1\r\n", close.as_bytes(), b"\r\n"].concat(), &[400]),
        ("escapes that are none", format!("GET /%ff%00%zz?%=%&&=% HTTP/1.1\r\n{close}\r\n").into(), &[404]),
        ("escapes in the query", format!("GET /prediction?%ff=%00&a=%e4%zz HTTP/1.1\r\n{close}\r\n").into(), &[422]),
        ("a zero byte in the path", format!("GET /li\0vez HTTP/1.1\r\n{close}\r\n").into(), &[400]),
        ("a blank in the path", format!("GET /li vez HTTP/1.1\r\n{close}\r\n").into(), &[400]),
        ("a very long path", format!("GET /{long} HTTP/1.1\r\n{close}\r\n").into(), &[431]),
        ("a very long header", format!("GET /livez HTTP/1.1\r\n{host}x: {long}\r\n\r\n").into(), &[431]),
        ("very many headers", format!("GET /livez HTTP/1.1\r\n{host}{many}\r\n").into(), &[431]),
        ("a header without a name", format!("GET /livez HTTP/1.1\r\n{host}: x\r\n\r\n").into(), &[400]),
        ("a folded header", format!("GET /livez HTTP/1.1\r\n{host}x: a\r\n b\r\n\r\n").into(), &[400]),
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400]),
        ("a version that is not there", format!("GET /livez HTTP/3.7\r\n{host}\r\n").into(), &[400]),
        ("a POST without a body", format!("POST /prediction HTTP/1.1\r\n{close}\r\n").into(), &[400]),
        ("a body of no bytes", format!("POST /prediction HTTP/1.1\r\n{close}content-length: 0\r\n\r\n").into(), &[400]),
        ("a length that is none", format!("POST /prediction HTTP/1.1\r\n{host}content-length: -1\r\n\r\n").into(), &[400]),
        ("two lengths", format!("POST /prediction HTTP/1.1\r\n{host}content-length: 1\r\ncontent-length: 2\r\n\r\n{{}}").into(), &[400]),
        ("a length beyond all", format!("POST /prediction HTTP/1.1\r\n{host}content-length: 99999999999999999999\r\n\r\n").into(), &[400]),
        ("a length that is too large", format!("POST /prediction HTTP/1.1\r\n{host}content-length: 999999999\r\n\r\n").into(), &[413]),
        ("length and pieces", format!("POST /prediction HTTP/1.1\r\n{host}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\n{close}\r\n").into(), &[400]),
        ("pieces that are not last", format!("POST /prediction HTTP/1.1\r\n{host}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n").into(), &[400]),
        ("a piece whose length is none", format!("POST /prediction HTTP/1.1\r\n{host}transfer-encoding: chunked\r\n\r\nzz\r\n").into(), &[400]),
        ("pieces", format!("POST /prediction HTTP/1.1\r\n{close}transfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", 20, &ROW[..20], ROW.len() - 20, &ROW[20..]).into(), &[200]),
        ("one after the other", format!("GET /livez HTTP/1.1\r\n{host}\r\n{}GET /nowhere HTTP/1.1\r\n{close}\r\n", whole("POST /prediction", ROW)).into(), &[200, 200, 404]),
        ("a body behind a HEAD", format!("HEAD /livez HTTP/1.1\r\n{host}content-length: 2\r\n\r\n{{}}GET /livez HTTP/1.1\r\n{close}\r\n").into(), &[200, 200]),
        ("an upgrade", format!("GET /livez HTTP/1.1\r\n{host}connection: upgrade, close\r\nupgrade: websocket\r\n\r\n").into(), &[200]),
        ("an expectation that is not known", format!("GET /livez HTTP/1.1\r\n{close}expect: tea\r\n\r\n").into(), &[200]),
        ("a wrong preface", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".to_vec(), &[400]),
    ];
    let mut wrong = Vec::new();
    for (name, bytes, expected) in cases {
        let is_head = bytes.starts_with(b"HEAD");
        let mut wire = Wire::to(&server);
        wire.send(&bytes);
        let mut statuses = Vec::new();
        if is_head {
            // Its answer names the length of a body that does not come.
            let rest = String::from_utf8_lossy(&wire.rest()).into_owned();
            let parts = rest.split("HTTP/1.1 ").skip(1);
            statuses.extend(parts.filter_map(|part| part.get(..3)?.parse::<u16>().ok()));
        } else {
            while let Some(heard) = wire.hear() {
                assert!(!heard.head.contains("\nserver:"), "{heard:?}");
                statuses.push(heard.status);
            }
        }
        if statuses != expected {
            wrong.push(format!("{name}: {statuses:?} instead of {expected:?}"));
        }
        server.get("/livez").expect(200);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let (is_well, talk) = server.stop(Signal::TERM);
    assert!(is_well && !talk.contains("panicked"), "{talk}");
}

#[test]
fn a_request_without_exactly_one_host_is_a_400() {
    let server = server(&[]);
    let why = r#"{"error":{"code":"bad_request","message":"the request has not exactly one `Host` header, as HTTP/1.1 wants it (RFC 9112, section 3.2)","details":{}}}"#;
    for head in [
        "GET /livez HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n",
        "POST /prediction HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}",
    ] {
        let mut wire = Wire::to(&server);
        wire.send(head);
        let heard = wire.hear().expect("an answer");
        assert_eq!((heard.status, heard.body.as_str()), (400, why), "{head}");
        assert!(heard.head.contains("connection: close"), "{heard:?}");
    }
    let mut old = Wire::to(&server);
    old.send("GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(old.hear().map(|heard| heard.status), Some(200));
}

#[test]
fn requests_together_hold_no_more_than_they_may() {
    let settings = [
        "server.limits.work_bytes=200000",
        "server.limits.body_bytes=150000",
    ];
    let server = server(&settings);
    let mut first = Wire::to(&server);
    first.hold("POST /prediction", 140_000);
    first.send("{".repeat(130_000));
    let metric = |name: &str| -> f64 {
        let text = server.get("/metrics").text().to_string();
        let line = text.lines().find(|line| line.starts_with(name));
        let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        value.unwrap_or_else(|| panic!("{name} is not in {text}"))
    };
    while metric("unseat_work_bytes ") < 130_000.0 {}
    assert_eq!(metric("unseat_work_bytes_limit "), 200_000.0);
    let mut second = Wire::to(&server);
    second.send(whole("POST /prediction", &" ".repeat(100_000)));
    let heard = second.hear().expect("an answer");
    assert_eq!(heard.status, 503);
    assert!(heard.head.contains("retry-after: 1"), "{heard:?}");
    assert_eq!(
        heard.body,
        r#"{"error":{"code":"unavailable","message":"requests hold as much memory as the server gives them; try again","details":{}}}"#
    );
    assert_eq!(
        metric("unseat_limit_reached_total{limit=\"work_bytes\"}"),
        1.0
    );
    // A small one finds room, and what is given up makes room.
    second.send(whole("POST /prediction", ROW));
    assert_eq!(second.hear().map(|heard| heard.status), Some(200));
    drop(first);
    while metric("unseat_work_bytes ") > 0.0 {}
    let row = ROW.replace("{\"rows\": [", "").replace("]}", "");
    let rows = format!("{{\"rows\": [{}]}}", vec![row.as_str(); 1500].join(","));
    second.send(whole("POST /prediction", &rows));
    let heard = second.hear().expect("an answer");
    assert_eq!(
        heard.status, 413,
        "rows and their answer need more than there is"
    );
    assert!(
        heard.body.contains("more memory than the server has"),
        "{heard:?}"
    );
}

#[test]
fn an_answer_that_is_not_read_is_given_up() {
    let settings = [
        "server.limits.send_seconds=0.5",
        "server.limits.head_seconds=3600",
    ];
    let server = server(&settings);
    let row = ROW.replace("{\"rows\": [", "").replace("]}", "");
    let rows = format!("{{\"rows\": [{}]}}", vec![row.as_str(); 60_000].join(","));
    let mut wire = Wire::to(&server);
    for _ in 0..2 {
        wire.send(whole("POST /prediction", &rows));
    }
    let text = || server.get("/metrics").text().to_string();
    let line = "unseat_limit_reached_total{limit=\"send_seconds\"} 1";
    while !text().contains(line) {}
    assert!(
        text().contains("unseat_work_bytes 0"),
        "and its bytes are free again"
    );
    drop(wire);
}
