//! A server that goes away in any phase ends the run in words, and changes no champion.

use serde_json::json;

use super::data::{by_engine, engine_folders, project};
use super::proxy::Proxy;
use super::sail::Sail;
use crate::ops::until;

#[test]
fn a_server_that_is_not_there_is_told() {
    let here = project("left", &json!({}));
    let there = by_engine(&here, "sc://127.0.0.1:1", &json!({}));
    let done = there.unseat(&["run"]);
    assert!(!done.status.success(), "{done}");
    assert!(done.stderr.contains("nothing listens there"), "{done}");
}

#[test]
fn a_connection_that_is_lost_in_any_phase_ends_in_words_and_promotes_nothing() {
    let Some(server) = Sail::start() else { return };
    let here = project("left", &json!({}));
    here.ok(&["run"]);
    let champion = here.json(&["versions"]);
    let whole = Proxy::to(server.port, usize::MAX);
    let twin = by_engine(&here, &whole.url(), &json!({}));
    twin.ok(&["run", "--force"]);
    let all = whole.passed();
    for tenths in [0, 2, 4, 6, 8, 9] {
        let cut = Proxy::to(server.port, all * tenths / 10);
        let twin = by_engine(&here, &cut.url(), &json!({}));
        let before = twin.hashes(&["production_deployment"]);
        let done = twin.unseat(&["run", "--force"]);
        assert!(!done.status.success(), "after {tenths} tenths: {done}");
        let is_told = [
            "the connection was lost",
            "nothing listens",
            "the connection broke",
        ];
        assert!(is_told.iter().any(|it| done.stderr.contains(it)), "{done}");
        assert_eq!(
            before,
            twin.hashes(&["production_deployment"]),
            "after {tenths} tenths"
        );
        let runs = twin.json(&["status"]);
        let is_open = runs.to_string().contains("\"outcome\":\"running\"");
        assert!(!is_open, "{runs}");
        // The next run finds nothing half done, and is as good as the first.
        twin.set("engine.url", whole.url());
        twin.ok(&["run", "--force"]);
        let left = engine_folders(&twin);
        assert!(left.len() <= 2, "{left:?}");
    }
    assert_eq!(champion, here.json(&["versions"]));
}

#[test]
fn a_server_that_is_restarted_ends_the_run_in_words_and_the_next_one_is_whole() {
    let Some(mut server) = Sail::start() else {
        return;
    };
    let here = project("left", &json!({}));
    let whole = Proxy::to(server.port, usize::MAX);
    let twin = by_engine(&here, &whole.url(), &json!({}));
    twin.ok(&["run"]);
    let all = whole.passed();
    for thirds in [1, 2] {
        let held = Proxy::holding(server.port, all * thirds / 3);
        twin.set("engine.url", held.url());
        let before = twin.hashes(&["production_deployment"]);
        let arguments = ["run", "--force"];
        let child = twin.command(&arguments).spawn().expect("it starts");
        until("the engine is asked", || held.is_held().then_some(()));
        server = server.restarted();
        held.release();
        let done = twin.finish(child, &arguments);
        assert!(!done.status.success(), "{done}");
        assert!(done.stderr.contains("with the engine at"), "{done}");
        assert_eq!(before, twin.hashes(&["production_deployment"]));
        twin.set("engine.url", whole.url());
        let report = twin.json(&["run", "--force"]);
        assert_eq!(
            report["data"]["rows"],
            twin.json(&["run", "--force"])["data"]["rows"]
        );
    }
}
