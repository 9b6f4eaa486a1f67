//! The part of `config.json` that says what is kept of answers, so that labels which come later can be held against them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the server keeps of what it answered: id, time, version, class and probability, never a value of a row. Labels that come
/// later are matched with it by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Labels {
    /// Whether answers are kept.
    pub enabled: bool,
    /// Most answers that are kept of a model; beyond, the oldest go.
    pub keep_answers: u64,
    /// Days for which an answer is kept; a label that comes later is too late.
    pub keep_days: f64,
    /// Most answers that are kept per second, over some seconds: what comes faster is sampled.
    pub per_second: u32,
    /// Hours for which a label waits for an answer that is not known yet.
    pub hold_hours: f64,
}

impl Default for Labels {
    fn default() -> Self {
        Labels {
            enabled: true,
            keep_answers: 1_000_000,
            keep_days: 30.0,
            per_second: 200,
            hold_hours: 24.0,
        }
    }
}

impl Labels {
    /// Milliseconds for which an answer is kept.
    pub fn keep_ms(&self) -> i64 {
        (self.keep_days * 86_400_000.0) as i64
    }

    /// Milliseconds for which a label waits.
    pub fn hold_ms(&self) -> i64 {
        (self.hold_hours * 3_600_000.0) as i64
    }

    /// Tells what makes no sense: key below `labels`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        // Written so that what is no number is outside.
        let mut within = |key: &str, value: f64, low: f64, high: f64| {
            if !(value >= low && value <= high) {
                say(key, format!("{value} is not from {low} to {high}"));
            }
        };
        within("keep_answers", self.keep_answers as f64, 1000.0, 1e9);
        within("keep_days", self.keep_days, 0.01, 36_500.0);
        within("per_second", f64::from(self.per_second), 1.0, 1e6);
        within("hold_hours", self.hold_hours, 0.0, 8760.0);
    }
}
