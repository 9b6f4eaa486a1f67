//! Rows in a store: the engine reads and predicts them there, and this machine fetches no more than their beginnings.

use std::os::unix::fs::MetadataExt as _;

use serde_json::{Value, json};
use unseat::data::{ReadOptions, read_file, write_parquet};

use super::data::{by_engine, project};
use super::equal::bundle;
use super::predict::answers;
use super::sail::Sail;
use crate::stores::double::Double;
use crate::stores::know_store;
use crate::support::Project;

/// A store, and an engine that knows it.
fn store() -> Option<(Double, Sail)> {
    let double = Double::start();
    let sail = Sail::with(&[
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", &double.url),
        ("AWS_ENDPOINT", &double.url),
        ("AWS_ALLOW_HTTP", "true"),
    ])?;
    Some((double, sail))
}

fn put(double: &Double, project: &Project, file: &str, key: &str) {
    let bytes = std::fs::read(project.path(file)).expect("reads");
    double.put(key, &bytes);
}

/// The project with its rows in the store, by the engine.
fn in_store(here: &Project, (double, sail): &(Double, Sail), engine: &Value) -> Project {
    let there = by_engine(here, &sail.url(), engine);
    know_store(&there, &double.url);
    there.set("input_folder_path", "s3a://bucket/in");
    std::fs::remove_dir_all(there.path("data")).expect("removes");
    there
}

#[test]
fn rows_in_a_store_are_learned_and_predicted_where_they_are() {
    let Some(both) = store() else { return };
    let double = &both.0;
    let here = project("left", &json!({}));
    for name in ["a", "b", "c"] {
        put(
            double,
            &here,
            &format!("data/{name}.csv"),
            &format!("in/deep/{name}.csv"),
        );
    }
    let there = in_store(&here, &both, &json!({}));
    let checked = there.ok(&["config", "check"]);
    assert!(
        checked.stdout.contains("ingest s3://bucket/in: 3 files"),
        "{checked}"
    );
    let planned = there.json(&["run", "--dry-run"]);
    assert_eq!(planned[0]["files"], 3, "{planned:#}");
    let reports = [here.json(&["run"]), there.json(&["run"])];
    assert_eq!(reports[0]["outcome"], "promote", "{:#}", reports[0]);
    assert_eq!(reports[1]["outcome"], "promote", "{:#}", reports[1]);
    let (a, b) = (bundle(&here), bundle(&there));
    assert_eq!(a.data.rows_hash, b.data.rows_hash, "the same rows");
    let again = there.unseat(&["run", "--detailed-exit-code"]);
    assert_eq!(again.code(), 10, "nothing new: {again}");

    put(double, &here, "test/rows.csv", "rows/rows.csv");
    there.ok(&["predict", "test/rows.csv", "-o", "local.parquet"]);
    let local = answers(&there, &["local.parquet".to_string()]);
    for rows in ["s3a://bucket/rows", "s3://bucket/rows/rows.csv"] {
        let out = format!("s3://bucket/out/{}", rows.len());
        let said = there.json(&["predict", rows, "--engine", "-o", &out]);
        assert_eq!(said["rows"], 400, "{said}");
        let below = out.trim_start_matches("s3://bucket/").to_string() + "/";
        let keys = double.keys().into_iter();
        let keys: Vec<String> = keys.filter(|key| key.starts_with(&below)).collect();
        assert!(keys.contains(&format!("{below}_SUCCESS")), "{keys:?}");
        let mut files = Vec::new();
        for key in keys.iter().filter(|key| key.ends_with(".parquet")) {
            let file = key.replace('/', "_");
            std::fs::write(there.path(&file), double.bytes(key)).expect("writes");
            files.push(file);
        }
        let engine = answers(&there, &files);
        assert_eq!(local.len(), engine.len());
        for (row, (label, _)) in &local {
            assert_eq!(*label, engine[row].0, "{row}");
        }
        let again = there.unseat(&["predict", rows, "--engine", "-o", &out]);
        assert_eq!(again.code(), 1, "{again}");
        assert!(again.stderr.contains("is there already"), "{again}");
    }
    let nothing = there.unseat(&["predict", "s3://bucket/nothing", "--engine", "-o", "x"]);
    assert_eq!(nothing.code(), 1, "{nothing}");
    assert!(nothing.stderr.contains("s3://bucket/nothing"), "{nothing}");
    let left = double.keys().into_iter();
    let left: Vec<String> = left.filter(|key| key.contains(".unfinished")).collect();
    assert_eq!(left, [""; 0], "nothing half written stays");
}

#[test]
fn of_a_long_parquet_file_only_the_ends_are_fetched() {
    let Some(both) = store() else { return };
    let double = &both.0;
    let here = project("left", &json!({}));
    let whole = read_file(&here.path("data/a.csv"), &ReadOptions::default()).expect("a frame");
    let mut long = whole.clone();
    for copy in 0..60 {
        let mut next = whole.clone();
        // Rows that differ, so that none is a duplicate.
        let spend = next.column("spend").expect("a column") + (f64::from(copy) + 0.5);
        next.with_column(spend).expect("the column");
        long.vstack_mut(&next).expect("stacks");
    }
    write_parquet(&long, &here.path("long.parquet")).expect("writes");
    put(double, &here, "long.parquet", "in/long.parquet");
    let there = in_store(&here, &both, &json!({"sample_rows": 2000}));
    // What the engine writes goes to the store, too.
    there.set("artifact_url", "s3://bucket/kept");
    let report = there.json(&["run"]);
    assert_eq!(report["outcome"], "promote", "{report:#}");
    let is_data_set = |key: &String| key.contains("kept/") && key.contains(".engine/");
    assert!(double.keys().iter().any(is_data_set), "{:?}", double.keys());
    assert!(!there.path("ingested").exists(), "{}", there.listing());
    let files = there.hashes(&[".unseat-cache"]).into_keys();
    let heads: Vec<String> = files
        .filter(|name| name.ends_with("long.parquet"))
        .collect();
    assert_eq!(heads.len(), 1, "{heads:?}");
    let head = std::fs::metadata(there.path(&heads[0])).expect("is there");
    assert!(
        head.blocks() * 512 < head.len(),
        "{} of {} bytes",
        head.blocks() * 512,
        head.len()
    );
}
