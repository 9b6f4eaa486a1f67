//! A run that is ended while the engine works ends in words, and so does its query.

use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use unseat::engine::{Address, Session, Then, interrupt, listen};

use super::data::{by_engine, engine_folders, project};
use super::proxy::Proxy;
use super::sail::Sail;
use crate::ops::until;

/// More work than a test waits for.
const LONG: &str =
    "SELECT sum(a.id * b.id % 7) FROM range(0, 1000000) a CROSS JOIN range(0, 1000000) b";

#[test]
fn a_query_is_interrupted_in_the_server_and_said() {
    let Some(server) = Sail::start() else { return };
    let way = Proxy::to(server.port, usize::MAX);
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    listen(Arc::new(move |text| {
        heard.lock().expect("lines").push(text.to_string());
    }));
    let address = Address {
        url: way.url(),
        token: None,
        lost: Duration::from_secs(20),
    };
    let session = Session::open(&address).expect("a session");
    // A copy stays here, so that the session is open as long as the server may still begin with the query.
    let other = session.clone();
    let asking = thread::spawn(move || other.ask("count for long", LONG));
    until("the server is asked", || (way.passed() > 0).then_some(()));
    // The server says which queries it ended: there was one under way.
    until("a query is interrupted", || {
        (interrupt(Duration::from_secs(3), Then::Fail) > 0).then_some(())
    });
    let why = asking.join().expect("no panic").expect_err("it was ended");
    let why = why.to_string();
    assert_eq!(
        why,
        "count for long with the engine: it was interrupted, here and in the server"
    );
    let said = said.lock().expect("lines");
    assert!(said.iter().any(|it| it == "count for long"), "{said:?}");
}

/// Sends a signal to a process.
pub fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it can be signalled");
}

#[test]
fn a_run_that_is_ended_while_the_engine_works_leaves_nothing_half_done() {
    let Some(server) = Sail::start() else { return };
    let here = project("left", &json!({}));
    let whole = Proxy::to(server.port, usize::MAX);
    let twin = by_engine(&here, &whole.url(), &json!({}));
    twin.ok(&["run"]);
    let all = whole.passed();
    for (quarters, how, code) in [(1, Signal::INT, 130), (2, Signal::TERM, 143)] {
        // A server that has the questions and does not answer.
        let held = Proxy::holding(server.port, all * quarters / 4);
        twin.set("engine.url", held.url());
        let before = twin.hashes(&["production_deployment"]);
        let arguments = ["run", "--force"];
        let child = twin.command(&arguments).spawn().expect("it starts");
        until("the engine is asked", || held.is_held().then_some(()));
        signal(&child, how);
        let done = twin.finish(child, &arguments);
        assert_eq!(done.status.code(), Some(code), "{done}");
        assert!(done.stderr.contains("was cut off in"), "{done}");
        assert_eq!(before, twin.hashes(&["production_deployment"]));
        let runs = twin.json(&["runs"]).to_string();
        assert!(runs.contains("\"interrupted\""), "{runs}");
        assert!(!runs.contains("\"running\""), "{runs}");
        twin.set("engine.url", whole.url());
        twin.ok(&["run", "--force"]);
    }
    // What the runs that were ended had begun is gone.
    let left = engine_folders(&twin);
    assert!(left.len() <= 3, "{left:?}");
    twin.ok(&["verify"]);
}

#[test]
fn predictions_that_are_ended_leave_no_folder() {
    let Some(server) = Sail::start() else { return };
    let here = project("left", &json!({}));
    let whole = Proxy::to(server.port, usize::MAX);
    let twin = by_engine(&here, &whole.url(), &json!({}));
    twin.ok(&["run"]);
    let ran = whole.passed();
    twin.ok(&["predict", "test", "--engine", "-o", "answers"]);
    let held = Proxy::holding(server.port, (whole.passed() - ran) / 2);
    twin.set("engine.url", held.url());
    let arguments = ["predict", "test", "--engine", "-o", "others"];
    let child = twin.command(&arguments).spawn().expect("it starts");
    until("the engine is asked", || held.is_held().then_some(()));
    signal(&child, Signal::INT);
    let done = twin.finish(child, &arguments);
    assert!(!done.status.success(), "{done}");
    assert!(done.stderr.contains("it was interrupted"), "{done}");
    let names = std::fs::read_dir(twin.root()).expect("lists").flatten();
    let mut names = names.map(|it| it.file_name().to_string_lossy().into_owned());
    assert!(!names.any(|name| name.starts_with("others")), "{done}");
}
