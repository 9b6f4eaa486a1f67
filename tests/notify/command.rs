//! Commands: JSON on stdin, and an end in any case.

use serde_json::{Value, json};
use unseat::notify::happened;
use unseat::registry::MessageState;

use super::desk::Desk;

#[tokio::test]
async fn a_command_reads_the_message() {
    let argv = ["sh", "-c", "cat > told.json; echo $0", "an argument"];
    let desk = Desk::with(json!([{"kind": "command", "argv": argv}])).await;
    happened(&desk.post, &desk.event("1")).await;
    let attempts = desk.send().await;
    assert!(attempts[0].sent, "{attempts:?}");
    let text = std::fs::read_to_string(desk.folder.path().join("told.json")).expect("it was read");
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["subject"], "the event 1");
}

#[tokio::test]
async fn one_that_takes_too_long_is_killed_with_what_it_started() {
    let argv = ["sh", "-c", "sleep 600 & echo $! > child; wait"];
    let desk = Desk::with(json!([{"kind": "command", "argv": argv, "timeout_seconds": 3}])).await;
    happened(&desk.post, &desk.event("1")).await;
    let began = std::time::Instant::now();
    let attempts = desk.send().await;
    assert!(began.elapsed().as_secs() < 240);
    let error = attempts[0].error.as_deref().expect("it failed");
    assert_eq!(error, "be done in 3 s");
    let child = std::fs::read_to_string(desk.folder.path().join("child")).expect("it began");
    // It may be in the table of processes until it is reaped, but not alive.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(240);
    let lives = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z"))
    };
    while lives() {
        assert!(std::time::Instant::now() < until, "{child} still lives");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn one_that_fails_or_is_not_there_is_tried_again() {
    let desk = Desk::with(json!([
        {"kind": "command", "argv": ["sh", "-c", "exit 3"]},
        {"kind": "command", "argv": ["/nowhere/at/all"]},
    ]))
    .await;
    happened(&desk.post, &desk.event("1")).await;
    let attempts = desk.send().await;
    let errors: Vec<_> = attempts
        .iter()
        .filter_map(|attempt| attempt.error.as_deref())
        .collect();
    assert_eq!(errors[0], "run the command: it ended with exit status: 3");
    assert!(
        errors[1].starts_with("run the command: No such file"),
        "{errors:?}"
    );
    let messages = desk.messages().await;
    assert!(
        messages
            .iter()
            .all(|message| message.state == MessageState::Waiting)
    );
}
