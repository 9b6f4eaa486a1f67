//! Who changed what, how ready a project is, and how old the program's dependencies are.

use serde_json::{Value, json};

use super::eyes::answered;
use super::page;
use crate::serve::Server;
use crate::support::Project;

#[test]
fn who_changed_a_schedule_stands_on_the_page_of_changes() {
    let project = Project::promoted();
    project.ok(&[
        "schedule",
        "set",
        "15 3 * * *",
        "--timezone",
        "Europe/Berlin",
    ]);
    project.ok(&["schedule", "pause"]);
    project.ok(&["schedule", "pause"]);
    // A paused schedule is told as such, and no date is beside it.
    let paused = project.json(&["schedule", "show"]);
    assert_eq!(
        (&paused[0]["is_paused"], &paused[0]["next"]),
        (&json!(true), &Value::Null)
    );
    let next = project.ok(&["schedule", "next"]);
    assert_eq!(next.stdout, "attrition: paused by tester\n", "{next}");
    assert_eq!(project.json(&["schedule", "next"]), json!([]));
    let status = project.json(&["status"]);
    let told = &status["models"][0]["schedule"];
    assert_eq!(
        (&told["paused"], &told["next"]),
        (&json!(true), &json!([])),
        "{status:#}"
    );
    assert!(project.ok(&["status"]).stdout.contains("paused by tester"));
    let server = Server::of(&project, &[]);
    let told = server.get("/schedule").expect(200).json()[0].clone();
    assert_eq!(
        (&told["paused"], &told["next"]),
        (&json!(true), &json!([])),
        "{told:#}"
    );
    for path in ["/", "/ui/queue"] {
        let shown = page(&server, path, None).expect(200).text();
        assert!(shown.contains("paused by "), "{path}: {shown}");
        assert!(!shown.contains("next run 2"), "{path}: {shown}");
    }
    assert!(server.stop(rustix::process::Signal::TERM).0);
    project.ok(&["schedule", "resume"]);
    assert!(
        project
            .ok(&["schedule", "next"])
            .stdout
            .contains(" 03:15:00 ")
    );
    project.ok(&["schedule", "unset"]);
    let server = Server::of(&project, &[]);
    let shown = page(&server, "/ui/changes", None).expect(200).text();
    for words in [
        "set schedule",
        "15 3 * * * in Europe/Berlin",
        "resume schedule",
        "unset schedule",
        "tester",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // What was paused already was not paused again.
    assert_eq!(shown.matches("pause schedule").count(), 1, "{shown}");
}

#[test]
fn a_project_says_how_ready_it_is() {
    let project = answered();
    let told = project.json(&["ml-test-score"]);
    let score = &told[0];
    let sections = score["sections"].as_array().expect("sections");
    assert_eq!(sections.len(), 4, "{told:#}");
    let mut least = f64::INFINITY;
    for section in sections {
        let tests = section["tests"].as_array().expect("tests");
        assert_eq!(tests.len(), 7, "{section:#}");
        let points = tests.iter().map(|test| match test["done"].as_str() {
            Some("automated") => 1.0,
            Some("by_hand") => 0.5,
            _ => 0.0,
        });
        let points: f64 = points.sum();
        assert_eq!(section["points"], json!(points), "{section:#}");
        least = least.min(points);
    }
    assert_eq!(score["score"], json!(least));
    let of = |id: &str| -> Value {
        let mut tests = sections
            .iter()
            .flat_map(|it| it["tests"].as_array().expect("tests"));
        tests
            .find(|test| test["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        of("monitoring 7")["done"],
        "automated",
        "labels came: {told:#}"
    );
    assert_eq!(
        of("monitoring 4")["done"],
        "no",
        "no bound is set: {told:#}"
    );
    project.set("health.max_days_untrained", 7.0);
    let text = project.ok(&["ml-test-score"]).shown();
    assert!(text.contains("`health.max_days_untrained` is 7"), "{text}");
}

/// A registry's index: every package has one newer version.
fn index(asked: std::net::TcpListener) {
    use std::io::{BufRead, BufReader, Write};
    for connection in asked.incoming() {
        let Ok(mut connection) = connection else {
            return;
        };
        let mut lines = BufReader::new(connection.try_clone().expect("a copy")).lines();
        // Up to the empty line.
        while lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
        {}
        let lock = include_str!("../../Cargo.lock");
        let versions = lock
            .lines()
            .filter_map(|line| line.strip_prefix("version = "));
        let mut body: String = versions
            .map(|it| format!("{{\"vers\":{it},\"yanked\":false}}\n"))
            .collect();
        body += "{\"vers\":\"9999.0.0\",\"yanked\":false}\n";
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = connection.write_all((head + &body).as_bytes());
    }
}

#[test]
fn dependencies_are_held_against_the_index_that_cargo_names() {
    let project = Project::empty();
    let configured = |url: &str| {
        let text = format!(
            "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+{url}\"\n"
        );
        project.write(".cargo/config.toml", &text);
    };
    let states = |told: &Value| -> Vec<String> {
        let all = told["dependencies"].as_array().expect("a list").iter();
        all.map(|it| it["state"].as_str().expect("a state").to_string())
            .collect()
    };
    // Nobody listens there.
    configured("http://127.0.0.1:1/gone/");
    let told = project.json(&["diagnose", "--outdated"]);
    let gone = states(&told);
    assert!(
        gone.len() > 10 && gone.iter().all(|state| state == "unknown"),
        "{told:#}"
    );
    assert!(
        told["dependencies"][0]["reason"]
            .as_str()
            .is_some_and(|why| why.contains("cannot be reached")),
        "{told:#}"
    );

    // Nothing of what could not be asked passes for well.
    assert_eq!(told["advisories"], "unknown", "{told:#}");
    let shown = project.ok(&["diagnose", "--outdated"]).shown();
    let none = format!(
        "0 current, 0 outdated, 0 yanked, {} unknown; advisories: unknown",
        gone.len()
    );
    assert!(shown.contains(&none), "{shown}");

    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    std::thread::spawn(move || index(port));
    configured(&format!("http://{address}/index/"));
    let told = project.json(&["diagnose", "--outdated"]);
    assert!(
        states(&told).iter().all(|state| state == "outdated"),
        "{told:#}"
    );
    assert_eq!(told["dependencies"][0]["newest"], "9999.0.0", "{told:#}");
}
