//! The part of `config.json` that says what is kept of answers, so that labels which come later can be checked against them.

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
    /// Share of the labelled rows of production that are held out as fresh test rows, from 0 (off) to 1. A hash of the row decides,
    /// forever. Whole rows are there only where `server.prediction_log.sample` keeps them.
    pub test_share: f64,
    /// What fresh test rows are for.
    pub test_use: TestUse,
    /// Fewest fresh test rows that can be the test rows `alone`.
    pub test_min_rows: u32,
    /// Most fresh test rows that are kept of a model; beyond that, the oldest are retired. They stay out of training.
    pub test_rows: u32,
    /// Days after its answer for which a row is a fresh test row; then it is retired, and stays out of training.
    pub test_days: Option<f64>,
    /// Whether labelled rows of production that are no test rows are learned from, as rows of the data set. Whole rows are there
    /// only where `server.prediction_log.sample` keeps them.
    pub train: bool,
    /// Most labelled rows of production that are learned from; beyond that, the oldest are left out.
    pub train_rows: u32,
}

/// What fresh test rows are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestUse {
    /// They are gathered and kept out of training, and judge nothing yet.
    Gather,
    /// They are test rows in addition to those of the test folder.
    Beside,
    /// They are the only test rows once there are `test_min_rows` of them; until then the same as `beside`.
    Alone,
}

impl Default for Labels {
    fn default() -> Self {
        Labels {
            enabled: true,
            keep_answers: 1_000_000,
            keep_days: 30.0,
            per_second: 200,
            hold_hours: 24.0,
            test_share: 0.0,
            test_use: TestUse::Beside,
            test_min_rows: 500,
            test_rows: 20_000,
            test_days: None,
            train: false,
            train_rows: 100_000,
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

    /// Since when a row must have been answered to be a fresh test row.
    pub fn test_since_ms(&self, now_ms: i64) -> i64 {
        let age_ms = |days: f64| (days * 86_400_000.0) as i64;
        self.test_days
            .map_or(i64::MIN, |days| now_ms - age_ms(days))
    }

    /// Whether labelled rows of production are held out as test rows.
    pub fn sets_aside(&self) -> bool {
        self.enabled && self.test_share > 0.0
    }

    /// Whether labelled rows of production are learned from.
    pub fn trains(&self) -> bool {
        self.enabled && self.train
    }

    /// What of it can change a verdict, as text; `None` where nothing is held out or learned from.
    pub(super) fn not_default(&self) -> Option<String> {
        let aside = self.sets_aside().then(|| {
            serde_json::json!([self.test_share, self.test_use, self.test_min_rows]).to_string()
        });
        let trains = self.trains().then(|| "labels.train".to_string());
        (aside.is_some() || trains.is_some()).then(|| aside.into_iter().chain(trains).collect())
    }

    /// Tells what makes no sense: key below `labels`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        // Written so that what is not a number is outside.
        let mut within = |key: &str, value: f64, low: f64, high: f64| {
            if !(value >= low && value <= high) {
                say(key, format!("{value} is not from {low} to {high}"));
            }
        };
        within("keep_answers", self.keep_answers as f64, 1000.0, 1e9);
        within("keep_days", self.keep_days, 0.01, 36_500.0);
        within("per_second", f64::from(self.per_second), 1.0, 1e6);
        within("hold_hours", self.hold_hours, 0.0, 8760.0);
        within("test_share", self.test_share, 0.0, 1.0);
        within("test_min_rows", f64::from(self.test_min_rows), 30.0, 1e6);
        within("test_rows", f64::from(self.test_rows), 30.0, 1e6);
        within("test_days", self.test_days.unwrap_or(1.0), 0.01, 36_500.0);
        within("train_rows", f64::from(self.train_rows), 30.0, 1e6);
        for (key, is_set) in [("test_share", self.test_share > 0.0), ("train", self.train)] {
            if is_set && !self.enabled {
                let why = "labelled rows are matched with answers, and `labels.enabled` keeps none";
                say(key, why.to_string());
            }
        }
    }
}
