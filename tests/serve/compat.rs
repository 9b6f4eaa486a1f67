//! The calls of other systems, as their own clients make them.

mod clients;
mod flights;
mod mlflow;
mod risk;
mod switch;
mod texts;
mod versioned;
mod ways;

use serde_json::{Value, json};

use super::{Answer, Server};
use crate::support::Project;

/// A row of the sample's columns.
fn row() -> Value {
    json!({"lastmonth_activity": 120, "lastyear_activity": 1024, "number_of_employees": 12})
}

/// Class and P(positive) of each row, as the native call says them.
fn native(server: &Server, rows: &[Value]) -> Vec<(Value, f64)> {
    let answer = server
        .post("/prediction", &json!({"rows": rows}))
        .expect(200);
    let answer = answer.json();
    let predictions = answer["predictions"].as_array().expect("predictions");
    let pair = |it: &Value| {
        let p = it["probability"].as_f64().expect("a probability");
        (it["prediction"].clone(), p)
    };
    predictions.iter().map(pair).collect()
}

/// Rows of the sample's columns of which some are of either class.
fn rows() -> Vec<Value> {
    [(120, 1024, 12), (39, 1841, 26), (900, 9000, 2), (44, 2073, 35)]
        .map(|(month, year, n)| {
            json!({"lastmonth_activity": month, "lastyear_activity": year, "number_of_employees": n})
        })
        .to_vec()
}

/// A project whose model has a text column, numbers, and text classes.
fn of_messages(classes: &[&str]) -> Project {
    let project = Project::empty();
    let mut csv = String::from("text,label\n");
    for at in 0..120 {
        let class = at % classes.len();
        csv.push_str(&format!(
            "about {},{}\n",
            classes[class].to_lowercase(),
            classes[class]
        ));
    }
    learn(&project, "messages", "label", &csv);
    project
}

/// Trains a model on a CSV text, which is its test data, too, and promotes it whatever the gate says of that.
fn learn(project: &Project, name: &str, target: &str, csv: &str) {
    project.write("data/rows.csv", csv);
    project.write("test/rows.csv", csv);
    let config = json!({
        "input_folder_path": "data", "output_folder_path": "ingested", "test_data_path": "test",
        "output_model_path": "models", "prod_deployment_path": "production",
        "name": name, "target": target, "score": {"replicates": 100}, "gate": {"first": "promote"},
    });
    project.write("config.json", &config.to_string());
    project.ok(&["run"]);
    let champion = &project.json(&["models", "list"])[0]["champion"];
    assert_eq!(champion["version"], 1);
}

/// Asserts status and body of what a request is rejected with.
#[track_caller]
fn rejected(answer: Answer, status: u16, body: &Value) {
    let told = answer.expect(status).json();
    assert_eq!(&told, body);
}
