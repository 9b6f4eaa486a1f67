//! Failures, files that were left out and probations are reported everywhere: page, readiness, metrics, log and messages.

use rustix::process::Signal;
use serde_json::{Value, json};
use unseat::config::{Channel, Topic};
use unseat::model_types::{Outcome, RunId, VersionNumber};
use unseat::notify::Event;
use unseat::registry::{Action, ProbationRow, ProbationState, RunRow, RunState};

use super::{Up, until};
use crate::support::{MODEL, Project};

/// A run by hand that fails: the test data is gone.
fn fail(project: &Project) {
    std::fs::rename(project.path("testdata"), project.path("aside")).expect("moves");
    let done = project.unseat(&["run", "--force"]);
    assert_eq!(done.code(), 1, "{done}");
}

fn mend(project: &Project) {
    std::fs::rename(project.path("aside"), project.path("testdata")).expect("moves");
}

fn says<'a>(checks: &'a Value, name: &str) -> (bool, &'a str) {
    let all = checks["checks"].as_array().expect("checks");
    let found = all.iter().find(|check| check["name"] == name);
    let check = found.unwrap_or_else(|| panic!("no check {name}: {checks}"));
    (
        check["ok"].as_bool().expect("a flag"),
        check["message"].as_str().expect("a text"),
    )
}

/// The value of a line of `/metrics`.
fn metric(text: &str, series: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.starts_with(&format!("{series} ")))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_run_that_failed_by_hand_is_seen_until_one_succeeds() {
    let project = Project::promoted().with_real_clock();
    let up = Up::of(&project);
    let before = up.get("/metrics").text();
    let series =
        |outcome: &str| format!("unseat_runs_total{{model=\"{MODEL}\",outcome=\"{outcome}\"}}");
    assert_eq!(metric(&before, &series("promote")), Some(1.0), "{before}");
    assert_eq!(metric(&before, &series("failed")), None);
    fail(&project);
    let checks = up.get("/readyz?verbose").json();
    let (is_well, why) = says(&checks, &format!("runs {MODEL}"));
    assert!(
        !is_well && why.contains("(by cli) failed in") && why.contains("failed to read"),
        "{why}"
    );
    // What another process did is on these within a second.
    up.until("/", |page| {
        page.contains("<p class=\"note\">run ") && page.contains("failed to read")
    });
    up.until("/diagnostics", |told| told.contains("(by cli) failed in"));
    let log = project.ok(&["schedule", "log"]);
    assert!(
        log.stderr.contains("note: attrition: run ") && log.stderr.contains("failed to read"),
        "{log}"
    );
    let text = up.get("/metrics").text();
    assert_eq!(metric(&text, &series("failed")), Some(1.0));
    let success = format!("unseat_last_success_timestamp_seconds{{model=\"{MODEL}\"}}");
    let (old, same) = (metric(&before, &success), metric(&text, &success));
    assert!(
        old.is_some() && old == same,
        "a failure is no success: {old:?} {same:?}"
    );
    let took = format!("unseat_run_duration_seconds_count{{model=\"{MODEL}\",outcome=\"failed\"}}");
    assert_eq!(metric(&text, &took), Some(1.0), "{text}");
    let waiting = format!("unseat_job_queue_length{{model=\"{MODEL}\"}}");
    assert_eq!(metric(&text, &waiting), Some(0.0));

    mend(&project);
    project.ok(&["run"]);
    let checks = up.get("/readyz?verbose").json();
    let found = says(&checks, &format!("runs {MODEL}"));
    assert_eq!(found, (true, "no failure since the last success"));
    up.until("/", |page| !page.contains("<p class=\"note\">run "));
    let text = up.get("/metrics").text();
    assert_eq!(
        metric(&text, &series("failed")),
        Some(1.0),
        "it never falls"
    );
    assert!(metric(&text, &success) > old);
}

#[test]
fn a_job_that_failed_is_seen_like_a_run() {
    let project = Project::promoted().with_real_clock();
    let mut up = Up::of(&project);
    std::fs::rename(project.path("testdata"), project.path("aside")).expect("moves");
    let done = project.unseat(&["jobs", "submit", "--force", "--wait"]);
    assert_eq!(done.code(), 1, "{done}");
    let line = up.line("failed to");
    assert!(!line.contains("failed: failed"), "{line}");
    let checks = up.get("/readyz?verbose").json();
    let (is_well, why) = says(&checks, &format!("runs {MODEL}"));
    assert!(!is_well && why.contains("failed to read"), "{why}");
    assert!(up.get("/").text().contains("class=\"sq failed\""));
}

#[test]
fn a_quarantined_file_is_seen_as_long_as_it_is_there() {
    let project = Project::promoted().with_real_clock();
    project.write("practicedata/a_bad.csv", "a,b\n1,2,3\n");
    project.write(
        "practicedata/b_more.csv",
        &project.read("sourcedata/dataset3.csv"),
    );
    project.ok(&["run"]);
    let up = Up::of(&project);
    let checks = up.get("/readyz?verbose").json();
    let (is_well, why) = says(&checks, &format!("quarantine {MODEL}"));
    assert!(
        !is_well && why.starts_with("1 file of the input is quarantined: a_bad.csv"),
        "{why}"
    );
    let page = up.get("/").text();
    assert!(
        page.contains("1 file of the input is quarantined: a_bad.csv"),
        "{page}"
    );
    assert!(page.contains("1 file quarantined"), "{page}");
    assert!(
        up.get("/diagnostics").json()["problems"]
            .to_string()
            .contains("a_bad.csv")
    );
    assert!(
        project
            .ok(&["schedule", "log"])
            .stderr
            .contains("a_bad.csv")
    );
    let text = up.get("/metrics").text();
    let series = format!("unseat_quarantined_files_total{{model=\"{MODEL}\"}}");
    assert_eq!(metric(&text, &series), Some(1.0), "{text}");
    std::fs::remove_file(project.path("practicedata/a_bad.csv")).expect("removes");
    let checks = up.get("/readyz?verbose").json();
    assert_eq!(
        says(&checks, &format!("quarantine {MODEL}")),
        (true, "no file")
    );
}

#[test]
fn a_first_run_that_failed_is_tried_again_when_files_come() {
    let project = Project::new().with_real_clock();
    std::fs::rename(project.path("practicedata"), project.path("aside")).expect("moves");
    std::fs::create_dir(project.path("practicedata")).expect("makes it");
    let mut up = Up::of(&project);
    let line = up.line("tried again when config.json or a file of its data changes");
    assert!(line.contains("failed to"), "{line}");
    up.until("/", |page| page.contains("<p class=\"note\">"));
    std::fs::remove_dir(project.path("practicedata")).expect("removes it");
    std::fs::rename(project.path("aside"), project.path("practicedata")).expect("moves");
    let line = up.line("promoted version 1");
    assert!(line.contains(MODEL), "{line}");
    up.until("/readyz", |text| text == "ok");
    assert_eq!(up.end(Signal::TERM).0, Some(0));
}

fn events(project: &Project) -> Vec<Value> {
    project
        .json(&["notify", "list", "-n", "100"])
        .as_array()
        .expect("messages")
        .clone()
}

fn kinds(project: &Project) -> Vec<String> {
    let kind = |message: &Value| message["kind"].as_str().expect("a kind").to_string();
    events(project)
        .iter()
        .map(kind)
        .filter(|kind| kind != "began")
        .collect()
}

#[test]
fn recovery_and_quarantine_are_sent() {
    let project = Project::promoted().with_real_clock();
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "argv": ["true"], "on": ["promoted"]}]}),
    );
    project.ok(&["run"]);
    assert_eq!(
        kinds(&project),
        Vec::<String>::new(),
        "nothing new is no news"
    );
    fail(&project);
    fail_again(&project);
    mend(&project);
    project.write("practicedata/a_bad.csv", "a,b\n1,2,3\n");
    project.write(
        "practicedata/b_more.csv",
        &project.read("sourcedata/dataset3.csv"),
    );
    project.ok(&["run"]);
    let found = kinds(&project);
    assert!(
        !found.contains(&"failed".to_string()),
        "it was not requested: {found:?}"
    );
    assert!(found.contains(&"recovered".to_string()), "{found:?}");
    assert!(found.contains(&"quarantined".to_string()), "{found:?}");
    let all = events(&project);
    let body = |kind: &str| {
        let message = all.iter().find(|message| message["kind"] == kind);
        message.expect("it is there")["body"].clone()
    };
    let recovered = body("recovered");
    assert_eq!(
        recovered["subject"],
        format!("{MODEL}: runs succeed again after 2 failures")
    );
    let error = recovered["facts"]["error"].as_str().expect("a text");
    assert!(error.starts_with("failed to read"), "{error}");
    assert_eq!(
        body("quarantined")["subject"],
        format!("{MODEL}: 1 file quarantined")
    );
    // The same file again is no news.
    project.ok(&["run", "--force"]);
    let again = kinds(&project);
    assert_eq!(
        again.iter().filter(|kind| *kind == "quarantined").count(),
        1,
        "{again:?}"
    );
    assert_eq!(
        again.iter().filter(|kind| *kind == "recovered").count(),
        1,
        "{again:?}"
    );
}

fn fail_again(project: &Project) {
    assert_eq!(project.unseat(&["run", "--force"]).code(), 1);
}

fn probation(state: ProbationState) -> ProbationRow {
    ProbationRow {
        model: "m".to_string(),
        operation: 7,
        version: VersionNumber::new(5),
        previous: VersionNumber::new(4),
        state,
        began_ms: 1_000,
        ended_ms: (state != ProbationState::Watching).then_some(61_000),
        reason: Some("it labels 72 % of the rows otherwise".to_string()),
        record: None,
    }
}

#[test]
fn the_end_of_a_probation_is_told_where_promotions_are() {
    let event = Event::of_probation(&probation(ProbationState::RolledBack)).expect("it is told");
    assert_eq!(event.kind, Topic::RolledBack);
    assert_eq!(
        event.subject,
        "m: version 5 was rolled back; version 4 is the champion again"
    );
    assert_eq!(
        (&event.facts["version"], &event.facts["champion"]),
        (&json!(5), &json!(4))
    );
    let event = Event::of_probation(&probation(ProbationState::Confirmed)).expect("it is told");
    assert_eq!(
        event.subject,
        "m: version 5 passed its probation and stays the champion"
    );
    for state in [ProbationState::Watching, ProbationState::Ended] {
        assert_eq!(Event::of_probation(&probation(state)), None);
    }
    let channel = |on: &str| -> Channel {
        serde_json::from_value(json!({"kind": "command", "on": [on]})).expect("a channel")
    };
    for (on, topic, is_told) in [
        ("promoted", Topic::RolledBack, true),
        ("promoted", Topic::Confirmed, true),
        ("rolled_back", Topic::RolledBack, true),
        ("rolled_back", Topic::Promoted, false),
        ("failed", Topic::RolledBack, false),
        ("failed", Topic::Recovered, true),
        ("failed", Topic::Quarantined, true),
        ("stale", Topic::Recovered, false),
    ] {
        assert_eq!(channel(on).wants(topic), is_told, "{on} {topic:?}");
    }
}

#[test]
fn up_tells_of_a_rollback_in_its_feed_and_the_channels_hear_of_it() {
    let project = Project::promoted().with_real_clock();
    project.set("input_folder_path", "sourcedata");
    project.ok(&["run"]);
    project.set(
        "notify",
        json!({"channels": [{"kind": "command", "argv": ["true"], "on": ["promoted"]}]}),
    );
    let mut up = Up::of(&project);
    until("the channel is there", || {
        let began = project.registry(async |registry| registry.has_topic("began/command").await);
        began.expect("asks").then_some(())
    });
    conclude(&project);
    let line = up.line("rolled back version 2, version 1 is the champion again: for the test");
    assert!(line.contains(MODEL), "{line}");
    until("the message", || {
        kinds(&project)
            .contains(&"rolled_back".to_string())
            .then_some(())
    });
    let (code, talk) = up.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(!talk.contains("WARN"), "it is told once: {talk}");
}

/// Takes version 2 back as the task that watches does.
#[expect(
    clippy::disallowed_methods,
    reason = "the program under test goes by the system clock"
)]
fn conclude(project: &Project) {
    project.registry(async |registry| {
        let row = until_watched(registry).await;
        let now_ms = chrono::Utc::now().timestamp_millis();
        let lock = registry
            .take_lock(MODEL, &RunId::new("r"), now_ms)
            .await
            .expect("is free");
        let end = unseat::registry::ProbationEnd {
            state: ProbationState::RolledBack,
            reason: "for the test",
            record: &Value::Null,
            at_ms: now_ms,
        };
        let operation = unseat::registry::Operation {
            action: Action::Rollback,
            version: Some(row.previous),
            previous: Some(row.version),
            reason: "for the test".to_string(),
            actor: "probation".to_string(),
            run: None,
            at_ms: now_ms,
        };
        let done = registry.take_back(&lock, &row, &end, &operation).await;
        assert!(done.expect("it can be rolled back"));
        registry.release_lock(&lock).await.expect("gives it back");
    });
}

async fn until_watched(registry: &unseat::registry::Registry) -> ProbationRow {
    let began = std::time::Instant::now();
    loop {
        let rows = registry.probations(MODEL).await.expect("reads");
        if let Some(row) = rows
            .into_iter()
            .find(|row| row.state == ProbationState::Watching)
        {
            return row;
        }
        assert!(began.elapsed().as_secs() < 240, "it is never watched");
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_run_that_never_failed_is_no_recovery() {
    let run = RunRow {
        id: RunId::new("r"),
        model: "m".to_string(),
        trigger: "cli".to_string(),
        state: RunState::Done,
        stage: "ingest".to_string(),
        outcome: Some(Outcome::NothingNew),
        version: None,
        started_ms: 0,
        ended_ms: Some(1),
        error: None,
        record: None,
    };
    assert_eq!(Event::recovered(&run, &[]), None);
}
