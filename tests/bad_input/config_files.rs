//! `tests/data/config`: each valid file loads, each invalid one has exactly the problems that are beside it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::project::Project;
use unseat::config::{Config, Overrides, load};

/// The JSON files of a folder below `tests/data/config`.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/config")
        .join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    assert!(files.len() > 5);
    files
}

fn loaded(file: &Path) -> Result<Config, unseat::config::Error> {
    load(file, &Overrides::default())
}

#[test]
fn each_valid_file_loads() {
    for file in files("valid") {
        if let Err(error) = loaded(&file) {
            panic!("{}: {error}", file.display());
        }
    }
}

#[test]
fn each_invalid_file_has_the_problems_that_stand_beside_it() {
    for file in files("invalid") {
        let Err(error) = loaded(&file) else {
            panic!("{} loads", file.display());
        };
        let folder = file
            .parent()
            .expect("a file has a folder")
            .display()
            .to_string();
        let said = format!("{error}\n").replace(&format!("{folder}/"), "");
        let beside = file.with_extension("expected");
        if std::env::var_os("UNSEAT_BLESS").is_some() {
            fs::write(&beside, &said).expect("files can be written");
        }
        let expected = fs::read_to_string(&beside).expect("what is expected stands beside it");
        assert_eq!(said, expected, "{}", file.display());
    }
}

#[test]
fn every_expectation_has_its_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config/invalid");
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        assert!(path.with_extension("json").exists(), "{}", path.display());
    }
}

#[test]
fn the_five_keys_alone_load_to_these_defaults() {
    let five = files("valid")
        .into_iter()
        .find(|file| file.ends_with("five_keys.json"));
    let project = Project::with_champion();
    let text = fs::read(five.expect("the file is there")).expect("it can be read");
    project.write("config.json", text);
    let shown = project.unseat(&["config", "show", "--json"]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("stdout is JSON");
    let mut expected = json!({
        "project": ".",
        "database_url": "sqlite://unseat.db",
        "database": {"password_file": null, "connections": 8, "statement_seconds": 60},
        "server": {
            "listen": "127.0.0.1:8000",
            "insecure": false,
            "tokens": [],
            "tokens_file": null,
            "tls": null,
            "limits": {
                "body_bytes": 16 << 20,
                "work_bytes": null,
                "rows": 100_000,
                "columns": 10_000,
                "cells": 10_000_000,
                "in_flight": 512,
                "requests_per_second": 0,
                "connections": 4096,
                "head_seconds": 60.0,
                "body_seconds": 30.0,
                "answer_seconds": 30.0,
                "cpu_seconds": 20.0,
                "send_seconds": 60.0,
            },
            "threads": null,
            "drain_delay": 1.0,
            "drain_seconds": 10.0,
            "cors_origins": [],
            "session_hours": 12.0,
            "trust_forwarded_proto": false,
            "access_log": "off",
            "audit_log": "audit.ndjson",
            "prediction_log": {
                "sample": 0.0,
                "folder": "predictionlog",
                "waiting_folder": "predictionlog_waiting",
                "segment_seconds": 60.0,
                "file_bytes": 64 << 20,
                "files": 16,
                "queue": 4096,
            },
            "otlp_endpoint": null,
            "compatibility": {
                "models": "own",
                "delete_served": false,
                "healthcheck_always_200": false,
                "file_location": null,
                "training_buckets": [],
            },
        },
        "models": [{
            "name": "model",
            "project": ".",
            "input_folder": "practicedata",
            "output_folder": "ingesteddata",
            "test_folder": "testdata",
            "model_folder": "models",
            "deployment_folder": "production_deployment",
            "target": null,
            "positive_class": null,
            "drop": [],
            "keys": [],
            "time_column": null,
            "schema": {},
            "ingest": {
                "keep": "folder",
                "window": {"days": null, "rows": null},
                "on_bad_file": "quarantine",
                "null_values": [
                    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?",
                ],
                "format": "parquet",
                "encoding": "auto",
                "delimiter": "auto",
                "decimal": "auto",
                "thousands": "auto",
                "currency": "auto",
                "header_row": "auto",
                "comment": "auto",
                "date_formats": [],
                "epoch_unit": null,
                "settle_seconds": 0,
                "max_file_mb": null,
            },
            "window": "unbounded",
            "related": null,
            "engine": {"kind": "local", "url": null, "token_file": null, "sample_rows": 200000, "lost_seconds": 20},
            "split": {"kind": null, "validation": 0.2, "seed": 42, "refit": null, "fold_rows": 3000},
            "metric": "f1",
            "score": {"confidence": 0.95, "replicates": 1000, "max_fall": 0.05},
            "gate": {
                "require": "better",
                "first": "hold",
                "approval": "automatic",
                "evidence": "two_keys",
                "first_key": 0.9,
                "second_key": 0.8,
                "out_of_fold_rows": 20000,
                "retune": false,
                "confidence": 0.95,
                "margin": 0.01,
                "min_rows": 30,
                "min_positives": 5,
                "min_discordant": 6,
                "beat_baselines": true,
                "floor": null,
                "ceiling": null,
                "relative_gain_floor": 1e-6,
                "max_leakage": 0.05,
                "guards": [],
                "slices": [],
                "replicates": 2000,
                "seed": 42,
            },
        }],
    });
    let more = json!({
        "derive": [],
        "features": {
            "max_categories": 100_000,
            "min_category_rows": 1,
            "impute": null,
            "indicator": false,
            "scale": null,
            "text": {
                "words": [1, 1], "characters": [0, 0], "sublinear": true, "idf": true,
                "max_features": 50_000, "min_rows": 2, "buckets": 0,
            },
            "columns": {},
        },
        "learner": {
            "kind": "logistic", "c": null, "max_iterations": 200, "tune_threshold": true,
            "class_weight": "none", "alpha": 1.0, "l1_ratio": 0.5, "rounds": null,
            "early_stopping": 20, "learning_rate": 0.1, "trees": null, "max_depth": null,
            "min_leaf_rows": null, "feature_share": null, "max_fits": 100, "max_seconds": 0.0,
        },
    });
    for (key, value) in more.as_object().expect("an object") {
        expected["models"][0][key] = value.clone();
    }
    let told = |severity: &str, bound: f64| json!({"severity": severity, "bound": bound});
    expected["models"][0]["checks"] = json!({
        "rejected_rows": told("warn", 0.01),
        "missing": told("warn", 0.5),
        "constant": {"severity": "note"},
        "duplicate_columns": {"severity": "note"},
        "sentinel_values": {"severity": "warn"},
        "leak": told("warn", 0.99),
        "conflicting_labels": told("note", 0.01),
        "test_overlap": told("warn", 0.01),
        "test_categories": told("warn", 0.05),
        "new_categories": told("warn", 0.05),
        "outside_rules": told("warn", 0.05),
        "rare_class": told("warn", 10.0),
        "target_spelling": {"severity": "warn"},
        "target_kinds": {"severity": "warn"},
        "target_numbers": {"severity": "warn"},
        "target_markers": {"severity": "warn"},
        "target_single_rows": {"severity": "warn"},
        "target_nulls": told("warn", 0.01),
        "file_layout": {"severity": "warn"},
        "file_cells": {"severity": "warn"},
        "file_rows": {"severity": "warn"},
        "file_forms": {"severity": "note"},
        "test_labels": {"severity": "warn"},
    });
    expected["jobs"] = json!({
        "concurrency": 1,
        "memory_mb": null,
        "stage_minutes": 240.0,
        "attempts": 3,
        "backoff_seconds": 10.0,
        "tags": null,
        "launch": [],
        "launch_seconds": 60.0,
        "launch_again_minutes": 15.0,
    });
    expected["artifact_url"] = Value::Null;
    expected["artifacts"] = json!({
        "cache_folder": ".unseat-cache",
        "cache_megabytes": 2048,
        "request_seconds": 30,
        "retry_seconds": 120,
    });
    expected["notify"] = json!({"channels": []});
    expected["models"][0]["schedule"] = json!({
        "cron": null,
        "timezone": "UTC",
        "overlap": "skip",
        "catch_up_minutes": 1440,
        "jitter_seconds": 0,
    });
    expected["models"][0]["retention"] = json!({
        "min_age_hours": 24.0,
        "datasets": {"count": 30, "days": 90},
        "versions": {"count": 30, "days": 90},
        "logs": {"count": 200, "days": 90},
        "runs": {"count": 10_000, "days": 365},
        "ticks": {"count": 10_000, "days": 365},
        "jobs": {"count": 10_000, "days": 365},
        "prediction_log": {"count": null, "days": 90},
    });
    for open in ["task", "metric_given", "tags"] {
        expected["models"][0][open] = Value::Null;
    }
    expected["models"][0]["health"] = json!({"max_days_untrained": null, "max_days_unpromoted": null, "max_fall": 0.1, "min_live_score": null, "max_label_age": null});
    expected["models"][0]["drift"] = json!({
        "enabled": true,
        "false_alarms": "1 per quarter",
        "window": "day",
        "window_rows": null,
        "min_effect": 0.1,
        "large_effect": 0.5,
        "action": "notify",
        "columns": {},
        "keep_days": 90.0,
        "domain_classifier": false,
    });
    expected["models"][0]["labels"] = json!({
        "enabled": true,
        "keep_answers": 1_000_000,
        "keep_days": 30.0,
        "per_second": 200,
        "hold_hours": 24.0,
        "test_share": 0.0,
        "test_use": "beside",
        "test_min_rows": 500,
        "test_rows": 20_000,
        "test_days": null,
        "train": false,
        "train_rows": 100_000,
    });
    expected["models"][0]["shadow"] = json!({"challenger": false, "rows": 1000});
    expected["models"][0]["retrain"] = json!({"on_labels": null});
    expected["models"][0]["probation"] = json!({
        "enabled": true,
        "requests": 1000,
        "minutes": 60.0,
        "max_error_rate_rise": 0.05,
        "max_latency_ratio": 5.0,
        "latency_floor_ms": 50.0,
        "max_score_shift": 0.5,
    });
    assert_eq!(shown, expected);
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let project = Project::with_champion();
    let metric = |arguments: &[&str], variables: &[(&str, &str)]| {
        let arguments = [&["config", "show", "--json"], arguments].concat();
        let shown = project.unseat_with(&arguments, variables);
        let shown: Value = serde_json::from_str(&shown.stdout).expect("stdout is JSON");
        shown["models"][0]["metric"].clone()
    };
    let variable = [("UNSEAT_METRIC", "precision")];
    assert_eq!(metric(&[], &[]), "f1", "the default");
    assert_eq!(metric(&[], &variable), "precision", "over the default");
    project.set(json!({"metric": "recall"}));
    assert_eq!(metric(&[], &[]), "recall", "the file");
    assert_eq!(metric(&[], &variable), "precision", "over the file");
    let flag = ["--set", "metric=accuracy"];
    assert_eq!(metric(&flag, &[]), "accuracy", "over the file");
    assert_eq!(metric(&flag, &variable), "accuracy", "over the environment");
    let twice = ["--set", "metric=accuracy", "--set", "metric=brier"];
    assert_eq!(metric(&twice, &[]), "brier", "the last flag counts");
}

#[test]
fn a_key_below_another_is_set_alone() {
    let project = Project::with_champion();
    project.set(json!({"gate": {"margin": 0.03}}));
    let shown = project.unseat_with(
        &["config", "show", "--json", "--set", "gate.min_rows=5"],
        &[("UNSEAT_GATE__CONFIDENCE", "0.9")],
    );
    let shown: Value = serde_json::from_str(&shown.stdout).expect("stdout is JSON");
    let gate = &shown["models"][0]["gate"];
    assert_eq!(
        [&gate["margin"], &gate["confidence"], &gate["min_rows"]],
        [&json!(0.03), &json!(0.9), &json!(5)]
    );
}
