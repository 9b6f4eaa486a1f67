//! Promote, roll back, remove: live at once, rejected where it must be, written to the audit log, safe in a crash.

use serde_json::{Value, json};
use unseat::model_types::RunId;
use unseat::registry::{Action, VersionState};

use super::super::Server;
use super::{audited, message, two_versions};
use crate::support::{MODEL, Project};

/// The version that answers predictions.
fn answering(server: &Server) -> String {
    let answer =
        server.get("/prediction?lastmonth_activity=1&lastyear_activity=2&number_of_employees=3");
    let answer = answer.expect(200);
    answer
        .header("x-model-version")
        .expect("a version")
        .to_string()
}

#[test]
fn a_move_is_live_when_it_is_answered_and_is_recorded() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    assert_eq!(answering(&server), "2");

    let path = format!("/models/{MODEL}/versions/1/promote");
    let moved = server.post(&path, &json!({"reason": "it was better"}));
    let moved = moved.expect(200).json();
    assert_eq!(answering(&server), "1");
    for (key, expected) in [
        ("model", json!(MODEL)),
        ("action", json!("promote")),
        ("version", json!(1)),
        ("previous", json!(2)),
        ("reason", json!("it was better")),
        ("by", json!("anonymous")),
        ("served", json!(1)),
    ] {
        assert_eq!(moved[key], expected, "{key}");
    }

    let path = format!("/models/{MODEL}/rollback");
    let moved = server.send("POST", &path, &[], b"").expect(200).json();
    assert_eq!(moved["version"], 2);
    assert_eq!(moved["reason"], "by request");
    assert_eq!(answering(&server), "2");

    let books = project.assert_settled();
    assert_eq!(books.champion(), Some(2));
    let last: Vec<_> = books.operations.iter().take(2).collect();
    assert_eq!(
        [last[0].action, last[1].action],
        [Action::Rollback, Action::Promote]
    );
    assert_eq!(last[1].reason, "it was better");
    assert_eq!(last[1].actor, "anonymous");
}

#[test]
fn a_move_under_load_fails_no_request_and_changes_the_version_once() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    let is_moved = std::sync::atomic::AtomicBool::new(false);
    let seen: Vec<Vec<String>> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = Vec::new();
                    loop {
                        let is_last = is_moved.load(std::sync::atomic::Ordering::SeqCst);
                        seen.push(answering(&server));
                        if is_last {
                            return seen;
                        }
                    }
                })
            })
            .collect();
        let path = format!("/models/{MODEL}/versions/1/promote");
        server.post(&path, &json!({})).expect(200);
        is_moved.store(true, std::sync::atomic::Ordering::SeqCst);
        let ended = callers.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended.map(|seen| seen.expect("no request fails")).collect()
    });
    for mut seen in seen {
        assert_eq!(seen.last().map(String::as_str), Some("1"));
        seen.dedup();
        assert!(seen.len() <= 2, "it went to and fro: {seen:?}");
    }
}

#[test]
fn a_version_that_is_removed_is_gone_for_good_and_its_row_stays() {
    let project = two_versions();
    project.ok(&["run", "--force", "--input", "sourcedata"]);
    // Two moves make version 2 one that neither the champion nor a rollback needs.
    project.ok(&["promote", "1"]);
    project.ok(&["promote", "3"]);
    let server = Server::of(&project, &[]);
    let row = json!({"lastmonth_activity": 1, "lastyear_activity": 2, "number_of_employees": 3});
    let ask = json!({"rows": [row], "version": 2});
    server.post("/prediction", &ask).expect(200);
    let folder = project.version_file(2, "");
    assert!(folder.exists());

    let path = format!("/models/{MODEL}/versions/2");
    let removed = server.send("DELETE", &path, &[], b"").expect(200).json();
    assert_eq!(
        removed,
        json!({"model": MODEL, "version": 2, "state": "removed"})
    );
    assert!(!folder.exists());
    server.post("/prediction", &ask).expect(404);
    let one = server.get(&path).expect(200).json();
    assert_eq!(one["state"], "removed");
    assert_eq!(one["files"], json!([]));
    assert_eq!(one["scoring"], Value::Null);
    assert_eq!(
        message(server.get(&format!("{path}/report")), 404, "not_found"),
        "version 2 has no report.html: it was removed"
    );
    assert_eq!(
        message(
            server.post(&format!("{path}/promote"), &json!({})),
            409,
            "conflict"
        ),
        "version 2 cannot be promoted: its files are gone"
    );
    let listed = project.ok(&["versions"]).stdout;
    assert!(listed.contains("removed"), "{listed}");
    project.assert_settled();
}

#[test]
fn what_has_to_stay_stays() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    let versions = format!("/models/{MODEL}/versions");
    let remove = |id: &str| server.send("DELETE", &format!("{versions}/{id}"), &[], b"");
    assert_eq!(
        message(remove("2"), 409, "conflict"),
        "version 2 stays: it is the champion"
    );
    assert_eq!(
        message(remove("v1"), 409, "conflict"),
        "version 1 stays: it was the champion before, and a rollback needs it"
    );
    assert_eq!(
        message(remove("latest"), 404, "not_found"),
        "name the version to remove by its number; GET /models/<model>/versions lists them"
    );
    project.ok(&["pin", "2"]);
    assert_eq!(
        message(remove("2"), 409, "conflict"),
        "version 2 stays: it is the champion, and pinned"
    );
    project.registry(async |registry| {
        let reserved = registry
            .reserve_version(MODEL, &RunId::new("another"), "now", 1)
            .await;
        assert_eq!(reserved.expect("a number").number, 3);
    });
    assert_eq!(
        message(remove("3"), 409, "conflict"),
        "version 3 stays: it is being made"
    );
    let promote = server.post(&format!("{versions}/3/promote"), &json!({}));
    assert_eq!(
        message(promote, 409, "conflict"),
        "version 3 cannot be promoted: it is being made"
    );
    for number in [1, 2] {
        assert_eq!(project.books().version(number).state, VersionState::Ready);
    }
}

#[test]
fn a_first_champion_cannot_be_rolled_back() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answer = server.send("POST", &format!("/models/{MODEL}/rollback"), &[], b"");
    assert_eq!(
        message(answer, 409, "conflict"),
        "there is no champion before the present one whose files are there; promote a version instead"
    );
}

#[test]
fn a_damaged_version_is_not_promoted() {
    let project = two_versions();
    std::fs::write(project.version_file(1, "trainedmodel.json"), "{}").expect("writes");
    let server = Server::of(&project, &[]);
    let answer = server.post(&format!("/models/{MODEL}/versions/1/promote"), &json!({}));
    assert_eq!(
        message(answer, 409, "conflict"),
        "version 1 cannot be used, its bundle is damaged or too new; the server's log says more"
    );
    assert_eq!(answering(&server), "2");
}

#[test]
fn a_body_that_is_not_understood_changes_nothing() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    let path = format!("/models/{MODEL}/versions/1/promote");
    let long = json!({"reason": "x".repeat(1001)}).to_string();
    let json_type = "application/json";
    for (content_type, body, status) in [
        (json_type, "[]", 400),
        (json_type, "\"because\"", 400),
        (json_type, "{", 400),
        (json_type, "{\"reason\": 1}", 400),
        (json_type, "{\"why\": \"x\"}", 400),
        (json_type, long.as_str(), 400),
        ("text/plain", "because", 415),
    ] {
        let answer = server.send(
            "POST",
            &path,
            &[("content-type", content_type)],
            body.as_bytes(),
        );
        answer.expect(status);
    }
    assert_eq!(project.books().operations.len(), 2);
    for body in ["", " ", "null", "{}", "{\"reason\": null}"] {
        server.send("POST", &path, &[], body.as_bytes()).expect(200);
    }
}

#[test]
fn every_change_that_was_asked_for_is_in_the_audit_log() {
    let project = two_versions();
    let server = Server::of(&project, &[]);
    let id = [("x-request-id", "mine-1")];
    let path = format!("/models/{MODEL}/versions/1/promote");
    server.send("POST", &path, &id, b"").expect(200);
    server
        .send("DELETE", &format!("/models/{MODEL}/versions/1"), &[], b"")
        .expect(409);
    server
        .send("POST", "/models/other/rollback", &[], b"")
        .expect(404);
    let lines = audited(&project);
    assert_eq!(
        lines[0],
        json!({
            "time": lines[0]["time"], "request_id": "mine-1", "caller": "anonymous", "address": "127.0.0.1",
            "method": "POST", "path": path, "action": "promote", "model": MODEL, "version": 1,
            "outcome": "done", "status": 200,
        })
    );
    let rest: Vec<_> = lines[1..]
        .iter()
        .map(|line| {
            json!([
                line["action"],
                line["model"],
                line["version"],
                line["outcome"],
                line["status"]
            ])
        })
        .collect();
    assert_eq!(
        rest,
        [
            json!(["remove", MODEL, 1, "refused", 409]),
            json!(["rollback", "other", null, "refused", 404]),
        ]
    );
}

#[test]
fn a_crash_in_the_middle_of_a_removal_is_made_up_for_by_the_next_run() {
    let project = two_versions();
    project.ok(&["run", "--force", "--input", "sourcedata"]);
    project.ok(&["promote", "1"]);
    project.ok(&["promote", "3"]);
    let server = Server::with(
        &project,
        &[],
        &[("UNSEAT_FAULT", "version.marked_removed:kill")],
    );
    let folder = project.version_file(2, "");
    let path = format!("/models/{MODEL}/versions/2");
    assert!(
        server.try_send("DELETE", &path).is_none(),
        "the server is gone"
    );
    assert_eq!(project.books().version(2).state, VersionState::Removed);
    assert!(folder.exists(), "it died before the files went");
    project.ok(&["run", "--input", "sourcedata"]);
    assert!(!folder.exists());
    project.assert_settled();
}
