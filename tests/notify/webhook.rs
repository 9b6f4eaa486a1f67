//! Webhooks: signed, tried again, sent once at a time, never lost.

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use unseat::notify::{deliver, happened};
use unseat::registry::MessageState;

use super::desk::Desk;
use super::receiver::Receiver;
use crate::support::Project;

#[tokio::test]
async fn a_webhook_gets_signed_json() {
    let receiver = Receiver::answering(&[200]);
    let desk = Desk::filled(
        &[("key.txt", "a key\n")],
        json!([{"kind": "webhook", "url": receiver.url, "secret_file": "key.txt"}]),
    )
    .await;
    happened(&desk.post, &desk.event("1")).await;
    let attempts = desk.send().await;
    assert!(attempts[0].sent, "{attempts:?}");
    let seen = receiver.next();
    let signature = seen.header("x-unseat-signature").to_string();
    let (at, signed) = signature.split_once(",v1=").expect("both parts");
    let at = at.strip_prefix("t=").expect("a time");
    assert_eq!(at, "1772323200");
    let mut mac = Hmac::<Sha256>::new_from_slice(b"a key").expect("any length");
    mac.update(format!("{at}.{}", seen.body).as_bytes());
    let expected: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(signed, expected);
    let body = seen.json();
    assert_eq!(body["kind"], "stale");
    assert_eq!(body["model"], "m");
    assert_eq!(body["id"], seen.header("x-unseat-id"));
    assert_eq!(seen.header("x-unseat-attempt"), "1");
}

#[tokio::test]
async fn after_a_rejection_it_is_tried_again_later_under_the_same_id() {
    let receiver = Receiver::answering(&[500, 302, 200]);
    let mut desk = Desk::with(json!([{"kind": "webhook", "url": receiver.url}])).await;
    happened(&desk.post, &desk.event("1")).await;
    assert!(!desk.send().await[0].sent);
    let waiting = desk.only().await;
    assert_eq!((waiting.state.name(), waiting.attempts), ("waiting", 1));
    let error = waiting.error.expect("a reason");
    assert!(error.contains("500"), "{error}");
    assert!(desk.send().await.is_empty(), "it is not due yet");
    desk.later(29);
    assert!(desk.send().await.is_empty(), "it is not due yet");
    desk.later(1);
    // A redirect is not an answer, and is not followed.
    assert!(!desk.send().await[0].sent);
    desk.later(60);
    assert!(desk.send().await[0].sent);
    assert_eq!(desk.only().await.state, MessageState::Sent);
    desk.later(1_000_000);
    assert!(desk.send().await.is_empty(), "it is sent once");
    let seen = receiver.seen();
    let told: Vec<_> = seen
        .iter()
        .map(|one| one.header("x-unseat-attempt"))
        .collect();
    assert_eq!(told, ["1", "2", "3"]);
    let id = seen[0].header("x-unseat-id");
    assert!(!id.is_empty() && seen.iter().all(|one| one.header("x-unseat-id") == id));
}

#[tokio::test]
async fn after_a_day_it_is_given_up_with_its_reason() {
    let receiver = Receiver::answering(&[503]);
    let mut desk = Desk::with(json!([{"kind": "webhook", "url": receiver.url}])).await;
    happened(&desk.post, &desk.event("1")).await;
    let mut attempts = 0;
    loop {
        assert_eq!(desk.send().await.len(), 1);
        attempts += 1;
        let message = desk.only().await;
        if message.state == MessageState::GivenUp {
            assert!(message.error.expect("a reason").contains("503"));
            break;
        }
        desk.later((message.next_ms - desk.post.clock.now_ms()) / 1000);
    }
    assert_eq!(attempts, 13);
    desk.later(1_000_000);
    assert!(desk.send().await.is_empty());
}

#[tokio::test]
async fn the_same_topic_is_told_once_and_a_message_by_one_sender_at_a_time() {
    let receiver = Receiver::answering(&[200]);
    let desk = Desk::with(json!([
        {"kind": "webhook", "url": receiver.url},
        {"kind": "webhook", "name": "other", "url": receiver.url, "on": ["failed"]},
    ]))
    .await;
    for _ in 0..3 {
        for key in ["1", "2", "3", "4", "5"] {
            happened(&desk.post, &desk.event(key)).await;
        }
    }
    let (a, b, c) = tokio::join!(desk.send(), desk.send(), desk.send());
    assert_eq!(a.len() + b.len() + c.len(), 5);
    let mut told: Vec<_> = receiver
        .seen()
        .iter()
        .map(|one| one.json()["subject"].to_string())
        .collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(
        desk.messages()
            .await
            .iter()
            .all(|one| one.state == MessageState::Sent)
    );
}

#[tokio::test]
async fn who_was_thought_dead_changes_nothing() {
    let desk = Desk::with(json!([{"kind": "webhook", "url": "http://127.0.0.1:1/"}])).await;
    happened(&desk.post, &desk.event("1")).await;
    let registry = &desk.post.registry;
    let now = desk.post.clock.now_ms();
    let claim = async |at| {
        registry
            .claim_message("webhook", at, at + 10)
            .await
            .expect("asks")
    };
    let first = claim(now).await.expect("is due");
    assert_eq!(claim(now + 9).await, None, "it is claimed");
    let second = claim(now + 10).await.expect("the claim ran out");
    let sent = unseat::registry::MessageState::Sent;
    let late = registry.settle_message(&first, sent, now, None, now).await;
    assert!(!late.expect("asks"));
    assert!(!registry.hold_message(&first, now + 99).await.expect("asks"));
    assert_eq!(desk.only().await.state, MessageState::Sending);
    let done = registry.settle_message(&second, sent, now, None, now).await;
    assert!(done.expect("asks"));
}

#[test]
fn a_sender_that_is_killed_loses_nothing() {
    let receiver = Receiver::answering(&[0, 200]);
    let project = Project::new();
    project.set(
        "notify",
        json!({"channels": [{"kind": "webhook", "url": receiver.url, "timeout_seconds": 60}]}),
    );
    // The first run's own sender is killed while it waits for an answer.
    let mut child = project.command(&["run"]).spawn().expect("starts");
    let first = receiver.next();
    child.kill().expect("can be killed");
    child.wait().expect("ends");
    let listed = project.json(&["notify", "list"]);
    assert_eq!(listed[0]["state"], "sending", "{listed}");
    // A minute later, by the clock of the tests, its claim has run out.
    project.ok(&["notify", "send"]);
    let second = receiver.next();
    assert_eq!(first.header("x-unseat-id"), second.header("x-unseat-id"));
    assert_eq!(second.json()["kind"], "promoted");
    assert_eq!(second.header("x-unseat-attempt"), "2");
    let listed = project.json(&["notify", "list"]);
    assert_eq!(listed[0]["state"], "sent", "{listed}");
}

#[tokio::test]
async fn the_loop_sends_what_is_due_and_ends_when_it_is_told_to() {
    let receiver = Receiver::answering(&[200]);
    let desk = Desk::with(json!([{"kind": "webhook", "url": receiver.url}])).await;
    let stale = desk.event("found by looking");
    let look: unseat::notify::Look = Box::new(move || {
        let stale = stale.clone();
        Box::pin(async move { vec![stale] })
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let post = desk.post.clone();
    let going = tokio::spawn(async move {
        deliver(&post, look, async {
            let _ = stopped.await;
        })
        .await;
    });
    let seen = tokio::task::spawn_blocking(move || receiver.next()).await;
    assert_eq!(
        seen.expect("comes").json()["subject"],
        "the event found by looking"
    );
    stop.send(()).expect("it listens");
    going.await.expect("it ends");
    assert_eq!(desk.only().await.state, MessageState::Sent);
}

#[tokio::test]
async fn an_address_that_is_a_secret_is_never_told() {
    let desk = Desk::filled(
        &[("url", "http://127.0.0.1:1/services/T0/SECRET-PATH\n")],
        json!([{"kind": "webhook", "url_file": "url"}]),
    )
    .await;
    happened(&desk.post, &desk.event("1")).await;
    assert!(!desk.send().await[0].sent);
    let told = format!("{:?}", desk.only().await);
    assert!(!told.contains("SECRET-PATH"), "{told}");
}
