//! `/summarystats` and `/diagnostics`: what is known of the data set and of everything's age.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::Server;
use crate::support::{MODEL, Project};

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
    // The clock of the project advances a minute with every command.
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
