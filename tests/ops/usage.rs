//! Words of rejections, and forms of answers.

use serde_json::json;

use crate::support::Project;

fn error(project: &Project, arguments: &[&str]) -> String {
    let done = project.unseat(arguments);
    assert_ne!(done.code(), 0, "{done}");
    done.stderr
}

#[test]
fn a_schedule_that_cannot_be_read_is_rejected_in_a_sentence() {
    let project = Project::promoted();
    for (arguments, expected) in [
        (
            &["every 5 minutes"][..],
            "error: failed to use the schedule: 3 fields where five (minute, hour, day of month, month, day of week) or six (second first) belong\n",
        ),
        (
            &["61 * * * *"],
            "error: failed to use the schedule: minute: `61` is not between 0 and 59\n",
        ),
        (
            &["@reboot"],
            "error: failed to use the schedule: `@reboot` is not a time",
        ),
        (
            &["0 0 L * *"],
            "error: failed to use the schedule: day of month: ",
        ),
        (
            &["@dayly"],
            "error: failed to use the schedule: `@dayly` is none of @yearly",
        ),
        (
            &["0 3 * * *", "--timezone", "Europe/Berln"],
            "error: failed to use the time zone: `Europe/Berln` is not an IANA time zone; did you mean `Europe/Berlin`?\n",
        ),
        (
            &["0 3 * * *", "--timezone", "Amerika/New_York"],
            "did you mean `America/New_York`?",
        ),
        (
            &["0 3 * * *", "--timezone", "Tokio"],
            "did you mean `Asia/Tokyo`?",
        ),
        (
            &["0 3 * * *", "--timezone", "zzzzzz"],
            "`zzzzzz` is not an IANA time zone; write one like `Europe/Berlin` or `UTC`",
        ),
    ] {
        let said = error(&project, &[&["schedule", "set"], arguments].concat());
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
    let shown = project.json(&["schedule", "set", "0 0 * * 0,7"]);
    assert_eq!(shown[0]["cron"], "0 0 * * 0");
}

#[test]
fn a_port_alone_is_no_address() {
    let project = Project::promoted();
    for command in ["up", "serve"] {
        let said = error(&project, &[command, "--listen", "8001"]);
        assert!(
            said.contains("write the address, too, like 127.0.0.1:8001"),
            "{said}"
        );
    }
    project.set("server", json!({"listen": 8001}));
    let said = error(&project, &["config", "check"]);
    let expected = "server.listen: expected a text, found a whole number; write the address, too, like \"127.0.0.1:8000\"";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_version_is_named_by_place_or_by_flag() {
    let project = Project::promoted();
    for command in [
        &["score"][..],
        &["report"],
        &["gate", "explain"],
        &["versions", "show"],
        &["explain"],
        &["export", "--format", "json", "-o", "out.json"],
    ] {
        project.ok(&[command, &["1"]].concat());
        project.ok(&[command, &["--version", "1"]].concat());
    }
    let said = error(&project, &["gate", "explain", "--version", "9"]);
    assert!(said.contains("find version `9`"), "{said}");
    let said = error(&project, &["score", "1", "--version", "1"]);
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn a_decided_version_that_is_scored_again_says_where_the_score_is() {
    let project = Project::promoted();
    let said = project.ok(&["score", "1"]).stdout;
    let last = said.lines().last().expect("a line");
    assert!(
        last.starts_with("scored version 1; the score is in the database"),
        "{said}"
    );
}

#[test]
fn past_decisions_are_replayed_under_settings_alone() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let replayed = project.json(&["gate", "replay", "--set", "gate.floor=0.999"]);
    let of_second = |replayed: &serde_json::Value| {
        let rows = replayed["replayed"].as_array().expect("rows").clone();
        let row = rows.into_iter().find(|row| row["version"] == 2);
        row.expect("version 2")["now"].clone()
    };
    assert_eq!(of_second(&replayed), "reject");
    let as_it_was = project.json(&["gate", "replay"]);
    assert_eq!(of_second(&as_it_was), "promote");
    project.write("policy.json", "{\"floor\": 0.999}");
    let by_file = project.json(&["gate", "replay", "--policy", "policy.json"]);
    assert_eq!(of_second(&by_file), "reject");
}

#[test]
fn lists_are_arrays_and_jobs_show_state_and_outcome() {
    let project = Project::promoted().with_real_clock();
    for command in [
        &["versions", "list"][..],
        &["runs", "list"],
        &["jobs", "list"],
        &["models", "list"],
    ] {
        let listed = project.json(command);
        assert!(listed.is_array(), "{command:?}: {listed}");
    }
    let versions = project.json(&["versions", "list"]);
    assert_eq!(
        (&versions[0]["number"], &versions[0]["is_champion"]),
        (&json!(1), &json!(true))
    );
    project.json(&["jobs", "submit"]);
    project.ok(&["worker", "--once"]);
    let listed = project.ok(&["jobs", "list"]).stdout;
    let head: Vec<&str> = listed
        .lines()
        .next()
        .expect("a head")
        .split_whitespace()
        .collect();
    assert_eq!(head[4..6], ["state", "outcome"], "{listed}");
    assert!(
        listed
            .lines()
            .nth(1)
            .expect("a job")
            .contains("done   nothing new"),
        "{listed}"
    );
}

#[test]
fn a_job_that_waits_says_until_when() {
    let project = Project::promoted().with_real_clock();
    project.set("jobs", json!({"backoff_seconds": 3000, "attempts": 3}));
    project.json(&["jobs", "submit", "--force"]);
    let mut worker = project.command(&["worker"]);
    worker.env("UNSEAT_FAULT", "run.recorded:kill");
    let mut worker = worker.spawn().expect("a worker starts");
    super::until("the job waits", || {
        let jobs = project.json(&["jobs", "list"]);
        (jobs[0]["state"] == "queued" && jobs[0]["attempts"] == 1).then_some(())
    });
    worker.kill().expect("it can be killed");
    worker.wait().expect("it ends");
    let shown = project.ok(&["jobs", "show"]).stdout;
    let line = shown
        .lines()
        .find(|line| line.starts_with("next attempt"))
        .expect("a line");
    let jobs = project.json(&["jobs", "list"]);
    let at_ms = jobs[0]["not_before_ms"].as_i64().expect("a time");
    assert!(line.ends_with(&unseat::clock::rfc3339(at_ms)), "{line}");
}

#[test]
fn variables_of_a_service_are_passed_over_and_a_slip_is_told() {
    let project = Project::promoted();
    for variable in [
        ("UNSEAT_PORT", "tcp://10.0.0.1:8000"),
        ("UNSEAT_SERVICE_HOST", "10.0.0.1"),
        ("UNSEAT_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("UNSEAT_API_SERVICE_HOST", "10.0.0.1"),
        ("UNSEAT_API_PORT_9000_UDP", "udp://10.0.0.1:9000"),
    ] {
        let done = project.unseat_with(variable, &["versions", "list"]);
        assert_eq!(
            (done.code(), done.stderr.as_str()),
            (0, ""),
            "{variable:?}: {done}"
        );
    }
    let done = project.unseat_with(("UNSEAT_GATE_REQUIRE", "naive"), &["versions", "list"]);
    assert_eq!(done.code(), 0, "{done}");
    assert_eq!(
        done.stderr,
        "warning: the variable UNSEAT_GATE_REQUIRE is ignored: it is not a setting; did you mean UNSEAT_GATE__REQUIRE?\n"
    );
    let done = project.unseat_with(
        ("UNSEAT_GATE_REQUIRE", "naive"),
        &["versions", "list", "-q"],
    );
    assert_eq!(done.stderr, "", "{done}");
}

#[test]
fn learners_are_called_as_the_setting_calls_them() {
    let project = Project::promoted();
    for kind in [
        "extra_trees",
        "boosted_trees",
        "random_forest",
        "elastic_net",
        "logistic",
    ] {
        project.set("learner", json!({"kind": kind}));
        if kind == "elastic_net" {
            // A learner of numbers, of a target that is one.
            project.set("target", "lastmonth_activity");
        } else {
            project.set("target", "exited");
        }
        let shown = project.ok(&["config", "check"]).stdout;
        assert!(shown.contains(kind), "{kind}: {shown}");
    }
}

#[test]
fn derived_columns_that_cannot_be_are_rejected_without_a_word_of_a_model() {
    let project = Project::promoted();
    for (derive, words) in [
        (
            json!([{"name": "a", "sql": "lastmonth_activty + 1"}]),
            "did you mean `lastmonth_activity`",
        ),
        (
            json!([{"name": "a", "sql": "lastmonth_activity +"}]),
            "it ends too early: a value, a column or a function should follow after `+`",
        ),
        (
            json!([{"name": "exited", "sql": "lastmonth_activity + 1"}]),
            "exited",
        ),
    ] {
        project.set("derive", derive.clone());
        let done = project.unseat(&["run"]);
        assert_ne!(done.code(), 0, "{derive}");
        assert!(done.stderr.contains(words), "{derive}: {done}");
        for wrong in ["parse '", "as Expr", "that the model was trained on"] {
            assert!(!done.stderr.contains(wrong), "{derive}: {done}");
        }
    }
}

#[test]
fn a_version_that_is_not_there_is_told_with_the_others_in_a_sentence() {
    let project = Project::promoted();
    for arguments in [
        &["versions", "show", "99"][..],
        &["deploy", "99"],
        &["deploy", "--version", "99"],
        &["gate", "explain", "--version", "99"],
        &["export", "--format", "onnx", "--version", "99"],
    ] {
        let said = error(&project, arguments);
        assert!(said.contains("99"), "{arguments:?}: {said}");
        assert!(!said.contains("only 1, 2"), "{arguments:?}: {said}");
        assert!(!said.contains("tip:"), "{arguments:?}: {said}");
    }
}
