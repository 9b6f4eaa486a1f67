//! The main job from one command: files to a deployed, reported model, and everything that is asked of it afterwards.

mod accumulate;
mod auto;
mod backtest;
mod calibration;
mod champion;
mod columns;
mod data;
mod explain;
mod flagged;
mod gate;
mod kinds;
mod leaks;
mod learned;
mod logged_requests;
mod mistakes;
mod models;
mod nearly;
mod numbers;
mod output;
mod own_columns;
mod predict;
mod retune;
mod stages;
mod times;

use serde_json::json;

use crate::support::{MODEL, Project, sha256};

/// Files of every version.
const VERSION_FILES: &[&str] = &[
    "calibration.png",
    "coefficients.png",
    "confusion_matrix.png",
    "decision.json",
    "history.png",
    "importance.png",
    "latestscore.txt",
    "model_card.md",
    "precision_recall.png",
    "predictions.parquet",
    "report.html",
    "roc.png",
    "score.json",
    "trainedmodel.json",
    "version.json",
];

#[test]
fn practice_makes_version_1_source_unseats_it_and_then_there_is_nothing_new() {
    let project = Project::new();
    let first = project.json(&["run"]);
    assert_eq!(first["outcome"], "promote");
    assert_eq!(first["champion"], 1);
    assert_eq!(first["scores"]["champion"], json!(null));

    let second = project.json(&["run", "--input", "sourcedata"]);
    assert_eq!(second["outcome"], "promote", "{second:#}");
    assert_eq!(
        (&second["version"], &second["champion"]),
        (&json!(2), &json!(2))
    );
    let decision = project.version_file(2, "decision.json");
    let decision: serde_json::Value =
        serde_json::from_slice(&std::fs::read(decision).expect("reads")).expect("is JSON");
    assert_eq!(decision["verdict"], "promote");
    assert_eq!(decision["reasons"], second["reasons"]);
    let rules = decision["rules"].as_array().expect("rules").iter();
    let outcomes: Vec<String> = rules
        .map(|rule| {
            let word = |key: &str| rule[key].as_str().unwrap_or("?").to_string();
            format!("{} {}", word("name"), word("outcome"))
        })
        .collect();
    insta::assert_snapshot!(outcomes.join("\n"), @r"
    finite_metrics pass
    loads_and_answers_golden_rows pass
    differs_from_champion pass
    beat_baselines pass
    floor skipped
    ceiling skipped
    max_leakage pass
    min_rows pass
    min_positives pass
    min_discordant pass
    better pass
    ");

    let products = project.products();
    for _ in 0..2 {
        let third = project.json(&["run", "--input", "sourcedata"]);
        assert_eq!(third["outcome"], "nothing_new");
        assert_eq!(third["champion"], 2);
        let back = project.json(&["run"]);
        assert_eq!(
            back["outcome"], "nothing_new",
            "practice was concluded before: {back:#}"
        );
    }
    assert_eq!(project.products(), products);
    project.assert_settled();
}

#[test]
fn a_forced_training_on_the_same_data_gives_the_same_model_which_is_rejected() {
    let project = Project::promoted();
    let forced = project.json(&["run", "--force"]);
    assert_eq!(forced["outcome"], "reject", "{forced:#}");
    assert_eq!(
        forced["reasons"][0],
        "the challenger has the same parameters as the champion"
    );
    let explained = project.ok(&["gate", "explain", "2"]).stdout;
    assert!(explained.contains("differs_from_champion"), "{explained}");
    assert!(project.bundle(1) == project.bundle(2));
    assert_eq!(project.assert_settled().champion(), Some(1));
}

#[test]
fn every_file_of_the_contract_is_there_and_says_the_same() {
    let project = Project::promoted();
    let report = project.json(&["run", "--input", "sourcedata"]);
    let books = project.assert_settled();
    let run = report["run"].as_str().expect("an id");
    let version = books.version(2);
    assert_eq!(version.folder, format!("v2_{}", &run[..16]));

    let folder = format!("models/{MODEL}/{}", version.folder);
    let names: Vec<String> = project.hashes(&[&folder]).into_keys().collect();
    let expected: Vec<String> = VERSION_FILES
        .iter()
        .map(|file| format!("{folder}/{file}"))
        .collect();
    assert_eq!(names, expected);
    let mut artifacts: Vec<&str> = report["artifacts"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|file| file.as_str())
        .collect();
    artifacts.sort_unstable();
    assert_eq!(artifacts, expected);

    let list = project.read(&format!("ingesteddata/ingestedfiles_{run}.txt"));
    let line = |file: &str| {
        let bytes = std::fs::read(project.path(&format!("sourcedata/{file}"))).expect("reads");
        format!("{}  {file}\n", sha256(&bytes))
    };
    assert_eq!(list, line("dataset3.csv") + &line("dataset4.csv"));
    assert!(
        project
            .path(&format!("ingesteddata/finaldata_{run}.parquet"))
            .exists()
    );

    let deployed = |file: &str| {
        std::fs::read(project.path(&format!("production_deployment/{file}"))).expect("reads")
    };
    let stored =
        |file: &str| std::fs::read(project.path(&format!("{folder}/{file}"))).expect("reads");
    assert!(deployed("trainedmodel.json") == stored("trainedmodel.json"));
    assert!(deployed("latestscore.txt") == stored("latestscore.txt"));
    assert_eq!(
        String::from_utf8(deployed("ingestedfiles.txt")).expect("text"),
        list
    );
    let score: f64 = project
        .read("production_deployment/latestscore.txt")
        .trim()
        .parse()
        .expect("a number");
    assert_eq!(report["scores"]["challenger"]["f1"], json!(score));
    let manifest = project.read_json("production_deployment/manifest.json");
    assert_eq!(manifest["version"], 2);
    assert_eq!(manifest["run"], run);
    for picture in VERSION_FILES.iter().filter(|file| file.ends_with(".png")) {
        assert_eq!(stored(picture)[..8], *b"\x89PNG\r\n\x1a\n");
    }
    let page = String::from_utf8(stored("report.html")).expect("text");
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "the page needs nothing else"
    );
}

#[test]
fn the_same_seed_and_data_give_the_same_bytes_in_another_project() {
    let (one, other) = (Project::new(), Project::new().with_real_clock());
    for project in [&one, &other] {
        project.ok(&["run"]);
        project.ok(&["run", "--input", "sourcedata"]);
    }
    for number in [1, 2] {
        for file in [
            "trainedmodel.json",
            "predictions.parquet",
            "latestscore.txt",
            "score.json",
        ] {
            let bytes = |project: &Project| {
                std::fs::read(project.version_file(number, file)).expect("reads")
            };
            assert!(
                bytes(&one) == bytes(&other),
                "{file} of version {number} differs"
            );
        }
    }
    let seeded = Project::new();
    seeded.ok(&["run", "--set", "split.seed=43"]);
    assert!(
        seeded.bundle(1) != one.bundle(1),
        "another seed splits otherwise"
    );
}

#[test]
fn a_rejected_pair_of_data_and_settings_is_not_trained_again() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let rows: Vec<String> = project
        .read("practicedata/dataset1.csv")
        .lines()
        .map(str::to_string)
        .collect();
    project.write("olddata/old.csv", &(rows[..180].join("\n") + "\n"));
    let run = ["run", "--input", "olddata", "--detailed-exit-code"];
    let rejected = project.unseat(&run);
    assert!([11, 12].contains(&rejected.code()), "{rejected}");
    let products = project.products();
    assert_eq!(project.unseat(&run).code(), 10);
    assert_eq!(project.products(), products);
    // Other settings are other work.
    let naive = project.unseat(&[
        "run",
        "--input",
        "olddata",
        "--gate",
        "naive",
        "--detailed-exit-code",
    ]);
    assert_ne!(naive.code(), 10, "{naive}");
    assert_eq!(project.assert_settled().champion(), Some(2));
}
