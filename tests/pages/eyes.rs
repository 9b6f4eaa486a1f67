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
pub(super) fn answered() -> Project {
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
