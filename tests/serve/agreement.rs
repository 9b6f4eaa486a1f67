//! What is served is what was scored: over HTTP, from `unseat predict` and at the scoring itself, bit for bit.

use std::path::Path;

use serde_json::Value;
use unseat::data;

use super::Server;
use crate::support::Project;

/// P of each row, as HTTP, `predict` and the stored scoring tell it, for all test rows of a project with a champion.
fn assert_agree(project: &Project, test_file: &Path) {
    let server = Server::of(project, &[]);
    let text = std::fs::read_to_string(test_file).expect("the test file");
    let test_file = test_file.display().to_string();
    let headers = [("content-type", "text/csv")];
    let answer = server
        .send("POST", "/prediction", &headers, text.as_bytes())
        .expect(200)
        .json();
    let told = answer["predictions"].as_array().expect("a list");
    let bits = |row: &Value| row["probability"].as_f64().map(f64::to_bits);
    let served: Vec<_> = told.iter().map(bits).collect();
    assert!(served.len() > 10 && served.iter().all(Option::is_some));

    let predicted = project.ok(&["predict", &test_file, "--json"]).stdout;
    let predicted: Vec<Value> = predicted
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    assert_eq!(served, predicted.iter().map(bits).collect::<Vec<_>>());
    // A row after the other, each as JSON of its own, gives the same again.
    let rows = predicted.iter().take(50).zip(&served);
    for (row, served) in rows {
        let mut row = row.clone();
        let cells = row.as_object_mut().expect("an object");
        cells.retain(|name, _| name != "prediction" && name != "probability");
        let body = serde_json::json!({"rows": [row]});
        let alone = server.post("/prediction", &body).expect(200).json();
        assert_eq!(bits(&alone["predictions"][0]), *served, "{body}");
    }

    let champion = project.books().champion().expect("a champion");
    let stored = data::read_parquet(&project.version_file(champion, "predictions.parquet"));
    let stored = stored.expect("the stored predictions");
    let column = stored
        .columns()
        .iter()
        .find(|column| column.name().starts_with("challenger_prob"))
        .unwrap_or_else(|| panic!("{:?}", stored.schema()));
    let scored: Vec<_> = column
        .f64()
        .expect("numbers")
        .iter()
        .map(|p| p.map(f64::to_bits))
        .collect();
    assert_eq!(served, scored);
}

#[test]
fn http_predict_and_scoring_give_the_same_bits() {
    let project = Project::promoted();
    let file = project.path("testdata/testdata.csv");
    assert_agree(&project, &file);
}

#[test]
fn they_do_on_real_data_with_texts_and_gaps() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/telco_churn");
    if !data.exists() {
        return println!("left out: real data (../shared/data is not here)");
    }
    let project = Project::new();
    let folder = |name: &str| data.join(name).display().to_string();
    project.set("input_folder_path", folder("sourcedata"));
    project.set("test_data_path", folder("testdata"));
    project.set("target", "churn");
    project.set("positive_class", "Yes");
    project.ok(&["run"]);
    assert_agree(&project, &data.join("testdata/testdata.csv"));
}
