//! The part of `config.json` that says how a promoted version is watched, and when it is rolled back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the server watches a version that a run has promoted, beside the version before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Probation {
    /// Whether a promoted version is watched and may be rolled back.
    pub enabled: bool,
    /// It ends well after this many requests for predictions.
    pub requests: u32,
    /// It ends well after this many minutes, if there were fewer requests.
    pub minutes: f64,
    /// Most by which the share of requests that fail may rise, in [0, 1].
    pub max_error_rate_rise: f64,
    /// Most by which the median time for an answer may grow, as a ratio, among requests of like size.
    pub max_latency_ratio: f64,
    /// Milliseconds up to which an answer is never called slow, whatever the ratio.
    pub latency_floor_ms: f64,
    /// Most that the predictions of the same rows may differ between the two versions beyond what they differ on the test
    /// rows, in [0, 1]: the share of rows with another label, and the mean distance of the probabilities.
    pub max_score_shift: f64,
}

impl Default for Probation {
    fn default() -> Self {
        Probation {
            // What it acts on beyond the scores is never right, and the bound on the scores is one that only a version
            // passes that is at odds with the old one on half of all rows, and was not on the test rows.
            enabled: true,
            requests: 1000,
            minutes: 60.0,
            max_error_rate_rise: 0.05,
            max_latency_ratio: 5.0,
            latency_floor_ms: 50.0,
            max_score_shift: 0.5,
        }
    }
}

impl Probation {
    /// Tells what is wrong with them: key below `probation`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        let mut within = |key: &str, value: f64, low: f64, high: f64| {
            // Written so that what is not a number is outside.
            if !(value >= low && value <= high) {
                say(key, format!("{value} is not from {low} to {high}"));
            }
        };
        within("requests", f64::from(self.requests), 1.0, 1e9);
        within("minutes", self.minutes, 0.001, 1e6);
        within("max_error_rate_rise", self.max_error_rate_rise, 0.0, 1.0);
        within("max_latency_ratio", self.max_latency_ratio, 1.0, 1e6);
        within("latency_floor_ms", self.latency_floor_ms, 0.0, 1e6);
        within("max_score_shift", self.max_score_shift, 0.0, 1.0);
    }

    /// How long it lasts at most, in milliseconds.
    pub fn lasts_ms(&self) -> i64 {
        (self.minutes * 60_000.0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_well_and_what_is_no_number_is_not() {
        let said = |settings: Probation| {
            let mut keys = Vec::new();
            settings.check(&mut |key, _| keys.push(key.to_string()));
            keys
        };
        assert_eq!(said(Probation::default()), Vec::<String>::new());
        let odd = Probation {
            enabled: true,
            requests: 0,
            minutes: 0.0,
            max_error_rate_rise: f64::NAN,
            max_latency_ratio: 0.9,
            latency_floor_ms: -1.0,
            max_score_shift: 1.1,
        };
        let all = [
            "requests",
            "minutes",
            "max_error_rate_rise",
            "max_latency_ratio",
            "latency_floor_ms",
            "max_score_shift",
        ];
        assert_eq!(said(odd), all);
    }
}
