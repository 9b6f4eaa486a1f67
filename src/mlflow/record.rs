//! What a version is to MLflow: parameters, metrics, tags. Pure: rows in, JSON out.

use serde_json::{Map, Value, json};

use crate::clock::rfc3339;
use crate::registry::{RunRow, VersionRow};

/// Longest value of a tag and of a parameter, in bytes, that every MLflow takes.
const MOST_VALUE: usize = 5000;
const MOST_PARAM: usize = 500;

/// A list of `{key, value}`.
type Pairs = Vec<Value>;

fn pair(key: &str, value: &str, most: usize) -> Value {
    let mut end = value.len().min(most);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    json!({"key": key, "value": value[..end]})
}

/// A tag.
pub fn tag(key: &str, value: &str) -> Value {
    pair(key, value, MOST_VALUE)
}

/// Tags that say which version it is; what finds it again.
pub fn name_tags(model: &str, version: &VersionRow) -> Pairs {
    vec![
        tag("mlflow.source.name", "unseat"),
        tag("mlflow.source.type", "JOB"),
        tag("unseat.model", model),
        tag("unseat.version", &version.number.to_string()),
        tag("unseat.run", &version.run),
        tag(
            "unseat.bundle_sha256",
            version.bundle_sha256.as_deref().unwrap_or_default(),
        ),
        tag("unseat.program", env!("CARGO_PKG_VERSION")),
    ]
}

/// Tags that may change: the verdict and why.
pub fn verdict_tags(version: &VersionRow, run: Option<&RunRow>) -> Pairs {
    let mut tags = Vec::new();
    if let Some(verdict) = version.verdict {
        tags.push(tag("unseat.verdict", verdict.name()));
    }
    let record = run.and_then(|run| run.record.as_ref());
    let reasons = record.and_then(|record| record["reasons"].as_array());
    let reasons: Vec<&str> = reasons
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !reasons.is_empty() {
        tags.push(tag("unseat.reasons", &reasons.join("\n")));
    }
    tags
}

/// Parameters: what learned from what.
pub fn params(version: &VersionRow, run: Option<&RunRow>) -> Pairs {
    let mut params = Vec::new();
    let mut say = |key: &str, value: &Value| match value {
        Value::String(text) => params.push(pair(key, text, MOST_PARAM)),
        Value::Number(number) => params.push(pair(key, &number.to_string(), MOST_PARAM)),
        _ => {}
    };
    let record = version.record.as_ref().unwrap_or(&Value::Null);
    say("learner", &record["learner"]);
    say("data_hash", &json!(version.data_hash));
    say("config_hash", &json!(version.config_hash));
    let report = run
        .and_then(|run| run.record.as_ref())
        .unwrap_or(&Value::Null);
    say("metric", &report["scores"]["metric"]);
    say("rows", &report["data"]["rows"]);
    say("trigger", &json!(run.map(|run| &run.trigger)));
    params
}

/// Metrics: the scores of the version and those of the champion beside it, with their intervals; and how long stages took.
pub fn metrics(run: Option<&RunRow>, at_ms: i64) -> Pairs {
    let mut metrics = Vec::new();
    let Some(report) = run.and_then(|run| run.record.as_ref()) else {
        return metrics;
    };
    let mut say = |key: String, value: &Value| {
        if let Some(value) = value.as_f64().filter(|value| value.is_finite()) {
            metrics.push(json!({"key": key, "value": value, "timestamp": at_ms, "step": 0}));
        }
    };
    for (who, prefix) in [("challenger", ""), ("champion", "champion_")] {
        let scores = report["scores"][who].as_object();
        for (name, value) in scores
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name != "version")
        {
            say(format!("{prefix}{name}"), value);
        }
        let intervals = report["scores"][who]["intervals"].as_array();
        for interval in intervals.into_iter().flatten() {
            let name = interval["metric"].as_str().unwrap_or_default();
            say(format!("{prefix}{name}_low"), &interval["interval"]["low"]);
            say(
                format!("{prefix}{name}_high"),
                &interval["interval"]["high"],
            );
        }
    }
    let timings = report["timings_ms"].as_object().into_iter().flatten();
    for (stage, took) in timings {
        say(format!("{stage}_ms"), took);
    }
    metrics
}

/// The data set, as an input of the run.
pub fn dataset(run: &RunRow, digest: &str) -> Value {
    let rows = run
        .record
        .as_ref()
        .map_or(Value::Null, |it| it["data"]["rows"].clone());
    let profile: Map<String, Value> = [("num_rows".to_string(), rows)].into_iter().collect();
    json!({
        "tags": [{"key": "mlflow.data.context", "value": "training"}],
        "dataset": {
            "name": format!("finaldata_{}", run.id),
            // MLflow takes 36 characters.
            "digest": digest.chars().take(36).collect::<String>(),
            "source_type": "local", "source": "{}", "schema": "{}",
            "profile": Value::Object(profile).to_string(),
        },
    })
}

/// What the registered version says of itself.
pub fn description(version: &VersionRow, run: Option<&RunRow>) -> String {
    let made = rfc3339(version.created_ms);
    let verdict = version
        .verdict
        .map_or("no verdict", |verdict| verdict.name());
    let record = run.and_then(|run| run.record.as_ref());
    let reason = record.and_then(|record| record["reasons"][0].as_str());
    let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
    format!(
        "unseat version {}, made {made}, {verdict}{reason}",
        version.number
    )
}
