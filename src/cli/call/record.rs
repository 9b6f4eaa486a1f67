//! What is kept and printed of the calls.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::answer::Answer;
use super::plan::Plan;
use crate::cli::{Failure, Kind, output};
use crate::clock::rfc3339;

/// Names that readers of earlier records know → where the answer is from; the first that is there.
const KNOWN: [(&str, [&str; 2]); 4] = [
    ("predictions", ["POST /prediction", "POST /predict"]),
    ("score", ["GET /scoring", "GET /score"]),
    ("summary", ["GET /summarystats", "GET /summarise"]),
    ("diagnosis", ["GET /diagnostics", "GET /diagnose"]),
];
/// Longest text that is kept whole.
const MOST_CHARACTERS: usize = 20_000;

/// An answer's body: JSON as it is, a text as a text, of anything else its type and length.
pub fn body(kind: &str, bytes: Vec<u8>) -> Value {
    if kind.contains("json")
        && let Ok(value) = serde_json::from_slice(&bytes)
    {
        return value;
    }
    let is_text = kind.starts_with("text/") || kind == "none";
    match String::from_utf8(bytes) {
        Ok(text) if is_text && text.len() <= MOST_CHARACTERS => text.into(),
        Ok(text) => json!({"content_type": kind, "bytes": text.len()}),
        Err(error) => json!({"content_type": kind, "bytes": error.as_bytes().len()}),
    }
}

/// All that was asked and answered.
pub fn record(url: &str, at: DateTime<Utc>, plan: &Plan, answers: &[Answer]) -> Value {
    let mut record = json!({
        "called_at": rfc3339(at.timestamp_millis()),
        "url": url,
        "unseat": env!("CARGO_PKG_VERSION"),
    });
    let called = || plan.calls.iter().zip(answers);
    for (name, places) in KNOWN {
        let found = places.iter().find_map(|place| {
            let mut all = called();
            all.find(|(call, _)| format!("{} {}", call.method, call.path) == **place)
        });
        if let Some((_, answer)) = found {
            record[name] = answer.body.clone();
        }
    }
    let calls = called().map(|(call, answer)| {
        json!({
            "method": call.method, "path": call.path, "target": call.target,
            "status": answer.status, "ms": (answer.ms * 1e3).round() / 1e3, "answer": answer.body,
        })
    });
    record["calls"] = calls.collect();
    let left_out = plan.left_out.iter();
    record["left_out"] = left_out
        .map(|it| json!({"method": it.method, "path": it.path, "why": it.why}))
        .collect();
    record
}

/// The record without the answers, for `--json`.
pub fn summary(record: &Value, file: &Path) -> Value {
    let calls = record["calls"].as_array().into_iter().flatten();
    let calls: Vec<Value> = calls
        .map(|call| {
            json!({
                "method": call["method"], "path": call["path"],
                "status": call["status"], "ms": call["ms"],
            })
        })
        .collect();
    json!({"url": record["url"], "file": file, "calls": calls, "left_out": record["left_out"]})
}

/// A line per operation.
pub fn table(plan: &Plan, answers: &[Answer]) -> Vec<Vec<String>> {
    let mut rows = vec![
        ["method", "path", "status", "ms"]
            .map(str::to_string)
            .to_vec(),
    ];
    for (call, answer) in plan.calls.iter().zip(answers) {
        let status = match answer.status {
            Some(status) => status.to_string(),
            None => "no answer".to_string(),
        };
        let status = if answer.is_failure() {
            format!("{status} (failed)")
        } else {
            status
        };
        let (method, path) = (output::plain(&call.method), output::plain(&call.path));
        rows.push(vec![method, path, status, format!("{:.1}", answer.ms)]);
    }
    for left in &plan.left_out {
        let (method, path) = (output::plain(&left.method), output::plain(&left.path));
        let why = format!("not called: {}", left.why);
        rows.push(vec![method, path, output::plain(&why)]);
    }
    rows
}

/// Writes the record, whole or not at all.
pub fn write(file: &Path, record: &Value) -> Result<(), Failure> {
    let failed = |error: anyhow::Error| {
        let what = format!("write {}", file.display());
        Failure::new(Kind::Store, error.context(what))
            .hint("check that the folder is there and may be written, or name a file with `--output FILE`")
    };
    let folder = match file.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
    // Who may read the file is for the user's umask to say, as with every other file of the project.
    let mut beside = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(|error| failed(error.into()))?;
    let text = format!("{record:#}\n");
    std::io::Write::write_all(&mut beside, text.as_bytes())
        .map_err(|error| failed(error.into()))?;
    beside
        .persist(file)
        .map_err(|error| failed(error.error.into()))?;
    Ok(())
}
