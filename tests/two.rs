//! Two real processes at once: exactly one promotion per piece of work, and a loser that says why it left.

use std::io::{BufRead, BufReader};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use unseat::model_types::{Outcome, RunId, VersionNumber};
use unseat::registry::{Action, Conclusion, Error, Operation, RowSet};

use crate::kill::put_fresh_data;
use crate::support::{Done, MODEL, Project};

const ROUNDS: u64 = 30;
const RUN: &[&str] = &["run", "--json", "--detailed-exit-code"];

/// Starts some commands before waiting for any.
fn at_once(project: &Project, commands: &[&[&str]]) -> Vec<Done> {
    let start = |arguments: &&[&str]| project.command(arguments).spawn().expect("starts");
    let children: Vec<Child> = commands.iter().map(start).collect();
    let waiting = children.into_iter().zip(commands);
    waiting
        .map(|(child, arguments)| project.finish(child, arguments))
        .collect()
}

/// One promoted; the other found the lock held or nothing left to do.
#[track_caller]
fn assert_one_promotion(done: &[Done]) -> &'static str {
    let promoted = done.iter().filter(|done| done.code() == 0).count();
    let shown = || done.iter().map(Done::to_string).collect::<String>();
    assert_eq!(promoted, 1, "{}", shown());
    let loser = done
        .iter()
        .find(|done| done.code() != 0)
        .expect("one of two");
    let said = loser.json();
    match loser.code() {
        10 => {
            assert_eq!(said["outcome"], "nothing_new", "{}", shown());
            "nothing new"
        }
        13 => {
            assert_eq!(said["error"]["code"], "locked", "{}", shown());
            "locked"
        }
        _ => panic!("{}", shown()),
    }
}

#[test]
fn two_runs_at_once_promote_once_and_the_loser_says_why() {
    for project in Project::promoted_on_each() {
        let project = project.with_real_clock();
        // On a server the same statements run; what differs is who waits for whom.
        let rounds = if project.is_on_server() {
            ROUNDS / 4
        } else {
            ROUNDS
        };
        project.set(
        "gate",
        serde_json::json!({
            "require": "not_worse", "margin": 0.9, "min_discordant": 0, "beat_baselines": false, "replicates": 100,
        }),
    );
        for round in 1..=rounds {
            put_fresh_data(&project, round);
            let before = project.books();
            assert_one_promotion(&at_once(&project, &[RUN, RUN]));
            let after = project.assert_settled();
            assert_eq!(
                after.promotions().len(),
                before.promotions().len() + 1,
                "round {round}"
            );
            assert_eq!(
                after.champion(),
                before.champion().map(|champion| champion + 1)
            );
        }
    }
}

#[test]
fn two_first_runs_at_once_make_one_database_and_one_champion() {
    let before = Project::new().with_real_clock();
    for _ in 0..ROUNDS / 2 {
        let project = before.copy();
        assert_one_promotion(&at_once(&project, &[RUN, RUN]));
        let books = project.assert_settled();
        assert_eq!(books.promotions(), [1], "{books:#?}");
    }
}

#[test]
fn many_readers_beside_a_run_never_fail() {
    let project = Project::promoted().with_real_clock();
    let commands: [&[&str]; 6] = [
        &["run", "--input", "sourcedata"],
        &["versions", "list"],
        &["predict", "testdata/testdata.csv"],
        &["models", "list"],
        &["runs", "list"],
        &["gate", "explain"],
    ];
    for done in at_once(&project, &commands) {
        assert!(done.status.success(), "{done}");
    }
    project.assert_settled();
}

#[test]
fn a_lock_of_a_living_process_is_respected_and_says_whose_it_is() {
    let project = Project::promoted();
    let held = project.registry(async |registry| {
        let lock = registry
            .take_lock(
                MODEL,
                &RunId::new("20260301T100000Z-000abcdef"),
                1_772_359_200_000,
            )
            .await;
        lock.expect("nobody has it")
    });
    let holder = project.books().holder.expect("it is held");
    let done = project.unseat(&["run", "--input", "sourcedata"]);
    assert_eq!(done.code(), 1, "{done}");
    let shown = done
        .shown()
        .replace(&holder.process.pid.to_string(), "[pid]");
    insta::assert_snapshot!(shown.replace(&holder.process.host, "[host]"), @r"
    status: 1
    --- stdout
    --- stderr
    error: failed to start a run of `attrition`: run 20260301T100000Z-000abcdef holds the lock since 2026-03-01T10:00:00Z (process [pid] on [host])
    hint: wait for it to end; a lock of a process that died is taken over by itself
    ");
    let done = project.unseat(&["run", "--detailed-exit-code"]);
    assert_eq!(done.code(), 13, "{done}");
    for moving in [
        &["promote", "1"][..],
        &["rollback"],
        &["pin"],
        &["unpin"],
        &["train"],
    ] {
        let done = project.unseat(&[moving, &["--json"]].concat());
        assert_eq!(done.code(), 1, "{done}");
        assert_eq!(done.json()["error"]["code"], "locked", "{done}");
    }
    project.registry(async |registry| registry.release_lock(&held).await.expect("gives back"));
    project.ok(&["run", "--input", "sourcedata"]);
    project.assert_settled();
}

#[test]
fn a_lock_of_a_killed_process_is_taken_over() {
    let project = Project::promoted();
    let killed = project.unseat_with(
        ("UNSEAT_FAULT", "train.recorded:kill"),
        &["run", "--input", "sourcedata"],
    );
    assert!(killed.is_killed(), "{killed}");
    let dead = project
        .books()
        .holder
        .expect("the dead process still holds it")
        .run;
    let done = project.ok(&["run", "--input", "sourcedata"]);
    let says_so = format!("the lock of run {dead} was taken over: its process is gone");
    assert!(done.stderr.contains(&says_so), "{done}");
    assert_eq!(project.assert_settled().champion(), Some(3), "{done}");
}

#[test]
fn the_champion_cannot_be_moved_by_hand_while_a_run_is_under_way() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let run = ["run", "--force"];
    let mut command = project.command(&run);
    let mut child = command
        .env("UNSEAT_FAULT", "trace")
        .spawn()
        .expect("starts");
    let pid = Pid::from_child(&child);
    let mut lines = BufReader::new(child.stderr.take().expect("stderr is a pipe")).lines();
    let has_begun = lines
        .by_ref()
        .map_while(Result::ok)
        .any(|line| line == "passed lock.taken");
    assert!(has_begun);
    kill_process(pid, Signal::STOP).expect("it can be stopped");
    for moving in [&["promote", "1"][..], &["rollback"], &["pin", "1"]] {
        let done = project.unseat(&[moving, &["--json"]].concat());
        assert_eq!(done.json()["error"]["code"], "locked", "{done}");
    }
    kill_process(pid, Signal::CONT).expect("it can go on");
    // Nobody reads on otherwise, and a full pipe would hold the run up.
    lines.for_each(drop);
    let done = project.finish(child, &run);
    assert!(done.status.success(), "{done}");
    assert_eq!(project.assert_settled().operations.len(), 2);
    project.ok(&["rollback"]);
    assert_eq!(project.assert_settled().champion(), Some(1));
}

#[test]
fn a_run_whose_lock_was_taken_over_changes_nothing_any_more() {
    let project = Project::promoted();
    let before = project.books();
    project.registry(async |registry| {
        let lost = registry
            .take_lock(MODEL, &RunId::new("lost"), 0)
            .await
            .expect("nobody has it");
        registry.release_lock(&lost).await.expect("gives back");
        let taken = registry
            .take_lock(MODEL, &RunId::new("taken"), 1)
            .await
            .expect("nobody has it");
        let late = Conclusion {
            lock: &lost,
            version: Some(VersionNumber::new(1)),
            outcome: Outcome::Promote,
            data_hash: "data",
            config_hash: "settings",
            test_hash: "test",
            files: &[],
            rows: &RowSet::default(),
            operation: Some(Operation {
                action: Action::Promote,
                version: Some(VersionNumber::new(7)),
                previous: Some(VersionNumber::new(1)),
                reason: "late".to_string(),
                actor: "run".to_string(),
                run: None,
                at_ms: 2,
            }),
            at_ms: 2,
        };
        let rejected = registry.conclude(&late).await;
        assert!(
            matches!(rejected, Err(Error::LockLost { .. })),
            "{rejected:?}"
        );
        registry.release_lock(&taken).await.expect("gives back");
    });
    let after = project.assert_settled();
    assert_eq!(after.operations, before.operations);
    assert_eq!(after.last, before.last);
}
