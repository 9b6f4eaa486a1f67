//! The text case: a column of texts, a class each, and the service that sorts one text.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::Project;

/// Texts about three things, with line breaks, quotes and other scripts in them.
fn texts(n: usize, seed: u64) -> String {
    let subjects = [
        (
            "oil",
            ["crude oil barrel", "opec output", "refinery \"light\" oil"],
        ),
        (
            "grain",
            [
                "wheat harvest",
                "corn and\nmaize shipment",
                "soja für Größe",
            ],
        ),
        (
            "bank",
            ["interest rate cut", "lending bank", "taux d'intérêt élevé"],
        ),
    ];
    let fillers = [
        "the report said",
        "prices in march",
        "up two pct",
        "officials added that",
        "东京 market",
    ];
    let mut state = seed | 1;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut csv = String::from("text,category\n");
    for at in 0..n {
        let (class, words) = subjects[random(3)];
        let mut text = format!("note {at} {}", fillers[random(5)]);
        for _ in 0..1 + random(3) {
            write!(text, " {} {}", words[random(3)], fillers[random(5)]).expect("a word");
        }
        writeln!(csv, "\"{}\",{class}", text.replace('"', "\"\"")).expect("a line");
    }
    csv
}

#[test]
fn a_text_is_sorted_alike_by_file_by_row_and_by_the_service() {
    let project = Project::empty();
    project.write("data/texts.csv", &texts(600, 1));
    project.write("test/texts.csv", &texts(200, 2));
    let config = json!({
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "name": "subjects", "target": "category", "learner": {"kind": "text"},
        "features": {"text": {"words": [1, 1], "max_features": 60}},
        "score": {"replicates": 100}, "gate": {"replicates": 200},
    });
    project.write("config.json", &config.to_string());
    let run = project.json(&["run"]);
    assert_eq!(run["verdict"], "promote", "{run}");
    let score = run["scores"]["challenger"]["f1"].as_f64();
    assert!(score.is_some_and(|score| score > 0.97), "{run}");
    let predicted = project.ok(&["predict", "test/texts.csv", "--json"]);
    let predicted: Vec<Value> = predicted
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    let server = Server::of(&project, &[]);
    let rows: Vec<Value> = predicted
        .iter()
        .map(|row| json!({"text": row["text"]}))
        .collect();
    let answer = server
        .post("/prediction", &json!({"rows": rows, "explain": true}))
        .expect(200)
        .json();
    for (found, wanted) in answer["predictions"]
        .as_array()
        .expect("rows")
        .iter()
        .zip(&predicted)
    {
        assert_eq!(found["prediction"], wanted["prediction"]);
        let of = format!(
            "probability_{}",
            found["prediction"].as_str().expect("a class")
        );
        assert_eq!(found["probability"], wanted[of], "{wanted}");
        assert!(
            found["contributions"]["columns"]["text"].is_number(),
            "{found}"
        );
    }
    let sorted = server
        .get("/prediction?model_id=subjects&text=crude%20oil%20output&n_top=3")
        .expect(200)
        .json();
    assert_eq!(
        sorted["prediction"].as_array().map(Vec::len),
        Some(3),
        "{sorted}"
    );
    let row = json!({"rows": [{"text": "crude oil output"}]});
    let same = server.post("/prediction", &row).expect(200).json();
    assert_eq!(
        sorted["prediction"][0][0],
        same["predictions"][0]["prediction"]
    );
    assert_eq!(
        sorted["prediction"][0][1],
        same["predictions"][0]["probability"]
    );
}
