//! What is told of what, and when it is tried again.

use serde_json::json;

use super::*;
use crate::config::Topic;
use crate::model_types::{Outcome, RunId, VersionNumber};
use crate::registry::{RunRow, RunState};

fn run(state: RunState, outcome: Option<Outcome>, error: Option<&str>) -> RunRow {
    RunRow {
        id: RunId::new("20260301T000000Z-000000000"),
        model: "m".to_string(),
        trigger: "schedule".to_string(),
        state,
        stage: "deploy".to_string(),
        outcome,
        version: outcome.map(|_| VersionNumber::new(2)),
        started_ms: 0,
        ended_ms: Some(1_772_323_200_000),
        error: error.map(str::to_string),
        record: Some(json!({
            "reasons": ["f1 rises from 0.7 to 0.8\nsecond line"],
            "champion": 2,
            "scores": {
                "metric": "f1",
                "challenger": {"version": 2, "f1": 0.8},
                "champion": {"version": 1, "f1": 0.7},
            },
        })),
    }
}

#[test]
fn what_a_run_is_worth_telling() {
    let cases: [(RunState, Option<Outcome>, &[Topic]); 11] = [
        (RunState::Done, Some(Outcome::Promote), &[Topic::Promoted]),
        (RunState::Done, Some(Outcome::Reject), &[Topic::Refused]),
        (RunState::Done, Some(Outcome::Retune), &[Topic::Promoted]),
        (RunState::Done, Some(Outcome::Equivalent), &[Topic::Refused]),
        (
            RunState::Done,
            Some(Outcome::Inconclusive),
            &[Topic::Refused],
        ),
        (RunState::Done, Some(Outcome::Pinned), &[Topic::Refused]),
        (RunState::Done, Some(Outcome::NothingNew), &[]),
        (RunState::Done, Some(Outcome::Rescored), &[]),
        (RunState::Failed, None, &[Topic::Failed]),
        (RunState::Interrupted, None, &[Topic::Failed]),
        (
            RunState::Failed,
            Some(Outcome::Promote),
            &[Topic::Promoted, Topic::Failed],
        ),
    ];
    for (state, outcome, expected) in cases {
        let events = Event::of_run(&run(state, outcome, Some("read x")));
        let kinds: Vec<Topic> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, expected, "{state} {outcome:?}");
    }
}

#[test]
fn a_promotion_in_words() {
    let event = Event::of_run(&run(RunState::Done, Some(Outcome::Promote), None)).remove(0);
    assert_eq!(event.headline(), "unseat: m: version 2 is the champion");
    assert_eq!(
        event.text,
        "m: version 2 is the champion.\n- f1 rises from 0.7 to 0.8 second line\n\
         f1: 0.8000; the champion until then 0.7000 on the same rows\nrun: 20260301T000000Z-000000000\n"
    );
    assert_eq!(
        event.topic("mail"),
        "promoted/m/20260301T000000Z-000000000/mail"
    );
    let body = event.body("id");
    assert_eq!(body["kind"], "promoted");
    assert_eq!(body["at"], "2026-03-01T00:00:00Z");
    assert_eq!(body["facts"]["challenger_score"], 0.8);
}

#[test]
fn the_same_failure_is_told_once_a_day() {
    let of = |error, day: i64| {
        let mut row = run(RunState::Failed, None, Some(error));
        row.ended_ms = row.ended_ms.map(|at| at + day * 86_400_000);
        Event::of_run(&row).remove(0).topic("c")
    };
    assert_eq!(of("read a", 0), of("read a", 0));
    assert_ne!(of("read a", 0), of("read b", 0));
    assert_ne!(of("read a", 0), of("read a", 1));
}

#[test]
fn a_fallen_score_is_drift_and_an_old_model_is_stale() {
    let fall = Event::stale("m", "fall", 0, "fell", 5);
    let old = Event::stale("m", "untrained", 86_400_000, "was not trained", 5);
    assert_eq!(fall.kind, Topic::Fallen);
    assert_eq!(old.kind, Topic::Stale);
    assert_eq!(old.topic("c"), "stale/m/untrained/1/c");
}

#[test]
fn waits_double_and_end_after_a_day() {
    let day = 86_400_000;
    let mut now = 0;
    let mut waits = Vec::new();
    for attempts in 1.. {
        let Some(next) = next_attempt(0, attempts, now) else {
            break;
        };
        assert!(next > now && next <= day);
        waits.push((next - now) / 1000);
        now = next;
    }
    assert_eq!(waits[..4], [30, 60, 120, 240]);
    assert_eq!((now, waits.len()), (day, 12), "the last is a day after");
    assert_eq!(next_attempt(0, 1, day), None);
    assert_eq!(next_attempt(0, i64::MAX, 0), Some(day));
}

#[test]
fn a_signature_is_that_of_others() {
    // From Python: hmac.new(b"key", b'1700000000.{"a":1}', "sha256").hexdigest()
    let expected = "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03";
    let signed = signature("key", 1_700_000_000, "{\"a\":1}");
    assert_eq!(signed, format!("t=1700000000,v1={expected}"));
}
