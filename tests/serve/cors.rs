//! Pages of other origins: the listed ones may ask, and change nothing.

use super::limits::{ROW, server};

#[test]
fn pages_of_listed_origins_may_ask_and_no_others() {
    let origin = "https://app.example.org";
    let server = server(&["server.cors_origins=[\"https://app.example.org\"]"]);
    let asks = |origin: &'static str, path: &str| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        server.send("OPTIONS", path, &headers, b"")
    };
    let told = asks(origin, "/prediction").expect(204);
    for (name, value) in [
        ("access-control-allow-origin", origin),
        ("access-control-allow-methods", "POST, GET, HEAD"),
        ("access-control-max-age", "600"),
        ("vary", "origin"),
    ] {
        assert_eq!(told.header(name), Some(value), "{name}");
    }
    let sent = told.header("access-control-allow-headers");
    assert!(sent.is_some_and(|sent| sent.contains("content-type") && !sent.contains("requested")));
    asks(origin, "/nowhere").expect(404);
    let others = [
        "https://app.example.org:443",
        "http://app.example.org",
        "https://app.example.org.evil.example",
        "null",
    ];
    for other in others {
        let rejected = asks(other, "/prediction").expect(403);
        assert_eq!(rejected.header("access-control-allow-origin"), None);
        assert!(rejected.text().contains("server.cors_origins"), "{other}");
    }
    let json = ("content-type", "application/json");
    for (asker, readable) in [(origin, Some(origin)), (others[2], None)] {
        let headers = [json, ("origin", asker)];
        let answer = server.send("POST", "/prediction", &headers, ROW.as_bytes());
        let answer = answer.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), readable);
    }
    // It may ask, and change nothing.
    let headers = [json, ("origin", origin)];
    server.send("POST", "/runs", &headers, b"{}").expect(403);
}
