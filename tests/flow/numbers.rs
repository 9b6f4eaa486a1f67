//! A model of numbers, from generated files to a served answer, and what is said where classes are asked of it.

use serde_json::{Value, json};

use crate::serve::Server;
use crate::support::{MODEL, Project};

/// Rows of `size,age,district,price`: the price follows the first three with some noise, which `spread` widens.
pub(super) fn rows(begin: usize, n: usize, spread: f64) -> String {
    let mut text = "size,age,district,price\n".to_string();
    for row in begin..begin + n {
        let mix = |times: usize, of: usize| (row * times + row / 7) % of;
        let (size, age, district) = (20 + mix(37, 120), mix(11, 60), mix(5, 3));
        let noise = spread * (mix(89, 41) as f64 - 20.0);
        let price = 3.25 * size as f64 - 1.5 * age as f64 + [0.0, 40.5, 90.25][district] + noise;
        let district = ["north", "south", "harbour"][district];
        text += &format!("{size},{age},{district},{price}\n");
    }
    text
}

/// A project of prices whose version 1 learned from few and noisy rows.
pub(super) fn prices() -> Project {
    let project = Project::empty();
    project.write(
        "config.json",
        &json!({
            "input_folder_path": "input", "output_folder_path": "data", "test_data_path": "test",
            "output_model_path": "models", "prod_deployment_path": "live", "name": MODEL,
            "score": {"replicates": 100}, "gate": {"replicates": 200},
        })
        .to_string(),
    );
    project.write("input/a.csv", &rows(0, 60, 12.0));
    project.write("test/a.csv", &rows(5000, 150, 1.0));
    project
}

fn near(value: &Value, expected: f64, by: f64) {
    let found = value.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= by, "{value} is not {expected}");
}

#[test]
fn numbers_are_learned_compared_promoted_and_predicted() {
    let project = prices();
    let first = project.json(&["run"]);
    assert_eq!(first["outcome"], "promote", "{first:#}");
    assert_eq!(first["scores"]["metric"], "r2");
    let version = |number: i64, file: &str| {
        let bytes = std::fs::read(project.version_file(number, file)).expect("reads");
        String::from_utf8(bytes).expect("is text")
    };
    let first_score: f64 = version(1, "latestscore.txt")
        .trim()
        .parse()
        .expect("a number");

    project.write("input/b.csv", &rows(100, 500, 1.0));
    let second = project.json(&["run"]);
    assert_eq!(second["outcome"], "promote", "{second:#}");
    assert!(first_score < 0.99);
    near(&second["scores"]["champion"]["r2"], first_score, 1e-12);
    assert!(second["scores"]["challenger"]["r2"].as_f64() > Some(first_score));
    let decision: Value = serde_json::from_str(&version(2, "decision.json")).expect("JSON");
    let rules = decision["rules"].as_array().expect("rules").iter();
    let of = |name: &str| {
        let found = rules.clone().find(|rule| rule["name"] == name);
        found.map(|rule| rule["outcome"].clone())
    };
    assert_eq!(of("better"), Some(json!("pass")));
    assert_eq!(of("beat_baselines"), Some(json!("pass")));
    assert_eq!(of("min_positives"), Some(json!("skipped")));
    assert_eq!(decision["baselines"][0][0], "always_mean");
    for picture in ["predicted_true.png", "residuals.png"] {
        assert!(project.version_file(2, picture).exists());
    }
    assert!(!project.version_file(2, "confusion_matrix.png").exists());
    assert!(version(2, "model_card.md").contains("A row is given a number"));

    assert!(project.ok(&["versions"]).stdout.contains("r2"));
    assert!(
        project
            .ok(&["versions", "show"])
            .stdout
            .contains("price (a number)")
    );
    assert!(
        project
            .ok(&["gate", "explain", "2"])
            .stdout
            .contains("comes nearer")
    );
    project.write("policy.json", r#"{"min_relative_gain": 5.0}"#);
    let replayed = project.json(&["gate", "replay", "--policy", "policy.json"]);
    assert!(
        replayed.to_string().contains("a relative gain of"),
        "{replayed:#}"
    );
    assert_eq!(project.json(&["run"])["outcome"], "nothing_new");

    // Other test rows: the champion is scored again on them, and does as well.
    project.write("test/a.csv", &rows(7000, 150, 1.0));
    assert_eq!(project.json(&["run"])["outcome"], "rescored");

    project.write("new.csv", "size,age,district\n100,10,south\n100,10,\n");
    project.ok(&["predict", "new.csv", "--output", "out.csv"]);
    let out = project.read("out.csv");
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("size,age,district,prediction"));
    let predicted: f64 = lines
        .next()
        .and_then(|line| line.rsplit(',').next()?.parse().ok())
        .expect("a number");
    assert!(
        (predicted - (325.0 - 15.0 + 40.5)).abs() < 6.0,
        "{predicted}"
    );
    served(&project, predicted);
}

/// Every protocol says the same number, or clearly that there is no class.
fn served(project: &Project, predicted: f64) {
    let server = Server::of(project, &[]);
    let row = json!({"size": 100, "age": 10, "district": "south"});
    let asked = |more: Value| {
        let mut body = json!({"rows": [row]});
        for (key, value) in more.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        server.post("/prediction", &body)
    };
    let native = asked(json!({})).expect(200).json();
    let first = &native["predictions"][0];
    near(&first["prediction"], predicted, 0.0);
    assert!(first.get("probability").is_none(), "{native}");
    let explained = asked(json!({"explain": true})).expect(200).json();
    let parts = &explained["predictions"][0]["contributions"];
    let sum: f64 = parts["columns"]
        .as_object()
        .expect("columns")
        .values()
        .filter_map(Value::as_f64)
        .sum();
    near(
        &json!(sum + parts["bias"].as_f64().unwrap_or(f64::NAN)),
        predicted,
        1e-9,
    );
    for (key, value) in [
        ("threshold", json!(0.5)),
        ("probabilities", json!(true)),
        ("top_n", json!(2)),
    ] {
        let rejected = asked(json!({key: value})).expect(422).text();
        assert!(
            rejected.contains(key) && rejected.contains("predicts numbers"),
            "{rejected}"
        );
    }

    let ml = |body: Value| server.post("/invocations", &body);
    let records = json!([row]);
    let answered = ml(json!({"dataframe_records": records})).expect(200).json();
    near(&answered["predictions"][0], predicted, 0.0);
    for params in [
        json!({"threshold": 0.5}),
        json!({"predict_method": "predict_proba"}),
    ] {
        let rejected = ml(json!({"dataframe_records": records, "params": params}));
        assert!(rejected.expect(400).text().contains("predicts numbers"));
    }

    let metadata = server.get("/v2/models/attrition").expect(200).json();
    assert_eq!(
        metadata["outputs"],
        json!([{"name": "predict", "datatype": "FP64", "shape": [-1]}])
    );
    let inputs = json!([
        {"name": "size", "shape": [1], "datatype": "INT64", "data": [100]},
        {"name": "age", "shape": [1], "datatype": "INT64", "data": [10]},
        {"name": "district", "shape": [1], "datatype": "BYTES", "data": ["south"]},
    ]);
    let infer = |body: &Value| server.post("/v2/models/attrition/infer", body);
    let answered = infer(&json!({"inputs": inputs})).expect(200).json();
    assert_eq!(answered["outputs"].as_array().map(Vec::len), Some(1));
    assert_eq!(answered["outputs"][0]["datatype"], "FP64");
    near(&answered["outputs"][0]["data"][0], predicted, 0.0);
    let outputs = json!([{"name": "predict_proba"}]);
    infer(&json!({"inputs": inputs, "outputs": outputs})).expect(400);
    let v1 = server.post("/v1/models/attrition:predict", &json!({"instances": [row]}));
    near(&v1.expect(200).json()["predictions"][0], predicted, 0.0);

    let risk = server.post("/predict", &json!({"data": [row]})).expect(200);
    near(&risk.json()["predictions"][0], predicted, 0.0);
    let flights = server
        .post("/predict", &json!({"flights": [row]}))
        .expect(200);
    near(&flights.json()["predict"][0], predicted, 0.0);
    let mut with_id = row.clone();
    with_id["id"] = json!("a-1");
    let versioned = server
        .post("/champion/predict", &with_id)
        .expect(200)
        .json();
    near(&versioned["prediction"], predicted, 0.0);
    let texts = server
        .get("/prediction?model_id=attrition&text=south")
        .expect(400);
    assert!(
        texts.text().contains("predicts numbers"),
        "{}",
        texts.text()
    );

    let scoring = server.get("/scoring").expect(200).json();
    assert_eq!(
        (&scoring["metric"], &scoring["rows"]),
        (&json!("r2"), &json!(150))
    );
    assert!(server.get("/models").expect(200).json()[0]["score"].is_number());
    let metrics = server.get("/metrics").expect(200).text();
    assert!(metrics.contains("prediction=\"number\""), "{metrics}");
}

#[test]
fn a_gain_that_is_too_small_is_no_reason_to_change_and_another_task_is_no_challenger() {
    let project = prices();
    project.set("gate.min_absolute_gain", 0.9);
    project.ok(&["run"]);
    project.write("input/b.csv", &rows(100, 500, 1.0));
    let second = project.json(&["run"]);
    assert_eq!(second["outcome"], "reject", "{second:#}");
    assert!(
        second["reasons"]
            .to_string()
            .contains("less than the 0.900 required")
    );

    project.set("target", "district");
    project.write("input/c.csv", &rows(700, 50, 1.0));
    let rejected = project.unseat(&["run"]);
    assert_eq!(rejected.code(), 1);
}

#[test]
fn the_policy_of_a_threshold_stays_when_versions_change() {
    let project = Project::new();
    project.set(
        "learner",
        json!({"decision": {"by": "capacity", "capacity": 0.1}}),
    );
    project.ok(&["run"]);
    project.ok(&["run", "--input", "sourcedata", "--force"]);
    let mut thresholds = Vec::new();
    for number in [1, 2] {
        let path = project.version_file(number, "trainedmodel.json");
        let text = std::fs::read_to_string(path).expect("reads");
        assert!(
            text.contains("\"capacity\":0.1"),
            "the policy stands in the bundle"
        );
        let card = project.version_file(number, "model_card.md");
        let card = std::fs::read_to_string(card).expect("reads");
        let said = "at most 10 % of 350 training rows (each predicted by a model fitted without it";
        assert!(card.contains(said), "{card}");
        let bundle: Value = serde_json::from_str(&text).expect("JSON");
        let threshold = bundle["bundle"]["threshold"].as_f64();
        thresholds.push(threshold.or(bundle["threshold"].as_f64()));
    }
    assert!(
        thresholds.iter().all(|threshold| *threshold > Some(0.5)),
        "{thresholds:?}"
    );
    assert_ne!(thresholds[0], thresholds[1]);
    project.set("learner", json!({"decision": {"by": "cost"}}));
    let rejected = project.unseat(&["config", "check"]);
    assert_eq!(rejected.code(), 2);
    assert!(
        rejected.shown().contains("learner.decision.by"),
        "{}",
        rejected.shown()
    );
}

/// Three classes that overlap, `alert` the rarest.
fn states(begin: usize, n: usize) -> String {
    let mut text = "heat,load,state\n".to_string();
    for row in begin..begin + n {
        let (heat, load) = ((row * 37) % 101, (row * 53 + row / 9) % 67);
        let score = heat + load + (row * 29) % 45;
        let state = match score {
            ..90 => "idle",
            90..140 => "busy",
            _ => "alert",
        };
        text += &format!("{heat},{load},{state}\n");
    }
    text
}

#[test]
fn a_cost_matrix_decides_in_scoring_predict_and_over_http_alike() {
    let alerts = |decision: Value| {
        let project = prices();
        project.set("learner", json!({"decision": decision}));
        project.write("input/a.csv", &states(0, 400));
        project.write("test/a.csv", &states(3000, 120));
        let run = project.json(&["run"]);
        assert_eq!(run["outcome"], "promote", "{run:#}");
        project.ok(&["predict", "test/a.csv", "--output", "out.csv"]);
        let out = project.read("out.csv");
        let predicted: Vec<String> = out
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').nth(3).map(str::to_string))
            .collect();
        let confusion = &run["scores"]["challenger"]["confusion"];
        let scored: u64 = (0..3).filter_map(|row| confusion[row][0].as_u64()).sum();
        let server = Server::of(&project, &[]);
        let rows: Vec<Value> = out
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<&str> = line.split(',').collect();
                json!({"heat": cells[0], "load": cells[1]})
            })
            .collect();
        let answered = server.post("/prediction", &json!({"rows": rows}));
        let answered = answered.expect(200).json();
        for (row, label) in predicted.iter().enumerate() {
            assert_eq!(answered["predictions"][row]["prediction"], json!(label));
        }
        let n = predicted.iter().filter(|label| *label == "alert").count();
        assert_eq!(n as u64, scored, "the first class, as it was scored");
        n
    };
    let matrix = json!({"alert": {"idle": 20, "busy": 20}});
    let usual = alerts(json!({"by": "metric"}));
    let costly = alerts(json!({"by": "cost", "cost_matrix": matrix}));
    assert!(costly > usual, "{costly} and {usual} rows");

    let project = prices();
    let matrix = json!({"alarm": {"idle": 20}});
    project.set(
        "learner",
        json!({"decision": {"by": "cost", "cost_matrix": matrix}}),
    );
    project.write("input/a.csv", &states(0, 400));
    project.write("test/a.csv", &states(3000, 120));
    let rejected = project.unseat(&["run"]).shown();
    assert!(
        rejected.contains("names the class `alarm`, which no row has"),
        "{rejected}"
    );
}
