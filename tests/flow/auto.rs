//! `auto`: what it compares, that it chooses alike again, and that its bound holds.

use serde_json::{Value, json};

use crate::support::{MODEL, Project};

/// Two classes told apart by a product of two columns: no line does that, trees do.
fn rows(begin: usize, n: usize) -> String {
    let mut text = "left,right,place,label\n".to_string();
    for row in begin..begin + n {
        let mix = |times: usize, of: usize| (row * times + row / 7) % of;
        let (left, right) = (mix(37, 101) as f64 - 50.0, mix(53, 89) as f64 - 44.0);
        let label = if left * right > 0.0 { "same" } else { "apart" };
        let place = ["north", "south", "harbour"][mix(5, 3)];
        text += &format!("{left},{right},{place},{label}\n");
    }
    text
}

fn project(learner: &Value) -> Project {
    let project = Project::empty();
    let config = json!({
        "input_folder_path": "input", "output_folder_path": "data", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "live", "name": MODEL,
        "positive_class": "same", "learner": learner,
        "score": {"replicates": 100}, "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    project.write("input/a.csv", &rows(0, 400));
    project.write("test/a.csv", &rows(5000, 200));
    project
}

/// The bundle of version 1, as JSON.
fn bundle(project: &Project) -> Value {
    let copy = std::fs::read(project.path("live/trainedmodel.json")).expect("the champion's copy");
    let envelope: Value = serde_json::from_slice(&copy).expect("JSON");
    envelope["bundle"].clone()
}

#[test]
fn the_best_of_the_stated_candidates_is_chosen_and_chosen_again() {
    let learner = json!({"kind": "auto", "trees": 20, "rounds": 40});
    let (one, other) = (project(&learner), project(&learner));
    let run = one.json(&["run"]);
    let score = run["scores"]["challenger"]["f1"].as_f64();
    assert!(score.is_some_and(|score| score > 0.9), "{run}");
    let bundle_of_one = bundle(&one);
    let board = bundle_of_one["leaderboard"]
        .as_array()
        .expect("a leaderboard");
    assert_eq!(board.len(), 7, "{board:?}");
    let scores: Vec<f64> = board
        .iter()
        .map(|entry| {
            entry["score"]
                .as_f64()
                .expect("every candidate can learn this")
        })
        .collect();
    let best = scores.iter().copied().fold(0.0, f64::max);
    assert!(best - scores[0] < 0.05, "{scores:?}");
    let of_lines = board.iter().filter(|entry| {
        let name = entry["name"].as_str().expect("a name");
        name.starts_with("logistic")
    });
    for entry in of_lines {
        assert!(entry["score"].as_f64() < Some(scores[0]), "{entry}");
    }
    assert_ne!(bundle_of_one["learner"]["kind"], "auto");
    assert_ne!(bundle_of_one["learner"]["kind"], "logistic");
    let page = std::fs::read_to_string(one.version_file(1, "report.html")).expect("the report");
    assert!(
        page.contains("<h2>Candidates</h2>"),
        "the report has the leaderboard"
    );
    other.json(&["run"]);
    assert_eq!(
        bundle(&other),
        bundle_of_one,
        "the same data, settings and seed"
    );
}

#[test]
fn a_bound_on_fits_is_kept_and_told() {
    let project = project(&json!({"kind": "auto", "max_fits": 17}));
    let run = project.ok(&["run"]);
    let told = "`auto` stopped before every candidate was compared (`learner.max_fits` 17";
    assert!(run.stderr.contains(told), "{run}");
    let board = bundle(&project)["leaderboard"].clone();
    let fits: Vec<u64> = board
        .as_array()
        .expect("a leaderboard")
        .iter()
        .map(|entry| entry["fits"].as_u64().expect("a count"))
        .collect();
    assert!(fits.iter().sum::<u64>() <= 17, "{fits:?}");
    assert!(fits.contains(&0), "{fits:?}");
}
