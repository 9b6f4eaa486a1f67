//! `unseat call` against a running server.

use std::io::{Read, Write};

use serde_json::{Value, json};

use super::Server;
use crate::support::Project;

/// The one record in the folder of models.
fn record(project: &Project) -> Value {
    let names = project.products();
    let mut records = names.keys().filter(|name| name.contains("apireturns_"));
    let name = records.next().unwrap_or_else(|| panic!("{names:?}"));
    assert_eq!(records.next(), None);
    project.read_json(name)
}

#[test]
fn every_endpoint_that_changes_nothing_is_called_and_its_answer_kept() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let done = project.ok(&["call", "--url", &server.base]);
    let lines: Vec<&str> = done.stdout.lines().collect();
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(lines[0]), ["method", "path", "status", "ms"]);
    for call in [
        ["POST", "/prediction", "200"],
        ["GET", "/livez", "200"],
        ["GET", "/docs/{file}", "200"],
    ] {
        let is_it = |line: &str| words(line).starts_with(&call.map(str::to_string));
        assert!(
            lines.iter().copied().any(is_it),
            "{call:?}: {}",
            done.stdout
        );
    }
    let record = record(&project);
    assert_eq!(record["url"], server.base);
    assert_eq!(record["predictions"]["version"], 1);
    let calls = record["calls"].as_array().expect("calls");
    let of = |path: &str| calls.iter().find(|call| call["path"] == path);
    assert_eq!(of("/livez").expect("called")["answer"], "ok");
    assert_eq!(
        of("/openapi.json").expect("called")["answer"]["openapi"],
        "3.1.0"
    );
    for call in calls {
        let status = call["status"].as_u64().expect("a number");
        // A run of the command line leaves no log behind.
        let is_absent = call["path"] == "/runs/{run}/log" && status == 404;
        assert!(status < 400 || is_absent, "{call}");
    }
    let document = server.get("/openapi.json").json();
    let paths = document["paths"].as_object().expect("paths");
    let told: usize = paths
        .values()
        .map(|item| item.as_object().map_or(0, serde_json::Map::len))
        .sum();
    let left = record["left_out"].as_array().expect("a list");
    assert_eq!(calls.len() + left.len(), told, "none is forgotten");
}

#[test]
fn programs_get_json_and_the_file_that_they_named() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let elsewhere = Project::empty();
    let file = elsewhere.path("deep/answers.txt");
    let file = file.to_str().expect("a text");
    let said = elsewhere.json(&["call", "--url", &server.base, "--output", file]);
    assert_eq!(said["file"], file);
    assert!(
        said["calls"]
            .as_array()
            .is_some_and(|calls| calls.len() > 5)
    );
    assert!(said["calls"][0].get("answer").is_none());
    let kept = elsewhere.read_json("deep/answers.txt");
    assert_eq!(kept["predictions"]["model"], "attrition");
}

#[test]
fn a_server_that_is_not_ready_is_a_failure_but_all_is_asked() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let done = project.unseat(&["call", "--url", &server.base]);
    assert_eq!(done.code(), 1);
    assert!(done.stdout.contains("503 (failed)"), "{}", done.stdout);
    assert!(done.stdout.contains(" /livez "), "{}", done.stdout);
    let record = record(&project);
    assert_eq!(
        record["calls"].as_array().map(std::vec::Vec::is_empty),
        Some(false)
    );
}

/// Takes one connection, answers 401, and returns the head of the request.
fn one_request(listener: std::net::TcpListener) -> String {
    let (mut socket, _) = listener.accept().expect("a connection");
    let (mut head, mut some) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let n = socket.read(&mut some).expect("readable");
        assert_ne!(n, 0, "it ended early");
        head.extend_from_slice(&some[..n]);
    }
    let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    socket.write_all(answer).expect("writable");
    String::from_utf8_lossy(&head).to_ascii_lowercase()
}

#[test]
fn the_token_of_the_environment_or_of_a_file_is_sent() {
    let project = Project::promoted();
    project.write("token.txt", "from-the-file\n");
    let cases = [
        (vec![], "authorization: bearer from-the-environment\r\n"),
        (
            vec!["--token-file", "token.txt"],
            "authorization: bearer from-the-file\r\n",
        ),
    ];
    for (flags, expected) in cases {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = std::thread::spawn(move || one_request(listener));
        let arguments = [&["call", "--url", &url], flags.as_slice()].concat();
        let done = project.unseat_with(("UNSEAT_TOKEN", "from-the-environment"), &arguments);
        assert_eq!(done.code(), 1, "{done}");
        assert!(done.stderr.contains("it was answered 401"), "{done}");
        assert!(
            !done.stderr.contains("from-the"),
            "no token is shown: {done}"
        );
        let head = asked.join().expect("it was asked");
        assert!(head.contains(expected), "{head}");
    }
}

#[test]
fn what_cannot_be_done_is_said_with_the_next_step() {
    let project = Project::promoted();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let nobody = format!("http://{address}");
    let cases = [
        (
            vec!["--url", nobody.as_str()],
            1,
            "start it with `unseat serve`, or say where it is with `--url URL`",
        ),
        (
            vec!["--url", "ftp://x"],
            2,
            "write it like http://127.0.0.1:8000",
        ),
        (
            vec!["--token-file", "absent"],
            2,
            "name a file that holds the token and nothing else",
        ),
    ];
    for (arguments, code, hint) in cases {
        let done = project.unseat(&[&["call", "--json"], arguments.as_slice()].concat());
        assert_eq!(done.code(), code, "{done}");
        let hints = done.json()["error"]["details"]["hints"].clone();
        assert_eq!(hints, json!([hint]));
    }
    let nowhere = Project::empty();
    let done = nowhere.unseat(&["call", "--json", "--url", nobody.as_str()]);
    assert_eq!(done.code(), 2);
    let hints = done.json()["error"]["details"]["hints"].clone();
    assert_eq!(
        hints[1],
        "without a project, give both `--url URL` and `--output FILE`"
    );
}
