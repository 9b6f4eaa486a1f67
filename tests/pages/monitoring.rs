//! Metrics, alert rules and the Grafana dashboard fit each other, and Prometheus' own tool takes them.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::serve::Server;
use crate::support::Project;

fn read(path: &str) -> String {
    let whole = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{}: {error}", whole.display()))
}

/// Names of our metrics that a text speaks of.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c: char| !is_word(c));
    words
        .filter(|word| word.starts_with("unseat_"))
        .map(str::to_string)
        .collect()
}

/// Names of the metrics that the program has, those of histograms with their endings: what the sources name.
fn known() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut names = BTreeSet::new();
    for entry in walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
    {
        if entry
            .path()
            .extension()
            .is_some_and(|ending| ending == "rs")
        {
            let text = std::fs::read_to_string(entry.path()).expect("a source");
            for quoted in text.split('"').filter(|part| part.starts_with("unseat_")) {
                names.extend(metrics_in(quoted));
            }
        }
    }
    let endings = ["_bucket", "_sum", "_count"];
    let more: Vec<String> = names
        .iter()
        .flat_map(|name| endings.map(|ending| format!("{name}{ending}")))
        .collect();
    names.extend(more);
    names
}

#[test]
fn rules_and_dashboard_speak_of_metrics_that_there_are() {
    let known = known();
    let rules = read("deploy/prometheus/alerts.yml");
    let dashboard = read("deploy/grafana/unseat.json");
    let whole: Value = serde_json::from_str(&dashboard).expect("the dashboard is JSON");
    let panels = whole["panels"].as_array().expect("panels");
    assert!(panels.len() >= 8, "{} panels", panels.len());
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert!(
            panel["title"].is_string() && panel["fieldConfig"]["defaults"]["unit"].is_string(),
            "{panel}"
        );
    }
    for (file, text) in [("alerts.yml", &rules), ("unseat.json", &dashboard)] {
        let named = metrics_in(text);
        assert!(named.len() >= 8, "{file} names {named:?}");
        let unknown: Vec<&String> = named.difference(&known).collect();
        assert!(
            unknown.is_empty(),
            "{file} names what no source does: {unknown:?}"
        );
    }
}

/// Prometheus' own tool, where it is installed.
#[expect(clippy::print_stdout, reason = "says what is left out here")]
fn promtool() -> Option<Command> {
    let found = Command::new("promtool").arg("--version").output();
    let is_there = found.is_ok_and(|done| done.status.success());
    if !is_there {
        println!("left out: promtool is not installed (Debian: apt-get install prometheus)");
    }
    is_there.then(|| Command::new("promtool"))
}

#[test]
fn promtool_takes_the_alert_rules() {
    let Some(mut promtool) = promtool() else {
        return;
    };
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/prometheus/alerts.yml");
    let done = promtool
        .args(["check", "rules"])
        .arg(rules)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("SUCCESS"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    server.get("/livez").expect(200);
    assert_sound_metrics(&server.get("/metrics").expect(200).body);
}

/// Prometheus' own tool has nothing to say about what a server tells.
#[track_caller]
pub fn assert_sound_metrics(text: &[u8]) {
    let Some(mut promtool) = promtool() else {
        return;
    };
    let mut child = promtool
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child
        .stdin
        .take()
        .expect("is piped")
        .write_all(text)
        .expect("writes");
    let done = child.wait_with_output().expect("it ends");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(done.status.success() && said.trim().is_empty(), "{said}");
}
