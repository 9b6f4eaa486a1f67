//! What each service sends, and what it gets.

use bytes::Bytes;
use serde_json::{Value, json};
use warp::http::Response;

use super::event::{Error, Event, Form, read};
use super::payload::written;

fn event(value: &Value) -> Event {
    read(value.to_string().as_bytes()).expect("an event")
}

#[test]
fn events_are_requests_below_their_stage() {
    for (name, sent, path, query) in [
        (
            "a REST API's path has no stage",
            json!({"httpMethod": "GET", "path": "/models/a%20b/x", "resource": "/{proxy+}",
                "pathParameters": {"proxy": "models/a b/x"}, "requestContext": {"stage": "prod"},
                "queryStringParameters": {"a": "2"}, "multiValueQueryStringParameters": {"a": ["1&", "2"], "é": [""]}}),
            "/models/a%20b/x",
            Some("a=1%26&a=2&%C3%A9="),
        ),
        (
            "with a base path of its own domain",
            json!({"httpMethod": "GET", "path": "/churn/v2/health/ready", "resource": "/{proxy+}",
                "pathParameters": {"proxy": "v2/health/ready"}, "requestContext": {"stage": "prod"}}),
            "/v2/health/ready",
            None,
        ),
        (
            "a route with a part in front that is ours",
            json!({"httpMethod": "GET", "path": "/v2/health/ready", "resource": "/v2/{rest+}",
                "pathParameters": {"rest": "health/ready"}}),
            "/v2/health/ready",
            None,
        ),
        (
            "an HTTP API's path has the stage",
            json!({"version": "2.0", "routeKey": "$default", "rawPath": "/prod/prediction", "rawQueryString": "a=1&a=%262",
                "requestContext": {"stage": "prod", "http": {"method": "GET"}}}),
            "/prediction",
            Some("a=1&a=%262"),
        ),
        (
            "a path that only begins like it",
            json!({"routeKey": "$default", "rawPath": "/production", "requestContext": {"stage": "prod", "http": {"method": "GET"}}}),
            "/production",
            None,
        ),
        (
            "the stage alone",
            json!({"routeKey": "$default", "rawPath": "/prod", "requestContext": {"stage": "prod", "http": {"method": "GET"}}}),
            "/",
            None,
        ),
        (
            "a function URL has none",
            json!({"rawPath": "/prediction", "rawQueryString": "", "requestContext": {"stage": "$default", "http": {"method": "GET"}}}),
            "/prediction",
            None,
        ),
        (
            "a load balancer leaves queries as they are",
            json!({"httpMethod": "GET", "path": "/prediction", "requestContext": {"elb": {}},
                "queryStringParameters": {"a": "%26", "b": "2"}}),
            "/prediction",
            Some("a=%26&b=2"),
        ),
    ] {
        let event = event(&sent);
        assert_eq!(
            (event.path.as_str(), event.query.as_deref()),
            (path, query),
            "{name}"
        );
    }
}

#[test]
fn headers_bodies_and_callers_are_taken_from_where_each_service_puts_them() {
    let rest = event(
        &json!({"httpMethod": "POST", "path": "/", "body": "e30=", "isBase64Encoded": true,
        "headers": {"Accept": "b"}, "multiValueHeaders": {"Accept": ["a", "b"], "Transfer-Encoding": ["chunked"]},
        "requestContext": {"identity": {"sourceIp": "2001:db8::1"}}}),
    );
    assert_eq!(rest.form, Form::Rest);
    assert_eq!(rest.body, "{}");
    let accepted: Vec<_> = rest.headers.get_all("accept").iter().collect();
    assert_eq!(accepted, ["a", "b"]);
    assert!(!rest.headers.contains_key("transfer-encoding"));
    assert_eq!(
        rest.peer.map(|it| it.to_string()).as_deref(),
        Some("2001:db8::1")
    );
    let http = event(
        &json!({"rawPath": "/", "cookies": ["a=1", "b=2"], "body": "{}",
        "requestContext": {"http": {"method": "POST", "sourceIp": "192.0.2.1"}}}),
    );
    assert_eq!(
        (http.form, http.headers["cookie"].to_str().ok()),
        (Form::Http, Some("a=1; b=2"))
    );
    assert_eq!(
        http.peer.map(|it| it.to_string()).as_deref(),
        Some("192.0.2.1")
    );
    let balancer = event(
        &json!({"httpMethod": "GET", "path": "/", "requestContext": {"elb": {}}, "body": "",
        "multiValueHeaders": {"x-forwarded-for": ["198.51.100.7, 192.0.2.1"]}}),
    );
    assert_eq!(balancer.form, Form::Balancer { has_many: true });
    assert_eq!(
        balancer.peer.map(|it| it.to_string()).as_deref(),
        Some("192.0.2.1"),
        "the one it saw itself"
    );
}

#[test]
fn what_is_no_request_is_said() {
    assert!(matches!(read(b"{"), Err(Error::NotReadable(_))));
    let timer = json!({"source": "aws.events", "detail": {}}).to_string();
    assert!(matches!(read(timer.as_bytes()), Err(Error::NotHttp)));
    let bad = json!({"httpMethod": "POST", "path": "/", "body": "?", "isBase64Encoded": true});
    assert!(matches!(
        read(bad.to_string().as_bytes()),
        Err(Error::Body(_))
    ));
}

#[test]
fn answers_have_the_form_of_who_asked() {
    let response = Response::builder()
        .status(201)
        .header("vary", "a")
        .header("vary", "b")
        .header("set-cookie", "x=1")
        .header("set-cookie", "y=2")
        .header("connection", "close")
        .body(Bytes::from("{}"))
        .expect("a response");
    let payload = |form, is_head| -> Value {
        let bytes = written(form, is_head, &response).expect("JSON");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    assert_eq!(
        payload(Form::Rest, false),
        json!({"statusCode": 201, "multiValueHeaders": {"set-cookie": ["x=1", "y=2"], "vary": ["a", "b"]}, "body": "{}", "isBase64Encoded": false})
    );
    assert_eq!(
        payload(Form::Http, true),
        json!({"statusCode": 201, "headers": {"vary": "a, b"}, "cookies": ["x=1", "y=2"], "body": "", "isBase64Encoded": false})
    );
    let balancer = payload(Form::Balancer { has_many: false }, false);
    assert_eq!(
        (&balancer["statusDescription"], &balancer["headers"]["vary"]),
        (&json!("201 Created"), &json!("a, b"))
    );
    let bytes = Response::new(Bytes::from_static(&[0xff, 0]));
    let bytes: Value =
        serde_json::from_slice(&written(Form::Http, false, &bytes).expect("JSON")).expect("JSON");
    assert_eq!(
        (&bytes["body"], &bytes["isBase64Encoded"]),
        (&json!("/wA="), &json!(true))
    );
}
