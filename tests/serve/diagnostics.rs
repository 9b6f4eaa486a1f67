//! `/scoring`, `/summarystats`, `/diagnostics`, and `/score`, `/summarise`, `/diagnose`.

use std::fs;

use serde_json::{Value, json};

use super::Server;
use crate::support::{MODEL, Project};

/// The registry's scores of the sample model: `(version, hash of the rows)`.
fn recorded(project: &Project) -> Vec<(i64, String)> {
    project.registry(async |registry| {
        let scores = registry.scores(MODEL).await.expect("reads");
        scores
            .into_iter()
            .map(|score| (score.version.get(), score.rows_hash))
            .collect()
    })
}

/// A test file with the first rows of the sample's.
fn fewer_test_rows(project: &Project, rows: usize) {
    let folder = project.path("testdata");
    let entry = fs::read_dir(&folder).expect("reads").next();
    let path = entry.expect("a file").expect("an entry").path();
    let text = fs::read_to_string(&path).expect("reads");
    let lines: Vec<&str> = text.lines().take(rows + 1).collect();
    fs::write(&path, lines.join("\n") + "\n").expect("writes");
}

#[test]
fn the_score_is_that_of_training_to_the_bit() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answer = server.get("/scoring").expect(200);
    assert_eq!(answer.header("x-model"), Some(MODEL));
    assert_eq!(answer.header("x-model-version"), Some("1"));
    let path = project.version_file(1, "score.json");
    let record: Value = serde_json::from_slice(&fs::read(path).expect("reads")).expect("is JSON");
    let mut scores = record["challenger"].clone();
    let rest = scores.as_object_mut().expect("an object");
    let intervals = rest.remove("intervals").expect("intervals");
    rest.remove("version");
    rest.remove("bundle_sha256");
    let of_f1 = &intervals.as_array().expect("a list")[0];
    assert_eq!(of_f1["metric"], "f1");
    let interval = json!({
        "low": of_f1["interval"]["low"], "high": of_f1["interval"]["high"], "confidence": 0.95,
    });
    let body = answer.json();
    assert_eq!(
        body,
        json!({
            "model": MODEL,
            "version": 1,
            "metric": "f1",
            "score": scores["f1"],
            "interval": interval,
            "scores": scores,
            "intervals": intervals,
            "rows": record["rows"],
            "rows_hash": record["rows_hash"],
            "scored_at": body["scored_at"],
            "fresh": true,
            "problem": null,
        })
    );
    let score = server.get("/score").expect(200).json();
    assert_eq!(score, json!({"score": scores["f1"]}));
}

#[test]
fn new_test_rows_are_scored_once_and_a_run_still_sees_the_fall() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let before = server.get("/scoring").expect(200).json();
    let books = recorded(&project);
    fewer_test_rows(&project, 30);
    let is_new = |body: &Value| body["rows"] == 30 && body["fresh"] == true;
    let after = server.until("/scoring", |answer| is_new(&answer.json()));
    let after = after.json();
    assert_ne!(after["rows_hash"], before["rows_hash"]);
    assert_eq!(after["problem"], Value::Null);
    // Requests recorded nothing: a run compares with what runs have recorded.
    assert_eq!(recorded(&project), books);
    // The run scores the same rows and comes to the same numbers.
    let report = project.json(&["run"]);
    let scored = recorded(&project);
    assert_eq!(scored.len(), books.len() + 1, "{scored:?} {report}");
    assert!(scored.contains(&(1, after["rows_hash"].as_str().expect("a hash").to_string())));
    assert_eq!(report["scores"]["champion"]["f1"], after["score"]);
    assert_eq!(
        server.get("/scoring").expect(200).json()["score"],
        after["score"]
    );
}

#[test]
fn those_who_ask_at_once_get_one_score() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let bodies: Vec<Value> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| server.get("/scoring").expect(200).json()))
            .collect();
        asked
            .into_iter()
            .map(|asked| asked.join().expect("answers"))
            .collect()
    });
    for body in &bodies {
        assert_eq!(body, &bodies[0]);
        assert_eq!(body["fresh"], true);
    }
}

#[test]
fn without_test_rows_the_last_known_score_is_told_and_why() {
    let project = Project::promoted();
    let known = {
        let server = Server::of(&project, &[]);
        let known = server.get("/scoring").expect(200).json();
        fs::rename(project.path("testdata"), project.path("elsewhere")).expect("renames");
        let gone = server.until("/scoring", |answer| answer.json()["fresh"] == false);
        let gone = gone.expect(200).json();
        assert_eq!(
            gone["problem"],
            "the test data cannot be read; the server's log says why"
        );
        assert_eq!(gone["score"], known["score"]);
        fs::create_dir(project.path("testdata")).expect("makes");
        let why =
            "the test folder has no labelled rows that can be used; the server's log says why";
        let empty = server.until("/scoring", |answer| answer.json()["problem"] == why);
        assert_eq!(empty.expect(200).json()["score"], known["score"]);
        fs::write(project.path("testdata/a.csv"), "other,columns\n1,2\n").expect("writes");
        let why = "the test data does not fit the champion; the server's log names the column";
        let odd = server.until("/scoring", |answer| answer.json()["problem"] == why);
        let text = odd.expect(200).text();
        assert!(!text.contains(&*project.root().to_string_lossy()), "{text}");
        known
    };
    // A server that never saw the test data tells what runs have recorded.
    let server = Server::of(&project, &[]);
    let body = server.get("/scoring").expect(200).json();
    for key in [
        "version",
        "score",
        "interval",
        "scores",
        "intervals",
        "rows",
        "rows_hash",
    ] {
        assert_eq!(body[key], known[key], "{key}");
    }
    assert_eq!(body["fresh"], false);
    // When the rows are back, so is the score.
    fs::remove_dir_all(project.path("testdata")).expect("removes");
    fs::rename(project.path("elsewhere"), project.path("testdata")).expect("renames");
    let back = server.until("/scoring", |answer| answer.json()["fresh"] == true);
    assert_eq!(back.json()["score"], known["score"]);
}

#[test]
fn an_unknown_model_and_another_method_are_rejected() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for (path, status) in [
        ("/scoring?model=other", 404),
        ("/summarystats?model=other", 404),
        ("/diagnostics?model=other", 404),
    ] {
        let body = server.get(path).expect(status).json();
        let message = "no such model; GET /models lists them";
        assert_eq!(
            body,
            json!({"error": {"code": "not_found", "message": message, "details": {}}}),
            "{path}"
        );
    }
    for path in [
        "/score?model=other",
        "/summarise?model=other",
        "/diagnose?model=other",
    ] {
        let body = server.get(path).expect(404).json();
        assert_eq!(
            body,
            json!({"error": "no such model; GET /models lists them"}),
            "{path}"
        );
    }
    let rejected = server.post("/scoring", &json!({})).expect(405);
    assert_eq!(rejected.header("allow"), Some("GET, HEAD"));
}

#[test]
fn before_the_first_run_each_says_what_is_missing() {
    let project = Project::new();
    let server = Server::of(&project, &[]);
    let champion = "the model has no version in production yet; `unseat run` makes one";
    let data = "the model has no data set yet; `unseat run` makes one";
    for (path, message) in [("/scoring", champion), ("/summarystats", data)] {
        let answer = server.get(path).expect(503);
        assert_eq!(answer.header("retry-after"), Some("5"));
        let error = json!({"code": "unavailable", "message": message, "details": {}});
        assert_eq!(answer.json(), json!({"error": error}), "{path}");
    }
    for (path, message) in [
        ("/score", champion),
        ("/summarise", data),
        ("/diagnose", data),
    ] {
        let body = server.get(path).expect(503).json();
        assert_eq!(body, json!({"error": message}), "{path}");
    }
    let body = server.get("/diagnostics").expect(200).json();
    assert_eq!(body["served"], Value::Null);
    assert_eq!(body["missing_values"], Value::Null);
    assert_eq!(body["timings"], json!([]));
    assert_eq!(body["problems"], json!([data]));
    let freshness = &body["freshness"];
    for key in [
        "data_set",
        "last_run",
        "last_training",
        "last_promotion",
        "champion",
    ] {
        assert_eq!(freshness[key], Value::Null, "{key}");
    }
    assert_eq!(freshness["test_data"]["files"], 1);
}

#[test]
fn the_borrowed_spellings_say_the_same_in_fewer_words() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let stats = server.get("/summarystats").expect(200).json();
    let columns = stats["columns"].as_array().expect("columns");
    let numeric: Vec<&Value> = columns.iter().filter(|it| it["kind"] != "text").collect();
    assert!(numeric.len() > 1 && numeric.len() < columns.len());
    let row = |key: &'static str| numeric.iter().map(move |column| column[key].clone());
    let summary: Vec<Value> = ["mean", "median", "std"]
        .map(|key| row(key).collect())
        .to_vec();
    let summarised = server.get("/summarise").expect(200).json();
    assert_eq!(summarised, json!({"summary": summary}));

    let diagnosed = server.get("/diagnose").expect(200).json();
    let missing: Vec<Value> = numeric
        .iter()
        .map(|it| {
            json!(it["missing"].as_f64().expect("a count") / it["rows"].as_f64().expect("a count"))
        })
        .collect();
    assert_eq!(diagnosed["missing_values"], json!(missing));
    let timings = &project.json(&["diagnose"])["timings"][0]["timings_ms"];
    let seconds = |stage: &str| timings[stage].as_f64().expect("a time") / 1e3;
    assert_eq!(
        diagnosed["execution_time"],
        json!([seconds("train"), seconds("ingest")])
    );
    let table = diagnosed["outdated_dependencies"].as_str().expect("a text");
    assert!(table.starts_with("dependency"), "{table}");
    assert!(table.contains("No registry is queried for newer ones."));
    // Runs that found nothing new took no time for either; the times are those of the run that did.
    project.ok(&["run"]);
    assert_eq!(server.get("/diagnose").expect(200).json(), diagnosed);
}

#[test]
fn the_score_follows_the_champion() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let first = server.get("/scoring").expect(200).json();
    project.ok(&["run", "--input", "sourcedata"]);
    let is_of = |version: i64| move |answer: &super::Answer| answer.json()["version"] == version;
    let second = server.until("/scoring", is_of(2)).expect(200);
    assert_eq!(second.header("x-model-version"), Some("2"));
    let second = second.json();
    assert_ne!(second["score"], first["score"]);
    project.ok(&["rollback", "--reason", "to see it"]);
    let back = server.until("/scoring", is_of(1)).expect(200).json();
    assert_eq!(back["score"], first["score"]);
    for body in [&second, &back] {
        assert_eq!(body["rows_hash"], first["rows_hash"]);
        assert_eq!(body["fresh"], true);
    }
}

#[test]
fn of_several_models_one_is_named() {
    let project = Project::new();
    project.set(
        "models",
        json!({"attrition": {}, "size": {"drop": ["number_of_employees"]}}),
    );
    project.ok(&["run"]);
    let server = Server::of(&project, &[]);
    let message = "name the `model`: there are several; GET /models lists them";
    let error = json!({"code": "unprocessable", "message": message, "details": {}});
    for path in ["/scoring", "/summarystats", "/diagnostics"] {
        let body = server.get(path).expect(422).json();
        assert_eq!(body, json!({"error": error}), "{path}");
        let named = server.get(&format!("{path}?model=size")).expect(200);
        assert_eq!(named.json()["model"], "size", "{path}");
    }
    for path in ["/score", "/summarise", "/diagnose"] {
        let body = server.get(path).expect(422).json();
        assert_eq!(body, json!({"error": message}), "{path}");
        server.get(&format!("{path}?model=size")).expect(200);
    }
}
