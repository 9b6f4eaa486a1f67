//! What a created model takes from the project.

use serde_json::{Map, Value};

/// What a created model takes from the top of the project's settings.
pub(super) const INHERITED: [&str; 11] = [
    "features",
    "learner",
    "split",
    "metric",
    "score",
    "gate",
    "retention",
    "health",
    "probation",
    "labels",
    "retrain",
];

/// Keeps what a created model takes from the project.
pub fn inherited(object: &Map<String, Value>) -> Map<String, Value> {
    let mut base: Map<String, Value> = INHERITED
        .iter()
        .filter_map(|key| Some((key.to_string(), object.get(*key)?.clone())))
        .collect();
    for (part, key) in [("split", "kind"), ("gate", "slices")] {
        if let Some(Value::Object(part)) = base.get_mut(part) {
            part.shift_remove(key);
        }
    }
    base
}
