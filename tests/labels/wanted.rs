//! Labels that are requested: an open decision names requests, their labels come back, and it is decided again.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{answered_rows, counts, stop};
use crate::serve::Server;
use crate::support::Project;

/// Numbers in 0..1 that are the same on every machine.
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Two columns that say something of the third, and one that says nothing.
    fn row(&mut self) -> [f64; 4] {
        let [a, b, c] = [self.next(), self.next(), self.next()];
        let p = 1.0 / (1.0 + (-3.0 * (a - 0.5) - 2.0 * (b - 0.5)).exp());
        [a, b, c, f64::from(u8::from(self.next() < p))]
    }

    fn file(&mut self, n: usize) -> String {
        let mut text = "a,b,c,y\n".to_string();
        for _ in 0..n {
            let [a, b, c, y] = self.row();
            let _ = writeln!(text, "{a:.4},{b:.4},{c:.4},{y}");
        }
        text
    }
}

/// A project whose second version is neither surely better nor surely worse than the first, and requests in between.
fn undecided() -> Project {
    let project = Project::empty();
    let config = json!({
        "name": "m", "target": "y", "positive_class": "1",
        "input_folder_path": "practicedata", "output_folder_path": "ingesteddata",
        "test_data_path": "testdata", "output_model_path": "models", "prod_deployment_path": "production_deployment",
        "score": {"replicates": 100}, "learner": {"kind": "logistic"},
        "gate": {"replicates": 200, "first": "promote", "evidence": "two_keys", "first_key": 0.9999},
        "server": {"prediction_log": {"sample": 1.0}},
    });
    project.write("config.json", &config.to_string());
    let mut uniform = Uniform(11);
    project.write("practicedata/a.csv", &uniform.file(120));
    project.write("testdata/rows.csv", &uniform.file(300));
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let rows = (0..150).map(|_| {
        let [a, b, c, _] = uniform.row();
        json!({"a": a, "b": b, "c": c})
    });
    answered_rows(&server, &rows.collect::<Vec<_>>());
    stop(server);
    project.write("practicedata/b.csv", &uniform.file(120));
    let report = project.json(&["run"]);
    assert_eq!(report["outcome"], "inconclusive", "{report:#}");
    project
}

fn decision(project: &Project) -> Value {
    project.json(&["gate", "explain", "2"])
}

#[test]
fn labels_that_an_open_decision_asks_for_come_back_with_their_weights() {
    let project = undecided();
    let open = decision(&project);
    let wanted = &open["wanted"];
    assert_eq!(wanted["population"], 150, "{open:#}");
    let last = open["reasons"].as_array().and_then(|all| all.last());
    let last = last.and_then(Value::as_str).expect("a reason");
    assert!(last.contains("`unseat labels wanted` names them"), "{last}");

    let asked = project.json(&["labels", "wanted", "-o", "ask.csv"]);
    let rows = asked["rows"].as_array().expect("rows");
    assert!(rows.len() > 4, "{asked:#}");
    assert_eq!((&asked["version"], &asked["came"]), (&json!(2), &json!(0)));
    // The same draw, however often it is looked at, and over HTTP.
    let server = Server::of(&project, &[]);
    let over_http = server.get("/labels/wanted").expect(200).json();
    assert_eq!(over_http["rows"], asked["rows"]);
    stop(server);

    let sheet = project.read("ask.csv");
    let mut lines = sheet.lines();
    assert_eq!(lines.next(), Some("id,label,source,direction,weight,a,b,c"));
    let filled: Vec<String> = lines
        .enumerate()
        .map(|(at, line)| line.replacen(",,", &format!(",{},", at % 2), 1))
        .collect();
    assert_eq!(filled.len(), rows.len());
    project.write(
        "back.csv",
        &format!(
            "id,label,source\n{}\n",
            filled
                .iter()
                .map(|line| line.split(',').take(3).collect::<Vec<_>>().join(","))
                .collect::<Vec<_>>()
                .join("\n")
        ),
    );
    let taken = project.json(&["labels", "back.csv"]);
    assert_eq!(counts(&taken), &json!({"recorded": rows.len()}));
    let came = project.json(&["labels", "wanted", "2"]);
    assert_eq!(came["came"], rows.len());
    // They speak for rows on which the models differ, so they do not represent how good the answers were.
    let live = project.json(&["labels", "--window", "30d"]);
    assert_eq!(live["versions"][0]["labelled"]["coverage"]["labelled"], 0);

    project.ok(&["deploy", "2"]);
    let anew = decision(&project);
    let told = &anew["judgement"]["asked"];
    let labels: u64 = told["labels"]
        .as_array()
        .expect("two")
        .iter()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(labels, rows.len() as u64, "{anew:#}");
    let rule = anew["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .find(|rule| rule["name"] == "min_discordant");
    let reason = rule
        .and_then(|rule| rule["reason"].as_str())
        .expect("a reason");
    assert!(reason.contains("labels requested"), "{reason}");
    // What a decision used is kept with it.
    let replayed = project.json(&["gate", "replay"]);
    assert_eq!(replayed["replayed"][1]["decision"], anew);

    // Drawn where the models differ, they are not learned from as if they stood for all requests.
    project.set("labels.train", true);
    let report = project.json(&["run", "--force"]);
    assert_eq!(report["fresh"].get("to_learn"), None, "{report:#}");
    assert_eq!(report["data"]["production"], Value::Null, "{report:#}");
}

#[test]
fn nothing_is_wanted_where_nothing_is_open() {
    let project = Project::promoted();
    let none = project.json(&["labels", "wanted"]);
    assert_eq!(
        (&none["rows"], &none["version"]),
        (&json!([]), &Value::Null)
    );
    let says = none["says"].as_str().expect("words");
    assert!(
        says.contains("`gate.evidence: two_keys`, here `labels`"),
        "{says}"
    );
    let server = Server::of(&project, &[]);
    assert_eq!(server.get("/labels/wanted").expect(200).json(), none);
    let strange = server.get("/labels/wanted?version=99");
    assert_eq!(strange.status, 404, "{}", strange.text());
    stop(server);
}
