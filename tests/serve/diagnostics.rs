//! `/scoring`, `/summarystats`, `/diagnostics`, and `/score`, `/summarise`, `/diagnose`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Server;
use crate::support::{MODEL, Project};

/// The registry's scores of the sample model: `(version, hash of the rows)`.
fn recorded(project: &Project) -> Vec<(i64, String)> {
    project.registry(async |registry| {
        let scores = registry.scores(MODEL).await.expect("reads");
        scores
            .into_iter()
            .map(|score| (score.version, score.rows_hash))
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
    // Whoever asked left nothing behind: a run compares with what runs have recorded.
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
fn an_unknown_model_and_another_method_are_refused() {
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
    let refused = server.post("/scoring", &json!({})).expect(405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
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
fn the_summary_is_that_of_the_command_and_follows_the_newest_data_set() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let compare = |dataset_rows: &Value| {
        let body = server.get("/summarystats").expect(200).json();
        let told = project.json(&["diagnose"]);
        assert_eq!(body["model"], MODEL);
        assert_eq!(&body["rows"], dataset_rows);
        let columns = body["columns"].as_array().expect("columns");
        let expected = told["summary"].as_array().expect("a summary");
        assert_eq!(columns.len(), expected.len());
        for (column, expected) in columns.iter().zip(expected) {
            for key in [
                "name", "kind", "rows", "missing", "mean", "median", "std", "min", "max",
            ] {
                assert_eq!(column[key], expected[key], "{key} of {column}");
            }
        }
        // A name of nearly every row is told of none.
        assert_eq!(columns[0]["name"], "corporation");
        assert_eq!(columns[0]["top"], json!([]));
        body["run"].clone()
    };
    let rows = |project: &Project| {
        project.registry(async |registry| {
            let row = registry.latest_dataset(MODEL).await.expect("reads");
            json!(row.expect("a data set").n_rows)
        })
    };
    let first = compare(&rows(&project));
    project.set("input_folder_path", "sourcedata");
    project.ok(&["ingest"]);
    let second = compare(&rows(&project));
    assert_ne!(first, second);
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
    assert!(table.contains("No registry is asked whether newer ones exist."));
    // Runs that found nothing new took no time for either; the times are those of the run that did.
    project.ok(&["run"]);
    assert_eq!(server.get("/diagnose").expect(200).json(), diagnosed);
}

#[test]
fn the_diagnostics_say_how_old_everything_is() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answer = server.get("/diagnostics").expect(200);
    let text = answer.text();
    assert!(!text.contains(&*project.root().to_string_lossy()), "{text}");
    let body = answer.json();
    let books = project.books();
    assert_eq!(body["model"], MODEL);
    assert_eq!(body["problems"], json!([]));
    assert_eq!(body["served"]["version"], 1);
    assert_eq!(body["served"]["is_current"], true);
    assert_eq!(body["program_version"], env!("CARGO_PKG_VERSION"));
    assert!(body["missing_values"]["corporation"].is_number(), "{text}");
    assert_eq!(body["timings"][0]["run"], json!(books.runs[0].id));
    assert!(
        body["timings"][0]["timings_ms"]["train"].is_number(),
        "{text}"
    );
    let warp = |it: &Value| it["name"] == "warp" && it["direct"] == true;
    let dependencies = body["dependencies"].as_array().expect("a list");
    assert!(dependencies.iter().any(warp), "{text}");
    let freshness = &body["freshness"];
    assert_eq!(freshness["champion"]["version"], 1);
    assert_eq!(freshness["champion"]["pinned"], false);
    assert_eq!(freshness["last_run"]["outcome"], "promote");
    assert_eq!(freshness["last_run"]["state"], "done");
    assert_eq!(freshness["last_training"]["version"], 1);
    assert_eq!(freshness["last_promotion"]["action"], "promote");
    assert_eq!(freshness["data_set"]["run"], json!(books.dataset_runs[0]));
    // The clock of the project goes on a minute with every command.
    assert_eq!(freshness["data_set"]["age_seconds"], 60.0);
    assert_eq!(freshness["champion"]["age_seconds"], 60.0);
    assert_eq!(freshness["test_data"]["files"], 1);
    // The command tells the same.
    let told = project.json(&["diagnose"]);
    assert_eq!(told["dependencies"], body["dependencies"]);
    assert_eq!(told["missing_values"], body["missing_values"]);
    assert_eq!(
        told["freshness"]["data_set"]["run"],
        freshness["data_set"]["run"]
    );
    assert_eq!(
        told["freshness"]["test_data"]["at"],
        freshness["test_data"]["at"]
    );
}

#[test]
fn a_bundle_alone_tells_what_came_with_it() {
    let project = Project::promoted();
    let of_project = Server::of(&project, &[]);
    let stats = of_project.get("/summarise").expect(200).json();
    let score = of_project.get("/score").expect(200).json();
    let server = Server::of(&project, &["--bundle", "production_deployment"]);
    assert_eq!(server.get("/score").expect(200).json(), score);
    assert_eq!(server.get("/summarise").expect(200).json(), stats);
    let body = server.get("/scoring").expect(200).json();
    let problem = "a bundle is served without test data; this is the score that came with it";
    assert_eq!(
        body,
        json!({
            "model": MODEL, "version": 1, "metric": "f1", "score": score["score"], "interval": null,
            "scores": body["scores"], "intervals": [], "rows": null, "rows_hash": null,
            "scored_at": null, "fresh": false, "problem": problem,
        })
    );
    let body = server.get("/diagnostics").expect(200).json();
    assert_eq!(body["freshness"], Value::Null);
    assert_eq!(body["served"]["version"], 1);
    assert_eq!(body["problems"], json!([]));
    let body = server.get("/diagnose").expect(200).json();
    assert_eq!(body["execution_time"], json!([null, null]));
    assert_eq!(
        server.get("/summarystats").expect(200).json()["run"],
        Value::Null
    );

    fs::create_dir(project.path("bare")).expect("makes");
    fs::write(project.path("bare/trainedmodel.json"), project.bundle(1)).expect("writes");
    let bare = Server::of(&project, &["--bundle", "bare"]);
    let why = "this server has a bundle and no test data, and no score came with the bundle; serve the project to have one";
    assert_eq!(bare.get("/score").expect(404).json(), json!({"error": why}));
}

#[test]
fn the_reference_data_give_the_published_statistics() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/attrition");
    if !root.is_dir() {
        println!("left out: ../shared/data is not here");
        return;
    }
    let project = Project::empty();
    project.ok(&["init", ".", "--rows", "200", "--seed", "42"]);
    for folder in ["practicedata", "sourcedata", "testdata"] {
        fs::remove_dir_all(project.path(folder)).expect("removes");
        for entry in fs::read_dir(root.join(folder)).expect("reads").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let text = fs::read_to_string(entry.path()).expect("reads");
            project.write(&format!("{folder}/{name}"), &text);
        }
    }
    project.unseat(&["run"]);
    let server = Server::of(&project, &[]);
    let body = server.get("/summarise").expect(200).json();
    let golden = [
        [165.6538, 1502.9231, 26.8846, 0.5769],
        [73.0, 955.0, 14.0, 1.0],
        [284.0332, 2192.6450, 31.3539, 0.5038],
    ];
    let rounded: Vec<Vec<f64>> = body["summary"]
        .as_array()
        .expect("three rows")
        .iter()
        .map(|row| row.as_array().expect("a row"))
        .map(|row| {
            row.iter()
                .map(|value| (value.as_f64().expect("a number") * 1e4).round() / 1e4)
                .collect()
        })
        .collect();
    assert_eq!(rounded, golden);
    let missing = &server.get("/diagnose").expect(200).json()["missing_values"];
    assert_eq!(missing, &json!([0.0, 0.0, 0.0, 0.0]));
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

#[test]
fn a_data_set_that_cannot_be_read_takes_no_other_answer_with_it() {
    let project = Project::promoted();
    let run = &project.books().dataset_runs[0];
    project.write(
        &format!("ingesteddata/finaldata_{run}.parquet"),
        "no parquet",
    );
    let server = Server::of(&project, &[]);
    let why = "the newest data set cannot be read; the server's log says why";
    let error = json!({"code": "unavailable", "message": why, "details": {}});
    let body = server.get("/summarystats").expect(503).json();
    assert_eq!(body, json!({"error": error}));
    for path in ["/summarise", "/diagnose"] {
        assert_eq!(
            server.get(path).expect(503).json(),
            json!({"error": why}),
            "{path}"
        );
    }
    let body = server.get("/diagnostics").expect(200).json();
    assert_eq!(body["problems"], json!([why]));
    assert_eq!(body["missing_values"], Value::Null);
    assert_eq!(server.get("/scoring").expect(200).json()["fresh"], true);
}
