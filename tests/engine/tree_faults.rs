//! What ends a run while trees grow leaves the champion, nothing half written, and a next run that grows the same trees.

use rustix::process::Signal;
use serde_json::json;

use super::boosted::{assert_cleared, assert_same_trees};
use super::cancel::signal;
use super::data::{by_engine, project};
use super::equal::{Both, bundle};
use super::proxy::Proxy;
use super::sail::Sail;
use crate::ops::until;
use crate::support::Project;

/// What is being done while trees grow, as errors and progress name it.
const GROWING: &str = " in round ";
const AGAIN: [&str; 3] = ["run", "--force", "-v"];

/// A project by this machine, and its twin by a server behind a way that counts; the trees of both are the same. Also the bytes of
/// a run that goes through.
fn grown(server: &Sail) -> (Both, Proxy, usize) {
    let more = json!({
        // Enough rounds that most of what is sent is about them.
        "learner": {"kind": "boosted_trees", "rounds": 12, "early_stopping": 0},
        "split": {"refit": false}, "features": {"columns": {"age": {"encode": "target_mean"}}},
    });
    let here = project("left", &more);
    let whole = Proxy::to(server.port, usize::MAX);
    let there = by_engine(&here, &whole.url(), &json!({}));
    let reports = [&here, &there].map(|project| project.json(&["run"]));
    let all = whole.passed();
    let bundles = [&here, &there].map(bundle);
    let both = Both {
        here,
        there,
        reports,
        bundles,
    };
    assert_same_trees(&both, "before anything fails");
    (both, whole, all)
}

/// The champion is the one before, no run seems to be under way, and the next run grows the trees that this machine grows.
fn assert_goes_on(
    both: &mut Both,
    before: &std::collections::BTreeMap<String, String>,
    whole: &Proxy,
) {
    let twin = &both.there;
    assert_eq!(*before, twin.hashes(&["production_deployment"]));
    twin.set("engine.url", whole.url());
    twin.ok(&["run", "--force"]);
    assert_cleared(twin);
    let runs = twin.json(&["runs"]).to_string();
    assert!(!runs.contains("\"running\""), "{runs}");
    both.bundles[1] = bundle(twin);
    assert_same_trees(both, "after it failed");
    both.there.ok(&["verify"]);
}

fn ready(project: &Project) -> usize {
    let versions = project.json(&["versions"]).to_string();
    versions.matches("\"ready\"").count()
}

#[test]
fn a_connection_that_is_lost_while_trees_grow_ends_in_words_and_promotes_nothing() {
    let Some(server) = Sail::start() else { return };
    let (mut both, whole, all) = grown(&server);
    for tenths in [5, 9] {
        let cut = Proxy::to(server.port, all * tenths / 10);
        both.there.set("engine.url", cut.url());
        let before = both.there.hashes(&["production_deployment"]);
        let versions = ready(&both.there);
        let done = both.there.unseat(&["run", "--force"]);
        assert!(!done.status.success(), "after {tenths} tenths: {done}");
        assert!(
            done.stderr.contains(GROWING),
            "after {tenths} tenths: {done}"
        );
        let is_told = [
            "the connection was lost",
            "nothing listens",
            "the connection broke",
        ];
        assert!(is_told.iter().any(|it| done.stderr.contains(it)), "{done}");
        assert_eq!(ready(&both.there), versions);
        // Rows with bins and margins go with the run that wrote them.
        assert_cleared(&both.there);
        assert_goes_on(&mut both, &before, &whole);
    }
}

#[test]
fn a_run_that_is_ended_or_killed_while_trees_grow_leaves_nothing_half_done() {
    let Some(server) = Sail::start() else { return };
    let (mut both, whole, all) = grown(&server);
    for (tenths, how, code) in [(6, Signal::INT, Some(130)), (8, Signal::KILL, None)] {
        // A server that has the questions and does not answer.
        let held = Proxy::holding(server.port, all * tenths / 10);
        both.there.set("engine.url", held.url());
        let before = both.there.hashes(&["production_deployment"]);
        let versions = ready(&both.there);
        let child = both.there.command(&AGAIN).spawn().expect("it starts");
        until("the engine is asked", || held.is_held().then_some(()));
        signal(&child, how);
        let done = both.there.finish(child, &AGAIN);
        assert_eq!(done.status.code(), code, "{done}");
        assert!(done.stderr.contains(GROWING), "{done}");
        assert_eq!(ready(&both.there), versions);
        if code.is_some() {
            assert!(done.stderr.contains("was cut off in"), "{done}");
        }
        assert_goes_on(&mut both, &before, &whole);
        let runs = both.there.json(&["runs"]).to_string();
        assert!(runs.contains("\"interrupted\""), "{runs}");
    }
}

#[test]
fn a_server_that_is_restarted_while_trees_grow_ends_the_run_in_words() {
    let Some(server) = Sail::start() else { return };
    let (mut both, whole, all) = grown(&server);
    let held = Proxy::holding(server.port, all * 7 / 10);
    both.there.set("engine.url", held.url());
    let before = both.there.hashes(&["production_deployment"]);
    let child = both.there.command(&AGAIN).spawn().expect("it starts");
    until("the engine is asked", || held.is_held().then_some(()));
    let _server = server.restarted();
    held.release();
    let done = both.there.finish(child, &AGAIN);
    assert!(!done.status.success(), "{done}");
    assert!(done.stderr.contains(GROWING), "{done}");
    assert!(done.stderr.contains("with the engine at"), "{done}");
    assert_cleared(&both.there);
    assert_goes_on(&mut both, &before, &whole);
}
