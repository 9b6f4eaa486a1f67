//! A server that lives on: handlers that panic, readers who never read, and how many are connected.

use super::Server;
use super::limits::{ROW, server, whole};
use super::wire::Wire;
use crate::support::Project;

/// Connections that are open, that of the question among them.
fn open_connections(server: &Server) -> f64 {
    let text = server.get("/metrics").expect(200).text();
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix("unseat_connections_open "));
    let count = count.and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("not told: {text}"))
}

#[test]
fn open_connections_are_counted() {
    let server = server(&[]);
    assert_eq!(open_connections(&server), 1.0);
    let mut wires = [Wire::to(&server), Wire::to(&server)];
    for wire in &mut wires {
        wire.send("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
        assert_eq!(wire.hear().map(|heard| heard.status), Some(200));
    }
    assert_eq!(open_connections(&server), 3.0);
    drop(wires);
    server.until("/metrics", |answer| {
        answer.text().contains("unseat_connections_open 1\n")
    });
}

#[test]
fn who_asks_and_never_reads_is_cut() {
    const ASKED: usize = 64;
    let server = server(&["server.limits.head_seconds=0.5"]);
    let mut wire = Wire::to(&server);
    let asks = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nhost: localhost\r\n\r\n";
    wire.send(asks.repeat(ASKED));
    server.until("/metrics", |answer| {
        answer.text().contains("unseat_connections_open 2\n")
    });
    server.until("/metrics", |answer| {
        answer.text().contains("unseat_connections_open 1\n")
    });
    let heard = std::iter::from_fn(|| wire.hear()).count();
    assert!(heard < ASKED, "{heard}");
    server.get("/livez").expect(200);
}

#[test]
fn a_handler_that_panics_is_a_500_and_the_server_lives() {
    let project = Project::promoted();
    let fault = [("UNSEAT_FAULT", "serve.handler:error:2")];
    let server = Server::with(&project, &[], &fault);
    let body = serde_json::from_str(ROW).expect("JSON");
    server.post("/prediction", &body).expect(200);
    let mut wire = Wire::to(&server);
    wire.send(whole("POST /prediction", ROW));
    let heard = wire.hear().expect("an answer");
    assert_eq!(heard.status, 500, "{heard:?}");
    assert_eq!(
        heard.body,
        r#"{"error":{"code":"internal","message":"the server failed to answer; its log says why, under the request id","details":{}}}"#
    );
    assert!(heard.head.contains("x-request-id: "), "{heard:?}");
    wire.send(whole("POST /prediction", ROW));
    let again = wire.hear().expect("the connection lives, too");
    assert_eq!(again.status, 200, "{again:?}");
    let counted = r#"unseat_http_requests_total{method="POST",route="/prediction",status="500"} 1"#;
    assert!(server.get("/metrics").text().contains(counted));
}
