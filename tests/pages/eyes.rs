//! Drift and labels on pages: every figure is the one that the command line tells.

use serde_json::{Value, json};

use super::figures::{counted, short};
use super::monitoring::assert_sound_metrics;
use super::page;
use crate::serve::Server;
use crate::support::{MODEL, Project};

fn body(from: u64, n: u64) -> Value {
    let row = |row: u64| {
        json!({
            "lastmonth_activity": (row * 37) % 301 + 200, "lastyear_activity": (row * 53) % 4001,
            "number_of_employees": row % 41,
        })
    };
    json!({"rows": (from..from + n).map(row).collect::<Vec<_>>()})
}

/// A project whose server has answered, some of whose answers have labels.
fn answered() -> Project {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let mut labels = Vec::new();
    for from in (0..600).step_by(100) {
        let answer = server
            .post("/prediction", &body(from, 100))
            .expect(200)
            .json();
        for (at, it) in answer["predictions"]
            .as_array()
            .expect("a list")
            .iter()
            .enumerate()
        {
            let said = it["prediction"].as_i64().expect("0 or 1");
            let truth = if at % 5 == 0 { 1 - said } else { said };
            labels.push(json!({"id": it["id"], "label": truth}));
        }
    }
    server.until("/metrics", |answer| {
        answer.text().contains("unseat_answers_kept_total 600\n")
    });
    let some: Vec<&Value> = labels.iter().take(450).collect();
    server.post("/labels", &json!({"labels": some})).expect(200);
    let path = format!("/models/{MODEL}/drift");
    server.until(&path, |answer| answer.json()["rows"] == 600);
    // A run holds its data set and the test rows against the champion, which stays.
    project.set("gate.approval", "manual");
    project.write(
        "practicedata/more.csv",
        &project.read("sourcedata/dataset3.csv"),
    );
    project.ok(&["run"]);
    let (is_well, talk) = server.stop(rustix::process::Signal::TERM);
    assert!(is_well, "{talk}");
    project
}

#[test]
fn drift_and_labels_on_pages_are_those_of_the_command_line() {
    let project = answered();
    let server = Server::of(&project, &[]);
    let has = |text: &str, wanted: &str, what: &str| {
        assert!(text.contains(wanted), "{what}: `{wanted}` is not in {text}");
    };
    let number =
        |value: &Value, digits: usize| format!("{:.*}", digits, value.as_f64().expect("a number"));

    for (of, window, told) in [
        (
            "requests",
            "&window=30d",
            project.json(&["drift", "--against", "30d"]),
        ),
        (
            "data",
            "",
            server
                .get(&format!("/models/{MODEL}/drift?of=data"))
                .expect(200)
                .json(),
        ),
        (
            "test",
            "",
            server
                .get(&format!("/models/{MODEL}/drift?of=test"))
                .expect(200)
                .json(),
        ),
    ] {
        let path = format!("/ui/models/{MODEL}/drift?of={of}{window}");
        let shown = page(&server, &path, None).expect(200).text();
        has(
            &shown,
            told["reason"].as_str().expect("a text"),
            "the reason",
        );
        has(
            &shown,
            &counted(told["reference_rows"].as_u64().expect("rows")),
            "rows of training",
        );
        has(
            &shown,
            &counted(told["rows"].as_u64().expect("rows")),
            "rows compared",
        );
        let features = told["features"].as_array().expect("a list");
        assert_eq!(features.len(), 3, "{told:#}");
        for column in features {
            has(&shown, column["name"].as_str().expect("a name"), "a column");
            has(
                &shown,
                column["reason"].as_str().expect("a text"),
                "its reason",
            );
            has(&shown, &number(&column["psi"], 3), "its PSI");
            has(&shown, &number(&column["effect"], 3), "its effect");
        }
        let histograms = told["histograms"].as_array().expect("a list");
        assert!(histograms.len() >= 3, "{told:#}");
        let first = features[0]["name"].as_str().expect("a name");
        for histogram in histograms {
            let column = histogram["column"].as_str().expect("a name");
            let bins = histogram["bins"].as_array().expect("bins");
            for side in ["reference", "window"] {
                let sum: f64 = bins
                    .iter()
                    .map(|bin| bin[side].as_f64().expect("a share"))
                    .sum();
                assert!((sum - 1.0).abs() < 1e-9, "{histogram:#}");
            }
            let path = format!("{path}&column={column}");
            let of_column = if column == first {
                shown.clone()
            } else {
                page(&server, &path, None).expect(200).text()
            };
            has(
                &of_column,
                &format!("aria-label=\"{column}: "),
                "its histograms",
            );
            for bin in bins {
                let share = percent(bin["window"].as_f64().expect("a share"));
                has(&of_column, &share, "a share");
            }
        }
        for entry in told["history"]["checks"].as_array().expect("a list") {
            if entry["kind"] == of {
                let from = entry["from"].as_str().expect("a time");
                has(&shown, from, "a comparison");
                let at = format!("/ui/models/{MODEL}/drift?of={of}&at={from}");
                let then = page(&server, &at, None).expect(200).text();
                has(
                    &then,
                    entry["reason"].as_str().expect("a text"),
                    "what was found then",
                );
            }
        }
    }

    let told = project.json(&["labels", "--window", "30d"]);
    let path = format!("/ui/models/{MODEL}/live?window=30d");
    let shown = page(&server, &path, None).expect(200).text();
    let windows = |key: &str| told[key].as_array().expect("a list").clone();
    assert_eq!(
        windows("versions")[0]["labelled"]["coverage"]["labelled"],
        450
    );
    for window in windows("versions").iter().chain(&windows("days")) {
        let labelled = &window["labelled"];
        has(&shown, &short(&labelled["score"]), "the score by labels");
        has(&shown, &short(&labelled["interval"]["low"]), "its interval");
        has(
            &shown,
            &short(&window["estimated"]["value"]),
            "the estimate",
        );
        has(
            &shown,
            &short(&window["estimated"]["interval"]["high"]),
            "its interval",
        );
        has(
            &shown,
            &format!("{:+.4}", window["difference"].as_f64().expect("a number")),
            "the difference",
        );
        for key in ["answers", "labelled", "conflicts"] {
            has(
                &shown,
                &counted(labelled["coverage"][key].as_u64().expect("a count")),
                key,
            );
        }
    }
    let scores = windows("versions")[0]["scores"]
        .as_array()
        .expect("bins")
        .clone();
    assert_eq!(scores.len(), 20, "{told:#}");
    for bin in &scores {
        has(
            &shown,
            &format!(
                "{} of test rows",
                percent(bin["test"].as_f64().expect("a share"))
            ),
            "a bin",
        );
    }
    has(
        &shown,
        &counted(told["outcomes"]["recorded"].as_u64().expect("a count")),
        "the labels",
    );

    page(
        &server,
        &format!("/ui/models/{MODEL}/drift?of=nothing"),
        None,
    )
    .expect(400);
    page(
        &server,
        &format!("/ui/models/{MODEL}/live?window=later"),
        None,
    )
    .expect(400);
    let none = page(
        &server,
        &format!("/ui/models/{MODEL}/drift?at=2000-01-01T00:00:00Z"),
        None,
    );
    has(
        &none.expect(200).text(),
        "no comparison of this time",
        "a time without one",
    );
}

/// A share as pages write it.
fn percent(share: f64) -> String {
    match 100.0 * share {
        exact if exact == 0.0 || exact >= 10.0 => format!("{exact:.0} %"),
        small => format!("{small:.1} %"),
    }
}

#[test]
fn live_quality_and_drift_are_gauges_and_may_make_a_model_stale() {
    let project = answered();
    project.set_all([
        ("health.min_live_score", json!(0.99)),
        ("health.max_label_age", json!(30.0)),
    ]);
    let server = Server::of(&project, &[]);
    let stale = format!("unseat_model_stale{{model=\"{MODEL}\",reason=\"live_score\"}} 1");
    let told = server.until("/metrics", |answer| answer.text().contains(&stale));
    let text = told.text();
    let live = server
        .get(&format!("/models/{MODEL}/live"))
        .expect(200)
        .json();
    let whole = &live["versions"].as_array().expect("versions")[0];
    let line = |name: &str, labels: &str| -> f64 {
        let begins = format!("{name}{{{labels}");
        let found = text.lines().find(|line| line.starts_with(&begins));
        let found = found.unwrap_or_else(|| panic!("{begins} is not in {text}"));
        let value = found.rsplit(' ').next().expect("a value");
        value.parse().expect("a number")
    };
    let of_metric = format!("metric=\"f1\",model=\"{MODEL}\",version=\"1\"");
    let number = |value: &Value| value.as_f64().expect("a number");
    assert_eq!(
        line("unseat_live_score", &of_metric),
        number(&whole["labelled"]["score"])
    );
    assert_eq!(
        line("unseat_live_estimated_score", &of_metric),
        number(&whole["estimated"]["value"])
    );
    let low = format!("end=\"low\",{of_metric}");
    assert_eq!(
        line("unseat_live_score_bound", &low),
        number(&whole["labelled"]["interval"]["low"])
    );
    let own = format!("model=\"{MODEL}\",version=\"1\"");
    assert_eq!(line("unseat_live_answers", &own), 600.0);
    assert_eq!(line("unseat_live_labelled_answers", &own), 450.0);
    assert_eq!(
        line(
            "unseat_labels_total",
            &format!("model=\"{MODEL}\",outcome=\"recorded\"")
        ),
        450.0
    );
    let drift = server
        .get(&format!("/models/{MODEL}/drift?of=data"))
        .expect(200)
        .json();
    let column = &drift["features"][0];
    let labels = format!("column={},model=\"{MODEL}\",rows=\"data\"", column["name"]);
    assert_eq!(
        line("unseat_drift_effect", &labels),
        number(&column["effect"])
    );
    assert_eq!(
        line(
            "unseat_model_stale",
            &format!("model=\"{MODEL}\",reason=\"live_score\"")
        ),
        1.0
    );
    assert_eq!(
        line(
            "unseat_model_stale",
            &format!("model=\"{MODEL}\",reason=\"unlabelled\"")
        ),
        0.0
    );
    assert_sound_metrics(&told.body);
    let stale = project.json(&["diagnose"])["stale"].clone();
    let says = stale[0]["says"].as_str().expect("why");
    assert!(says.contains("by 450 labels"), "{stale:#}");
}

#[test]
fn who_changed_a_schedule_stands_on_the_page_of_changes() {
    let project = Project::promoted();
    project.ok(&[
        "schedule",
        "set",
        "15 3 * * *",
        "--timezone",
        "Europe/Berlin",
    ]);
    project.ok(&["schedule", "pause"]);
    project.ok(&["schedule", "pause"]);
    // A paused schedule is told as such, and no date stands beside it.
    let paused = project.json(&["schedule", "show"]);
    assert_eq!(
        (&paused[0]["is_paused"], &paused[0]["next"]),
        (&json!(true), &Value::Null)
    );
    project.ok(&["schedule", "resume"]);
    project.ok(&["schedule", "unset"]);
    let server = Server::of(&project, &[]);
    let shown = page(&server, "/ui/changes", None).expect(200).text();
    for words in [
        "set schedule",
        "15 3 * * * in Europe/Berlin",
        "resume schedule",
        "unset schedule",
        "tester",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    // What was paused already was not paused again.
    assert_eq!(shown.matches("pause schedule").count(), 1, "{shown}");
}

#[test]
fn a_project_says_how_ready_it_is() {
    let project = answered();
    let told = project.json(&["ml-test-score"]);
    let score = &told[0];
    let sections = score["sections"].as_array().expect("sections");
    assert_eq!(sections.len(), 4, "{told:#}");
    let mut least = f64::INFINITY;
    for section in sections {
        let tests = section["tests"].as_array().expect("tests");
        assert_eq!(tests.len(), 7, "{section:#}");
        let points = tests.iter().map(|test| match test["done"].as_str() {
            Some("automated") => 1.0,
            Some("by_hand") => 0.5,
            _ => 0.0,
        });
        let points: f64 = points.sum();
        assert_eq!(section["points"], json!(points), "{section:#}");
        least = least.min(points);
    }
    assert_eq!(score["score"], json!(least));
    let of = |id: &str| -> Value {
        let mut tests = sections
            .iter()
            .flat_map(|it| it["tests"].as_array().expect("tests"));
        tests
            .find(|test| test["id"] == id)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(
        of("monitoring 7")["done"],
        "automated",
        "labels came: {told:#}"
    );
    assert_eq!(
        of("monitoring 4")["done"],
        "no",
        "no bound is set: {told:#}"
    );
    project.set("health.max_days_untrained", 7.0);
    let text = project.ok(&["ml-test-score"]).shown();
    assert!(text.contains("`health.max_days_untrained` is 7"), "{text}");
}

/// A registry's index for whoever asks: every package has one newer version.
fn index(asked: std::net::TcpListener) {
    use std::io::{BufRead, BufReader, Write};
    for connection in asked.incoming() {
        let Ok(mut connection) = connection else {
            return;
        };
        let mut lines = BufReader::new(connection.try_clone().expect("a copy")).lines();
        // Up to the empty line.
        while lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
        {}
        let lock = include_str!("../../Cargo.lock");
        let versions = lock
            .lines()
            .filter_map(|line| line.strip_prefix("version = "));
        let mut body: String = versions
            .map(|it| format!("{{\"vers\":{it},\"yanked\":false}}\n"))
            .collect();
        body += "{\"vers\":\"9999.0.0\",\"yanked\":false}\n";
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = connection.write_all((head + &body).as_bytes());
    }
}

#[test]
fn dependencies_are_held_against_the_index_that_cargo_names() {
    let project = Project::empty();
    let configured = |url: &str| {
        let text = format!(
            "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"sparse+{url}\"\n"
        );
        project.write(".cargo/config.toml", &text);
    };
    let states = |told: &Value| -> Vec<String> {
        let all = told["dependencies"].as_array().expect("a list").iter();
        all.map(|it| it["state"].as_str().expect("a state").to_string())
            .collect()
    };
    // Nobody listens there.
    configured("http://127.0.0.1:1/gone/");
    let told = project.json(&["diagnose", "--outdated"]);
    let gone = states(&told);
    assert!(
        gone.len() > 10 && gone.iter().all(|state| state == "unknown"),
        "{told:#}"
    );
    assert!(
        told["dependencies"][0]["reason"]
            .as_str()
            .is_some_and(|why| why.contains("cannot be reached")),
        "{told:#}"
    );

    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    std::thread::spawn(move || index(port));
    configured(&format!("http://{address}/index/"));
    let told = project.json(&["diagnose", "--outdated"]);
    assert!(
        states(&told).iter().all(|state| state == "outdated"),
        "{told:#}"
    );
    assert_eq!(told["dependencies"][0]["newest"], "9999.0.0", "{told:#}");
}
