//! The part of `config.json` that says when rows count as unlike those of training, and what is done about it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::features::DatePart;

/// Whether rows are still like those that the champion was trained on: each new data set, the test rows, and what the server
/// answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Drift {
    /// Whether rows are compared at all.
    pub enabled: bool,
    /// How often there may be an alarm although nothing has changed: `N per day`, `week`, `month`, `quarter` or `year`. Fewer
    /// false alarms mean that small drifts are seen later.
    pub false_alarms: String,
    /// How long the requests are counted that are compared together.
    pub window: DriftWindow,
    /// Rows after which a window of requests ends, instead of by the clock.
    pub window_rows: Option<u64>,
    /// PSI beyond chance from which on a difference is worth a word.
    pub min_effect: f64,
    /// PSI beyond chance from which on one window is enough; below it the difference must be there in two of three.
    pub large_effect: f64,
    /// What is done when rows drift and that matters to the model.
    pub action: DriftAction,
    /// What is done when one of these columns drifts, whether or not that matters to the model.
    pub columns: BTreeMap<String, DriftAction>,
    /// Days for which counters and comparisons are kept.
    pub keep_days: f64,
    /// Whether data sets, test rows and files are also looked at by a classifier that tries to tell them from the rows of training, all
    /// columns together. It reads the data set of the champion again, and takes a moment.
    pub domain_classifier: bool,
}

/// How long a window is. Windows begin at full hours and days of UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriftWindow {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// What is done about drift.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DriftAction {
    /// Nothing; it is still shown.
    Ignore,
    /// A line in the log of the run or server.
    Warn,
    /// Also a message to the channels of `notify` that want `drift`.
    Notify,
    /// Also a run, once per drift, which trains whether or not there is new data.
    Retrain,
    /// Also no promotion until it is over: the test rows may not describe what comes in.
    Freeze,
}

impl DriftAction {
    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            DriftAction::Ignore => "ignore",
            DriftAction::Warn => "warn",
            DriftAction::Notify => "notify",
            DriftAction::Retrain => "retrain",
            DriftAction::Freeze => "freeze",
        }
    }
}

impl Default for Drift {
    fn default() -> Self {
        Drift {
            enabled: true,
            false_alarms: "1 per quarter".to_string(),
            window: DriftWindow::Day,
            window_rows: None,
            min_effect: 0.1,
            large_effect: 0.5,
            action: DriftAction::Notify,
            columns: BTreeMap::new(),
            keep_days: 90.0,
            domain_classifier: false,
        }
    }
}

const HOUR_MS: i64 = 3_600_000;
const DAYS: [(&str, f64); 5] = [
    ("day", 1.0),
    ("week", 7.0),
    ("month", 30.4375),
    ("quarter", 91.3125),
    ("year", 365.25),
];

impl DriftWindow {
    /// Its length in milliseconds.
    pub fn length_ms(self) -> i64 {
        match self {
            DriftWindow::Hour => HOUR_MS,
            DriftWindow::Day => 24 * HOUR_MS,
        }
    }

    /// The window that an instant lies in, half-open.
    pub fn around(self, at_ms: i64) -> (i64, i64) {
        let length = self.length_ms();
        let from = at_ms.div_euclid(length) * length;
        (from, from + length)
    }
}

impl Drift {
    /// False alarms per day; `None` where the setting cannot be read.
    fn alarms_per_day(&self) -> Option<f64> {
        let (number, period) = self.false_alarms.trim().split_once(" per ")?;
        let number: f64 = number.trim().parse().ok()?;
        let (_, days) = DAYS.iter().find(|(name, _)| *name == period.trim())?;
        (number > 0.0).then_some(number / days)
    }

    /// The share of windows of some length in which anything may be found although nothing has changed, at most ½.
    pub fn alpha(&self, window_ms: i64) -> f64 {
        let per_day = self.alarms_per_day().unwrap_or(1.0 / 91.3125);
        (per_day * window_ms as f64 / (24 * HOUR_MS) as f64).min(0.5)
    }

    /// What `columns` says of a column: by its own name, or of a part of a time (`time.month`) by that of the time.
    pub fn action_of(&self, column: &str) -> Option<DriftAction> {
        let own = self.columns.get(column);
        let whole = column.rsplit_once('.').filter(|(_, part)| {
            let mut parts = DatePart::ALL.iter();
            parts.any(|known| known.name() == *part)
        });
        own.or_else(|| self.columns.get(whole?.0)).copied()
    }

    /// Tells what makes no sense: key below `drift`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        if self.alarms_per_day().is_none() {
            let periods: Vec<&str> = DAYS.iter().map(|(name, _)| *name).collect();
            say(
                "false_alarms",
                format!(
                    "write it as `1 per quarter`: a number above 0, and one of {}",
                    periods.join(", ")
                ),
            );
        }
        // Written so that what is not a number is outside.
        if !(self.min_effect > 0.0 && self.min_effect <= 10.0) {
            say(
                "min_effect",
                format!("{} is not above 0 and at most 10", self.min_effect),
            );
        }
        if !(self.large_effect >= self.min_effect && self.large_effect <= 100.0) {
            say(
                "large_effect",
                format!("{} is not from `min_effect` to 100", self.large_effect),
            );
        }
        if !(self.keep_days >= 1.0 && self.keep_days <= 36_500.0) {
            say(
                "keep_days",
                format!("{} is not from 1 to 36500", self.keep_days),
            );
        }
        if self.window_rows.is_some_and(|rows| rows < 100) {
            say(
                "window_rows",
                "fewer than 100 rows can prove nothing".to_string(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn false_alarms_are_spread_over_the_windows() {
        let alpha = |text: &str, window: DriftWindow| {
            let drift = Drift {
                false_alarms: text.to_string(),
                ..Drift::default()
            };
            drift.alpha(window.length_ms())
        };
        assert!((alpha("1 per quarter", DriftWindow::Day) - 1.0 / 91.3125).abs() < 1e-12);
        assert!((alpha("2 per week", DriftWindow::Hour) - 2.0 / 7.0 / 24.0).abs() < 1e-12);
        assert_eq!(alpha("9 per day", DriftWindow::Day), 0.5);
    }

    #[test]
    fn a_part_of_a_time_goes_by_the_setting_of_the_time_unless_it_has_its_own() {
        let columns = [
            ("time", DriftAction::Ignore),
            ("time.hour", DriftAction::Freeze),
            ("price", DriftAction::Warn),
        ];
        let columns = columns.map(|(name, action)| (name.to_string(), action));
        let drift = Drift {
            columns: columns.into(),
            ..Drift::default()
        };
        let cases = [
            ("time", Some(DriftAction::Ignore)),
            ("time.month", Some(DriftAction::Ignore)),
            ("time.hour", Some(DriftAction::Freeze)),
            ("price.usd", None),
            ("month", None),
        ];
        for (column, action) in cases {
            assert_eq!(drift.action_of(column), action, "{column}");
        }
    }

    #[test]
    fn the_defaults_are_well_and_what_makes_no_sense_is_told() {
        let said = |drift: &Drift| {
            let mut keys = Vec::new();
            drift.check(&mut |key, _| keys.push(key.to_string()));
            keys
        };
        assert_eq!(said(&Drift::default()), Vec::<String>::new());
        let odd = Drift {
            false_alarms: "often".to_string(),
            window_rows: Some(3),
            min_effect: f64::NAN,
            large_effect: f64::NAN,
            keep_days: 0.0,
            ..Drift::default()
        };
        let keys = [
            "false_alarms",
            "min_effect",
            "large_effect",
            "keep_days",
            "window_rows",
        ];
        assert_eq!(said(&odd), keys);
    }

    #[test]
    fn windows_are_half_open_and_begin_at_full_hours() {
        assert_eq!(DriftWindow::Hour.around(0), (0, HOUR_MS));
        assert_eq!(DriftWindow::Hour.around(HOUR_MS), (HOUR_MS, 2 * HOUR_MS));
        assert_eq!(DriftWindow::Day.around(-1), (-24 * HOUR_MS, 0));
    }
}
