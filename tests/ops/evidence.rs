//! One signed file of evidence, and what is told of one that was changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::{Project, files_below};

/// A private key of ed25519 as `openssl genpkey` writes it, and its public key as `openssl pkey -pubout` does.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

fn checks(report: &Value) -> Vec<(&str, Option<bool>)> {
    let checks = report["checks"].as_array().expect("a list").iter();
    checks
        .map(|it| (it["what"].as_str().expect("a name"), it["ok"].as_bool()))
        .collect()
}

#[test]
fn evidence_is_verified_without_the_project_and_a_change_is_found() {
    let project = Project::promoted();
    project.write("key.pem", KEY);
    project.write("public.pem", PUBLIC);
    project.ok(&[
        "evidence",
        "champion",
        "-o",
        "evidence.json",
        "--key",
        "key.pem",
    ]);

    // Somewhere else, with nothing but the file and the public key.
    let elsewhere = Project::empty();
    elsewhere.write("evidence.json", &project.read("evidence.json"));
    elsewhere.write("public.pem", PUBLIC);
    let sound = elsewhere.json(&[
        "evidence",
        "verify",
        "evidence.json",
        "--public-key",
        "public.pem",
    ]);
    assert_eq!(sound["ok"], true, "{sound:#}");
    let all =
        ["signature", "key", "files", "model", "score", "decision"].map(|it| (it, Some(true)));
    assert_eq!(checks(&sound), all);
    assert_eq!(sound["manifest"]["verdict"], "promote");
    let named: Vec<&str> = sound["manifest"]["files"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    for name in [
        "trainedmodel.json",
        "score.json",
        "decision.json",
        "predictions.parquet",
        "settings.json",
        "sbom.json",
        "roc.png",
        "model_card.md",
    ] {
        assert!(named.contains(&name), "{name}: {named:?}");
    }
    // Who signed it is not known unless somebody says whose key it is.
    let unnamed = elsewhere.json(&["evidence", "verify", "evidence.json"]);
    assert_eq!(checks(&unnamed)[1], ("key", None));

    let text = project.read("evidence.json");
    let mut changed: Value = serde_json::from_str(&text).expect("JSON");
    let decision = changed["files"]["decision.json"].clone();
    changed["files"]["decision.json"] = changed["files"]["score.json"].clone();
    elsewhere.write("swapped.json", &changed.to_string());
    let swapped = elsewhere.unseat(&["evidence", "verify", "swapped.json"]);
    assert_eq!(swapped.code(), 1);
    assert!(
        swapped.shown().contains("decision.json was changed"),
        "{}",
        swapped.shown()
    );

    changed["files"]["decision.json"] = decision;
    let manifest = changed["manifest"]
        .as_str()
        .expect("a text")
        .replace("\"verdict\":\"promote\"", "\"verdict\":\"reject\"");
    changed["manifest"] = manifest.into();
    elsewhere.write("forged.json", &changed.to_string());
    let forged = elsewhere.unseat(&["evidence", "verify", "forged.json"]);
    assert_eq!(forged.code(), 1);
    assert!(
        forged
            .shown()
            .contains("the manifest is not what was signed"),
        "{}",
        forged.shown()
    );
}

#[test]
fn no_value_of_a_row_is_in_it_and_without_a_key_none_is_made() {
    let project = Project::promoted();
    let none = project.unseat(&["evidence", "champion", "-o", "evidence.json"]);
    assert_eq!(none.code(), 2);
    assert!(
        none.shown().contains("openssl genpkey -algorithm ed25519"),
        "{}",
        none.shown()
    );
    let made = project.unseat_with(
        ("UNSEAT_EVIDENCE_KEY", KEY),
        &["evidence", "champion", "-o", "evidence.json"],
    );
    assert_eq!(made.code(), 0, "{}", made.shown());
    let file: Value = serde_json::from_str(&project.read("evidence.json")).expect("JSON");
    let files = file["files"].as_object().expect("files");
    let texts: Vec<String> = files
        .values()
        .map(|it| {
            STANDARD
                .decode(it.as_str().expect("a text"))
                .expect("base64")
        })
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    // A row of the sample as it stands in its file; the same text is found where it is.
    let sources = files_below(&project.path("practicedata"));
    let name = sources.keys().next().expect("a file");
    let source = project.read(&format!("practicedata/{name}"));
    for line in source.lines().skip(1).take(20) {
        assert!(texts.iter().all(|text| !text.contains(line)), "{line}");
    }
    let stranger = project.unseat(&["evidence", "verify", "config.json"]);
    assert_eq!(stranger.code(), 1);
    assert!(
        stranger.shown().contains("it is not a file of evidence"),
        "{}",
        stranger.shown()
    );
}
