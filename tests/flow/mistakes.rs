//! Mistakes that other systems made and that were reported of them, tried on this one.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::Project;

/// Rows that are the same on every machine; of the positives, every `spoiled`-th is called negative (0: none).
fn rows(seed: u64, n: usize, spoiled: usize) -> String {
    let mut state = seed;
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut text = "a,b,y\n".to_string();
    let mut positives = 0;
    for _ in 0..n {
        let (a, b) = (uniform(), uniform());
        let p = 1.0 / (1.0 + (-6.0 * (a - 0.5) - 3.0 * (b - 0.5)).exp());
        let mut y = uniform() < p;
        positives += usize::from(y);
        if y && spoiled > 0 && positives.is_multiple_of(spoiled) {
            y = false;
        }
        let _ = writeln!(text, "{a:.4},{b:.4},{}", u8::from(y));
    }
    text
}

fn project(evidence: &str) -> Project {
    project_of(evidence, 800, json!({}))
}

fn project_of(evidence: &str, test_rows: usize, split: Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"}, "split": split,
        "gate": {"replicates": 500, "evidence": evidence},
    });
    project.write("config.json", &config.to_string());
    project.write("practicedata/a.csv", &rows(3, 600, 0));
    project.write("testdata/rows.csv", &rows(5, test_rows, 0));
    let report = project.json(&["run"]);
    assert_eq!(report["champion"], 1, "{report:#}");
    project
}

fn rule<'a>(decision: &'a Value, name: &str) -> &'a Value {
    let rules = decision["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["name"] == name).expect(name)
}

/// The champion's score was the challenger's; a release was compared with itself.
#[test]
fn a_model_is_never_better_than_itself() {
    for evidence in ["labels", "two_keys"] {
        let project = project(evidence);
        let report = project.json(&["run", "--force"]);
        assert_eq!(
            (&report["outcome"], &report["champion"]),
            (&json!("reject"), &json!(1))
        );
        let decision = project.json(&["gate", "explain", "2"]);
        assert_eq!(
            rule(&decision, "differs_from_champion")["outcome"],
            "reject"
        );
        assert_eq!(decision["comparison"]["delta"], 0.0);
    }
}

/// A fixed margin let a version in by one row of a small test set.
#[test]
fn a_gain_of_a_thousandth_on_two_hundred_rows_cannot_be_told() {
    let project = project_of("labels", 200, json!({"fold_rows": 0}));
    project.write("practicedata/b.csv", &rows(37, 300, 0));
    let report = project.json(&["run"]);
    assert_eq!(
        (&report["outcome"], &report["champion"]),
        (&json!("inconclusive"), &json!(1)),
        "{report:#}"
    );
    let under = |policy: &str| {
        project.write("policy.json", policy);
        let replayed = project.json(&["gate", "replay", "--policy", "policy.json"]);
        replayed["replayed"][1]["now"].clone()
    };
    assert_eq!(under(r#"{"require": "naive"}"#), "promote");
    assert_ne!(under(r#"{"evidence": "two_keys"}"#), "promote");
}

/// Degraded data replaced a good model.
#[test]
fn a_model_of_degraded_data_is_rejected_with_the_numbers() {
    for evidence in ["labels", "two_keys"] {
        let project = project(evidence);
        // What was positive is negative, and the other way round.
        let turned: String = rows(9, 2000, 0)
            .lines()
            .map(|line| match line.strip_suffix(",1") {
                Some(cells) => format!("{cells},0\n"),
                None => line
                    .strip_suffix(",0")
                    .map_or(format!("{line}\n"), |cells| format!("{cells},1\n")),
            })
            .collect();
        project.write("practicedata/b.csv", &turned);
        let report = project.json(&["run"]);
        assert_eq!(
            (&report["outcome"], &report["champion"]),
            (&json!("reject"), &json!(1)),
            "{report:#}"
        );
        let why = report["reasons"].to_string();
        assert!(why.contains("F1 0.") || why.contains("F1 falls"), "{why}");
    }
}

/// A batch of which a third of the positives is wrong, and whose own rows say that it is better.
#[test]
fn a_spoiled_batch_does_not_outvote_the_test_rows() {
    let project = project("two_keys");
    project.write("practicedata/b.csv", &rows(11, 600, 3));
    let report = project.json(&["run"]);
    assert_ne!(report["outcome"], "promote", "{report:#}");
    let decision = project.json(&["gate", "explain", "2"]);
    let judged = &decision["judgement"];
    assert!(
        judged["out_of_fold_rows"].as_u64() >= Some(500),
        "{judged:#}"
    );
    assert!(
        judged["trusted"]["probability"].as_f64() < Some(0.8),
        "{judged:#}"
    );
}

/// Most of the test rows had been learned from.
#[test]
fn test_rows_that_were_learned_from_are_found_and_reject() {
    for evidence in ["labels", "two_keys"] {
        let project = project(evidence);
        let test = project.read("testdata/rows.csv");
        let known: Vec<&str> = test.lines().take(641).collect();
        project.write("practicedata/b.csv", &format!("{}\n", known.join("\n")));
        let report = project.json(&["run"]);
        assert_eq!(report["outcome"], "reject", "{report:#}");
        let decision = project.json(&["gate", "explain", "2"]);
        let leaked = rule(&decision, "max_leakage");
        assert_eq!(leaked["outcome"], "reject", "{leaked:#}");
        assert!(leaked["value"].as_f64() >= Some(0.79), "{leaked:#}");
    }
}

/// A rollback reported success and changed nothing.
#[test]
fn after_a_rollback_the_version_before_answers() {
    let project = project("labels");
    project.write("practicedata/b.csv", &rows(13, 900, 0));
    if project.json(&["run"])["champion"] == 1 {
        project.ok(&["promote", "2", "--reason", "drill"]);
    }
    let served = |version: i64| {
        let server = Server::of(&project, &[]);
        let answer = server
            .post("/prediction", &json!({"rows": [{"a": 0.1, "b": 0.2}]}))
            .expect(200)
            .json();
        let (is_well, talk) = server.stop(rustix::process::Signal::TERM);
        assert!(is_well, "{talk}");
        assert_eq!(answer["version"], version, "{answer:#}");
    };
    served(2);
    project.ok(&["rollback", "--reason", "drill"]);
    served(1);
    // There is none before the first: that is no success.
    let none = project.unseat(&["rollback", "--reason", "drill"]);
    assert_eq!(none.code(), 1, "{}", none.shown());
    served(1);
}
