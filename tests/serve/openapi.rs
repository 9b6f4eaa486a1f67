//! The API document, its page, and the page at `/`.

use serde_json::{Value, json};
use unseat::registry::TickOutcome;

use super::Server;
use crate::support::Project;

fn document(server: &Server) -> Value {
    server.get("/openapi.json").expect(200).json()
}

#[test]
fn the_document_tells_the_rows_of_the_champion() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let answer = server.get("/openapi.json").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "unseat");
    let row = &document["components"]["schemas"]["Row_attrition"];
    assert_eq!(
        row["required"],
        json!([
            "lastmonth_activity",
            "lastyear_activity",
            "number_of_employees"
        ])
    );
    let properties = row["properties"].as_object().expect("properties");
    let names: Vec<&String> = properties.keys().collect();
    assert_eq!(
        names,
        [
            "lastmonth_activity",
            "lastyear_activity",
            "number_of_employees",
            "corporation",
            "exited"
        ]
    );
    let request = &document["components"]["schemas"]["PredictionRequest"];
    assert_eq!(
        request["properties"]["rows"]["items"],
        json!({"$ref": "#/components/schemas/Row_attrition"})
    );
    assert_eq!(request["additionalProperties"], false);
    assert_eq!(request["required"], json!(["rows"]));
}

#[test]
fn every_example_of_a_body_is_answered() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let document = document(&server);
    let content = &document["paths"]["/prediction"]["post"]["requestBody"]["content"];
    let content = content.as_object().expect("content");
    assert_eq!(content.len(), 4);
    for (kind, media) in content {
        if kind.ends_with("arrow.stream") {
            // Its bodies are no texts; tests/serve/arrow.rs posts some.
            assert_eq!(media.get("example"), None);
            continue;
        }
        let body = match &media["example"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let headers = [("content-type", kind.as_str())];
        let answer = server
            .send("POST", "/prediction", &headers, body.as_bytes())
            .expect(200)
            .json();
        assert_eq!(answer["predictions"].as_array().map(Vec::len), Some(1));
        assert!(answer["predictions"][0].get("warnings").is_none());
    }
}

#[test]
fn an_answer_has_the_keys_that_are_documented() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    // Outside the training range, and turned by a value that was seen.
    let row =
        json!({"lastmonth_activity": 5000, "lastyear_activity": 1024, "number_of_employees": 12});
    let body =
        json!({"rows": [row], "probabilities": true, "top_n": 2, "explain": true, "flips": true});
    let answer = server.post("/prediction", &body).expect(200).json();
    let document = document(&server);
    let schemas = &document["components"]["schemas"];
    let cases = [
        ("PredictionAnswer", &answer),
        ("Prediction", &answer["predictions"][0]),
        ("Likely", &answer["predictions"][0]["top"][0]),
        ("Contributions", &answer["predictions"][0]["contributions"]),
        ("Flip", &answer["predictions"][0]["flips"][0]),
        ("Warning", &answer["predictions"][0]["warnings"][0]),
    ];
    for (name, value) in cases {
        let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
        let told = schemas[name]["properties"].as_object().expect(name);
        // Only texts have words, only numbers are flagged, and this model has neither.
        let told = told
            .keys()
            .filter(|key| !["words", "flagged"].contains(&key.as_str()));
        let told: Vec<&String> = told.collect();
        assert_eq!(keys, told, "{name}");
    }
    assert_eq!(
        schemas["Prediction"]["required"],
        json!(["id", "prediction"]),
        "a number has no probability"
    );
}

#[test]
fn the_document_is_sent_once_and_again_when_the_champion_changes() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let first = server.get("/openapi.json").expect(200);
    let tag = first.header("etag").expect("a tag").to_string();
    let known = [("if-none-match", tag.as_str())];
    let again = server.send("GET", "/openapi.json", &known, b"").expect(304);
    assert!(again.body.is_empty());
    assert_eq!(again.header("etag"), Some(tag.as_str()));
    let other = [("if-none-match", "\"other\"")];
    server.send("GET", "/openapi.json", &other, b"").expect(200);

    project.set("input_folder_path", "sourcedata");
    project.ok(&["run", "--force"]);
    project.ok(&["promote", "2"]);
    server.until("/openapi.json", |answer| {
        answer.header("etag") != Some(tag.as_str())
    });
    let row = &document(&server)["components"]["schemas"]["Row_attrition"];
    assert_eq!(
        row["description"],
        "A row for the model `attrition`, version 2"
    );
}

#[cfg(feature = "docs-ui")]
#[test]
fn the_page_asks_nobody_but_this_server() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    for (path, at) in [("/docs", "docs/"), ("/docs/", "")] {
        let page = server.get(path).expect(200);
        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
        assert!(policy.contains("connect-src 'self'"));
        let text = page.text();
        assert!(!text.contains("//"), "{text}");
        let files: Vec<&str> = text
            .split(['"', '\''])
            .filter(|it| it.ends_with(".js") || it.ends_with(".css") || it.ends_with(".png"))
            .collect();
        assert_eq!(files.len(), 5, "{files:?}");
        for file in files {
            let name = file.strip_prefix(at).expect("below the page");
            let file = server.get(&format!("/docs/{name}")).expect(200);
            assert!(!file.body.is_empty());
            let tag = file.header("etag").expect("a tag").to_string();
            let known = [("if-none-match", tag.as_str())];
            server
                .send("GET", &format!("/docs/{name}"), &known, b"")
                .expect(304);
        }
    }
    for name in [
        "nothing.js",
        "index.html",
        "..",
        "%2e%2e%2fconfig.json",
        "x",
    ] {
        let absent = server.get(&format!("/docs/{name}"));
        // A client may take `..` out of the path before it asks.
        if name != ".." {
            assert_eq!(
                absent.expect(404).json()["error"]["message"],
                "the page has no such file; it starts at /docs"
            );
        }
    }
}

#[test]
fn the_root_says_what_is_served() {
    let project = Project::promoted();
    let server = Server::of(&project, &[]);
    let page = server.get("/").expect(200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let text = page.text();
    assert!(
        text.contains("Version 1 has been the champion for"),
        "{text}"
    );
    assert!(text.contains("<a href=\"ui/models/attrition\">attrition</a>"));
    assert!(text.contains("href=\"docs\"") && text.contains("href=\"openapi.json\""));
    let json = [("accept", "application/json")];
    let told = server.send("GET", "/", &json, b"").expect(200).json();
    assert_eq!(told["name"], "unseat");
    assert_eq!(told["ready"], true);
    assert_eq!(
        told["models"],
        json!([{"model": "attrition", "version": 1, "since": "2026-03-01T00:01:00Z"}])
    );
    let links = told["links"].as_array().expect("links");
    for link in links {
        let path = format!("/{}", link.as_str().expect("a text"));
        let answer = server.get(&path);
        assert_eq!(answer.status, 200, "{path}");
    }
}

#[test]
fn the_root_says_what_came_of_each_night_and_only_to_who_may_know() {
    let project = Project::promoted();
    project.set(
        "schedule",
        json!({"cron": "30 2 * * *", "timezone": "Europe/Berlin"}),
    );
    project.registry(async |registry| {
        let mut transaction = registry.begin().await.expect("begins");
        let tick = unseat::registry::TickRow {
            model: "attrition".to_string(),
            tick_ms: 1_772_328_600_000,
            outcome: TickOutcome::Missed,
            reason: "the scheduler was not running; it is too late to catch up".to_string(),
            job: None,
            run: None,
            at_ms: 1_772_328_600_000,
        };
        let added = unseat::registry::add_tick(&mut transaction, &tick).await;
        assert!(added.expect("adds"));
        transaction.commit().await.expect("commits");
    });
    let server = Server::of(&project, &[]);
    let page = server.get("/").expect(200).text().to_string();
    let expected = "title=\"missed, 2026-03-01T01:30:00Z by schedule: the scheduler was not running; it is too late to catch up\"";
    assert!(page.contains(expected), "{page}");
    assert!(
        page.contains("next: 2026-03-0") && page.contains("T02:30:00+01:00"),
        "{page}"
    );
    drop(server);
    let hash = "a".repeat(64);
    let token = json!([{"name": "eve", "role": "read", "sha256": hash}]);
    project.set("server", json!({"tokens": token}));
    let server = Server::of(&project, &[]);
    let page = server.get("/").expect(200).text().to_string();
    assert!(
        !page.contains("missed") && !page.contains("attrition") && page.contains("name=\"token\""),
        "{page}"
    );
}

/// A short run of what `tests/serve/fuzz.py` does at length.
#[test]
fn a_fuzzer_finds_nothing_that_the_document_does_not_say() {
    let Ok(python) = std::env::var("UNSEAT_CLIENTS_PYTHON") else {
        return println!(
            "left out: fuzzing (UNSEAT_CLIENTS_PYTHON names no Python with schemathesis)"
        );
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/fuzz.py");
    let done = std::process::Command::new(python)
        .args([script, env!("CARGO_BIN_EXE_unseat"), "--examples", "20"])
        .env_remove("UNSEAT_CLIENTS_PYTHON")
        .env_remove("UNSEAT_ONNX_PYTHON")
        .env_remove("UNSEAT_SAIL_PYTHON")
        .output()
        .expect("Python starts");
    let said = String::from_utf8_lossy(&done.stdout);
    let talk = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{talk}");
}
