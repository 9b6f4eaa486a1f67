//! `/{version}/healthcheck` and `/{version}/predict`.

use serde_json::json;

use super::{native, of_messages, rejected, row};
use crate::serve::Server;
use crate::support::Project;

#[test]
fn a_version_in_the_path_answers_with_four_decimals() {
    let project = Project::promoted();
    project.ok(&["run", "--input", "sourcedata"]);
    let server = Server::of(&project, &[]);
    let mut body = row();
    let id = json!({"any": ["id", 7]});
    body["id"] = id.clone();
    let rounded = |p: f64| (p * 10_000.0).round() / 10_000.0;
    let (_, p) = native(&server, &[row()]).remove(0);
    for path in ["/v2/predict", "/2/predict", "/champion/predict"] {
        let answer = server.post(path, &body).expect(200);
        assert_eq!(answer.json(), json!({"id": id, "prediction": rounded(p)}));
        assert_eq!(answer.header("x-model-version"), Some("2"));
    }
    let answer = server.post("/v1/predict", &body).expect(200);
    assert_eq!(answer.header("x-model-version"), Some("1"));
    let answer = server
        .post("/prediction?version=1", &json!({"rows": [row()]}))
        .json();
    let p = answer["predictions"][0]["probability"].as_f64().expect("p");
    let by_path = server.post("/v1/predict", &body).json();
    assert_eq!(by_path["prediction"], rounded(p));

    for path in [
        "/v1/healthcheck",
        "/v2/healthcheck",
        "/champion/healthcheck",
    ] {
        assert_eq!(server.get(path).expect(200).text(), "OK", "{path}");
    }
    for path in ["/v3/healthcheck", "/vx/healthcheck", "/v-1/healthcheck"] {
        assert_eq!(server.get(path).expect(404).text(), "Not OK", "{path}");
    }
}

#[test]
fn what_is_wrong_is_told_word_for_word() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let ask = |path: &str, body| server.post(path, &body);
    let message = |text: &str| json!({"message": text});
    let why = "Trained model version 'v43287' was not found.";
    rejected(ask("/v43287/predict", json!({"id": 1})), 404, &message(why));
    let why = "Trained model version 'latest' was not found.";
    rejected(ask("/latest/predict", json!({"id": 1})), 404, &message(why));
    let why = "Missing keys: 'id', 'lastyear_activity'";
    let body = json!({"lastmonth_activity": 1, "number_of_employees": 12, "more": 1});
    rejected(ask("/v1/predict", body), 400, &message(why));
    let mut body = row();
    body["id"] = json!("a");
    body["lastyear_activity"] = json!("secret");
    let why =
        "the columns do not fit the model: mistyped: `lastyear_activity` (a number is expected)";
    rejected(ask("/v1/predict", body.clone()), 400, &message(why));
    body["lastyear_activity"] = json!([]);
    rejected(ask("/v1/predict", body), 400, &message(why));
    let why = "the body is not a JSON object; /docs shows its form";
    rejected(ask("/v1/predict", json!([])), 400, &message(why));
    let answer = server.send("POST", "/v1/predict", &[], b"no");
    answer.expect(400);
}

#[test]
fn with_more_classes_it_is_the_probability_of_the_one_that_is_predicted() {
    let project = of_messages(&["SAVING", "DEBT", "BILLS"]);
    let server = Server::of(&project, &[]);
    let asked = json!({"rows": [{"text": "about debt"}]});
    let native = server.post("/prediction", &asked).json();
    let p = native["predictions"][0]["probability"].as_f64().expect("p");
    let answer = server.post("/v1/predict", &json!({"id": null, "text": "about debt"}));
    let expected = json!({"id": null, "prediction": (p * 10_000.0).round() / 10_000.0});
    assert_eq!(answer.expect(200).json(), expected);
}

#[test]
fn fixed_paths_go_before_versions_and_other_methods_are_named() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    server.get("/v1/predict").expect(405);
    server.get("/v2/models/x/versions/1").expect(404);
    let answer = server.get("/v1/predict");
    assert_eq!(answer.header("allow"), Some("POST"));
    let answer = server.post("/v1/healthcheck", &json!({}));
    assert_eq!(answer.expect(405).header("allow"), Some("GET, HEAD"));
}

#[test]
fn a_version_answers_to_the_name_that_it_was_given() {
    let project = Project::promoted();
    project.ok(&["ingest", "--input", "sourcedata"]);
    project.ok(&["train", "--version-name", "v0"]);
    for (name, says) in [
        ("v0", "version 2 has it"),
        ("v3", "mean versions already"),
        ("latest", "mean versions already"),
        ("a/b", "use letters"),
    ] {
        let done = project.unseat(&["train", "--version-name", name]);
        assert_eq!(done.code(), 1, "{done}");
        assert!(done.stderr.contains(says), "{done}");
    }
    let shown = project.json(&["versions", "show", "v0"]);
    assert_eq!(shown["version"]["number"], 2, "{shown}");
    let server = Server::of(&project, &[]);
    let row = serde_json::json!({
        "id": "a", "lastmonth_activity": 78, "lastyear_activity": 1024, "number_of_employees": 12,
    });
    assert_eq!(server.get("/v0/healthcheck").expect(200).text(), "OK");
    let by_name = server.post("/v0/predict", &row).expect(200).json();
    assert_eq!(by_name, server.post("/v2/predict", &row).expect(200).json());
    let absent = server.post("/baseline/predict", &row).expect(404).json();
    let message = "Trained model version 'baseline' was not found.";
    assert_eq!(absent["message"], message);
    assert_eq!(server.get("/v1.0/healthcheck").expect(404).text(), "Not OK");
}
