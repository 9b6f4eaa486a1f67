//! Drift in words, and as JSON.

use serde_json::json;

use super::message::{Event, MOST_LINE, MOST_SUBJECT, facts, line};
use crate::clock::rfc3339;
use crate::config::Topic;
use crate::registry::DriftEpisodeRow;

/// What drift is worth telling: that it began, and that it is over. Nothing where the settings want no message of it.
pub fn of_drift(row: &DriftEpisodeRow) -> Vec<Event> {
    let wants = ["notify", "retrain", "freeze"].contains(&row.action.as_str());
    if !wants {
        return Vec::new();
    }
    let rows = match row.kind.as_str() {
        "requests" => "requests",
        "test" => "test rows",
        "slow" if row.evidence["kind"] == "requests" => {
            "requests have moved slowly: they are like the champion's rows, but"
        }
        "slow" => "new data have moved step by step: each was like the one before, and now they",
        _ => "new data",
    };
    let told = |at_ms: i64, state: &str, words: String, lines: String| Event {
        kind: Topic::Drift,
        model: row.model.clone(),
        key: format!("{}/{}/{state}", row.kind, row.began_ms),
        at_ms,
        subject: line(&format!("{}: {words}", row.model), MOST_SUBJECT),
        text: format!(
            "{}: {words}.\n{lines}since: {}\n",
            row.model,
            rfc3339(row.began_ms)
        ),
        facts: facts(json!({
            "state": state, "rows": row.kind, "version": row.version, "action": row.action, "done": row.done,
            "since": rfc3339(row.began_ms), "ended": row.ended_ms.map(rfc3339), "evidence": row.evidence,
        })),
    };
    let reason = row.evidence["reason"].as_str().unwrap_or_default();
    let columns = row.evidence["columns"].as_array().into_iter().flatten();
    let lines: String = columns
        .filter_map(|column| Some((column["name"].as_str()?, column["reason"].as_str()?)))
        .map(|(name, reason)| format!("- {}\n", line(&format!("{name}: {reason}"), MOST_LINE)))
        .collect();
    let words = format!(
        "{rows} differ from what version {} was trained on",
        row.version
    );
    let lines = format!("{}\n{lines}", line(reason, MOST_LINE));
    let mut events = vec![told(row.began_ms.max(row.last_ms), "begun", words, lines)];
    // Slow drift is reported once, which ends it: the next champions are trained on it.
    if let Some(ended_ms) = row.ended_ms.filter(|_| row.kind != DriftEpisodeRow::SLOW) {
        let words = format!("{rows} are no longer drifting");
        events.push(told(ended_ms, "ended", words, String::new()));
    }
    events
}
