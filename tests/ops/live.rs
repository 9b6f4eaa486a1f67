//! `config.json` edited while `up` lives.

use std::io::Read;
use std::process::Stdio;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::{Up, until};
use crate::support::{MODEL, Project};

fn config_check(up: &Up) -> Option<(bool, String)> {
    let checks = up.get("/readyz?verbose").json();
    let all = checks["checks"].as_array().expect("checks").clone();
    let check = all.into_iter().find(|check| check["name"] == "config")?;
    let says = check["message"].as_str().expect("a text").to_string();
    Some((check["ok"] == json!(true), says))
}

fn cron(up: &Up) -> Value {
    up.get("/schedule").json()[0]["cron"].clone()
}

#[test]
fn an_edited_schedule_is_followed() {
    let project = Project::promoted().with_real_clock();
    project.set("schedule", json!({"cron": "0 0 1 1 *"}));
    let mut up = Up::of(&project);
    assert_eq!(cron(&up), "0 0 1 1 *");
    assert_eq!(config_check(&up), None, "nothing was edited");
    project.set("schedule", json!({"cron": "* * * * * *"}));
    let line = up.line("config.json was changed and is followed");
    assert!(line.contains("schedule.cron"), "{line}");
    until("it is followed", || {
        (cron(&up) == json!("* * * * * *")).then_some(())
    });
    until("a tick comes", || {
        let ticks = project.json(&["schedule", "log"]);
        let ticks = ticks.as_array().expect("ticks");
        // One that comes while a run is under way is left out.
        ticks
            .iter()
            .any(|tick| tick["run"].is_string())
            .then_some(())
    });
    let (is_well, says) = config_check(&up).expect("it was edited");
    assert!(is_well && says.starts_with("followed since "), "{says}");
}

#[test]
fn what_cannot_be_used_is_rejected_with_the_reason_and_the_old_settings_hold() {
    let project = Project::promoted().with_real_clock();
    project.set("schedule", json!({"cron": "0 0 1 1 *"}));
    let up = Up::of(&project);
    let good = project.read("config.json");
    for (text, reason) in [
        (
            good.replace("\"schedule\"", "\"schedul\""),
            "schedul: unknown key; did you mean `schedule`?",
        ),
        (
            good.replace("0 0 1 1 *", "61 * * * *"),
            "`61` is not between 0 and 59",
        ),
        ("{\"half".to_string(), "not valid JSON"),
    ] {
        project.write("config.json", &text);
        let says = until("it is told", || {
            config_check(&up).filter(|(is_well, says)| !is_well && says.contains(reason))
        });
        assert!(
            says.1
                .contains("cannot be used; the settings before it hold"),
            "{says:?}"
        );
        assert_eq!(cron(&up), "0 0 1 1 *");
        assert_eq!(up.get("/readyz").status, 200);
        assert!(up.get("/").text().contains("config.json was changed at"));
    }
    project.write("config.json", &good);
    until("it is well again", || {
        config_check(&up).filter(|(is_well, _)| *is_well)
    });
    let (code, talk) = up.end(Signal::TERM);
    assert_eq!(code, Some(0));
    assert!(
        talk.contains("config.json was changed and cannot be used; the settings before it hold"),
        "{talk}"
    );
}

#[test]
fn what_needs_a_restart_says_so_until_it_is_put_back() {
    let project = Project::promoted().with_real_clock();
    let up = Up::of(&project);
    let before = project.read("config.json");
    project.set_all([
        ("server", json!({"drain_seconds": 3})),
        ("schedule", json!({"cron": "@daily"})),
    ]);
    until("it is told", || {
        config_check(&up)
            .filter(|(_, says)| says.contains("a restart is needed for server.drain_seconds"))
    });
    assert_eq!(cron(&up), "0 0 * * *", "the rest is followed");
    let shown = project.ok(&["schedule", "show"]);
    let expected = "note: `unseat up` (process ";
    assert!(shown.stderr.contains(expected), "{shown}");
    assert!(
        shown
            .stderr
            .contains("a restart is needed for server.drain_seconds"),
        "{shown}"
    );
    project.write("config.json", &before);
    until("nothing waits", || {
        config_check(&up).filter(|(is_well, _)| *is_well)
    });
    assert_eq!(project.ok(&["schedule", "show"]).stderr, "");
}

#[test]
fn a_model_that_is_named_anew_waits_for_a_restart() {
    let project = Project::promoted().with_real_clock();
    let up = Up::of(&project);
    let before = project.read("config.json");
    project.set("name", "other");
    until("it is told", || {
        config_check(&up).filter(|(_, says)| says.contains("the model `other`, which is new"))
    });
    up.get(&format!("/models/{MODEL}")).expect(200);
    assert_eq!(up.end(Signal::TERM).0, Some(0));
    project.write("config.json", &before);
    assert_eq!(
        project.ok(&["schedule", "show"]).stderr,
        "",
        "who is gone says nothing"
    );
}

#[test]
fn a_server_alone_follows_and_rejects_as_up_does() {
    let project = Project::promoted().with_real_clock();
    let server = Up::by(&project, "serve");
    let good = project.read("config.json");
    project.write(
        "config.json",
        &good.replace("\"output_model_path\"", "\"output_modl_path\""),
    );
    let says = until("it is told", || {
        config_check(&server).filter(|(is_well, _)| !is_well)
    });
    assert!(
        says.1
            .contains("cannot be used; the settings before it hold: ")
            && says.1.contains("output_modl_path: unknown key"),
        "{says:?}"
    );
    assert_eq!(server.get("/readyz").status, 200);
    project.write("config.json", &good);
    project.set("probation", json!({"requests": 7}));
    let (is_well, says) = until("it is well again", || {
        config_check(&server).filter(|(is_well, _)| *is_well)
    });
    assert!(is_well && says.starts_with("followed since "), "{says}");
    project.set("server", json!({"drain_seconds": 3}));
    until("it is told", || {
        config_check(&server)
            .filter(|(_, says)| says.contains("a restart is needed for server.drain_seconds"))
    });
    let shown = project.ok(&["schedule", "show"]).stderr;
    assert!(shown.contains("note: `unseat serve` (process "), "{shown}");
    assert_eq!(server.end(Signal::TERM).0, Some(0));
}

/// What a role says on stderr, line by line, until one has all of some words.
fn said_by(child: &mut std::process::Child, words: &[&str]) -> String {
    let stderr = child.stderr.as_mut().expect("stderr is piped");
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        match stderr.read(&mut byte) {
            Ok(1) if byte[0] != b'\n' => line.push(byte[0]),
            Ok(1) => {
                let text = String::from_utf8_lossy(&line).to_string();
                if words.iter().all(|word| text.contains(word)) {
                    return text;
                }
                line.clear();
            }
            ended => panic!("it ended before it said {words:?}: {ended:?}"),
        }
    }
}

#[test]
fn a_worker_and_a_scheduler_alone_follow_and_reject_as_up_does() {
    for (role, key, edit) in [
        ("worker", "jobs.attempts", json!({"attempts": 5})),
        ("schedule", "schedule.cron", json!({"cron": "0 0 1 1 *"})),
    ] {
        let project = Project::promoted().with_real_clock();
        let mut command = project.command(&[role]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        said_by(&mut child, &["ob"]);
        let good = project.read("config.json");
        project.write("config.json", "{\"half");
        let words = [
            "cannot be used; the settings before it hold",
            "not valid JSON",
        ];
        said_by(&mut child, &words);
        project.write("config.json", &good);
        let part = key.split('.').next().expect("a part");
        project.set(part, edit);
        said_by(
            &mut child,
            &["config.json was changed and is followed", key],
        );
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, Signal::TERM).expect("it is there");
        assert_eq!(child.wait().expect("it ends").code(), Some(0), "{role}");
    }
}
