//! What the engine cannot do is said by `config check`, at its key.

use serde_json::{Value, json};

use crate::support::Project;

/// What `config check` says of settings.
fn said(settings: &[(&str, Value)]) -> String {
    let project = Project::new();
    for (key, value) in settings {
        project.set(key, value.clone());
    }
    let done = project.unseat(&["config", "check"]);
    assert!(!done.status.success(), "{done}");
    format!("{}{}", done.stdout, done.stderr)
}

#[test]
fn an_address_without_an_engine_is_told() {
    let told = said(&[("engine.url", json!("sc://localhost:15002"))]);
    assert!(
        told.contains("engine.url: has no meaning with `kind: local`"),
        "{told}"
    );
}

#[cfg(not(feature = "spark"))]
#[test]
fn a_program_without_the_engine_says_how_it_is_built_with_it() {
    let engine = json!({"kind": "spark", "url": "sc://localhost:15002"});
    let told = said(&[("engine", engine.clone())]);
    assert!(
        told.contains("engine.kind: `spark` is not built into this program"),
        "{told}"
    );
    assert!(told.contains("--features spark"), "{told}");
    let project = Project::new();
    project.set("engine", engine);
    let done = project.unseat(&["run"]);
    assert!(
        !done.status.success() && done.stderr.contains("--features spark"),
        "{done}"
    );
}

#[test]
fn what_the_engine_cannot_do_is_told_at_its_key() {
    let engine = |more: Value| {
        let mut engine = json!({"kind": "spark", "url": "sc://localhost:15002"});
        for (key, value) in more.as_object().expect("an object") {
            engine[key] = value.clone();
        }
        ("engine", engine)
    };
    let plain = || engine(json!({}));
    let cases = [
        (vec![engine(json!({"url": null}))], "engine.url: is missing"),
        (
            vec![engine(json!({"url": "sc://h:1/;token=x"}))],
            "engine.url: holds a token",
        ),
        (
            vec![engine(json!({"sample_rows": 1}))],
            "engine.sample_rows: 1 is not from 100",
        ),
        (
            vec![plain(), ("derive", json!([{"name": "a", "sql": "1 + 1"}]))],
            "derive: cannot be done with `engine.kind: spark`",
        ),
        (
            vec![plain(), ("ingest.keep", json!("accumulate"))],
            "ingest.keep: cannot be done with",
        ),
        (
            vec![plain(), ("ingest.decimal", json!(","))],
            "ingest.decimal: cannot be done with",
        ),
        (
            vec![plain(), ("input_folder_path", json!("az://container/rows"))],
            "input_folder_path: cannot be done with",
        ),
        (
            vec![
                plain(),
                ("schema", json!({"number_of_employees": {"min": 0}})),
            ],
            "schema.number_of_employees: cannot be done with",
        ),
        (
            vec![
                plain(),
                (
                    "features.columns",
                    json!({"corporation": {"encode": "text"}}),
                ),
            ],
            "features.columns.corporation.encode: `text` cannot be done with",
        ),
        (
            vec![plain(), ("keys", json!(["corporation"]))],
            "split.refit: has to be true with",
        ),
    ];
    for (settings, expected) in cases {
        let told = said(&settings);
        assert!(told.contains(expected), "{expected}: {told}");
    }
}
