//! The part of `config.json` that says what is kept, and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is kept of a model's past. Whatever is needed stays all the same: the champion, the version that a rollback goes
/// back to, the data sets of versions that are kept, and anything of a run that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Nothing younger than this many hours is removed, whatever the other bounds say.
    pub min_age_hours: f64,
    /// Data sets, with the list of the files that each was made of.
    pub datasets: Datasets,
    /// Versions: their files. Number, verdict and hashes of each are kept for good.
    pub versions: Versions,
    /// Logs of runs.
    pub logs: Logs,
    /// Records of runs.
    pub runs: Records,
    /// Ticks of the schedule.
    pub ticks: Records,
    /// Records of jobs.
    pub jobs: Records,
    /// Closed files of the prediction log that hold the model's rows.
    pub prediction_log: PredictionLogs,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            min_age_hours: 24.0,
            datasets: Datasets::default(),
            versions: Versions::default(),
            logs: Logs::default(),
            runs: Records::default(),
            ticks: Records::default(),
            jobs: Records::default(),
            prediction_log: PredictionLogs::default(),
        }
    }
}

/// How many of a kind stay, and for how long: what is over either bound goes. Without a bound (`null`), all stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bound {
    /// So many of the newest.
    pub count: Option<u32>,
    /// None older than this many days.
    pub days: Option<u32>,
}

/// Makes a settings type of a bound, with defaults of its own: the schema then shows them.
macro_rules! bounds {
    ($(#[$doc:meta] $name:ident: $count:expr, $days:expr;)*) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            /// So many of the newest stay; `null`: any number.
            pub count: Option<u32>,
            /// None older than this many days is kept; `null`: kept for good.
            pub days: Option<u32>,
        }

        impl Default for $name {
            fn default() -> Self {
                $name { count: $count, days: $days }
            }
        }

        impl $name {
            /// The same as a plain bound.
            pub fn bound(self) -> Bound {
                Bound { count: self.count, days: self.days }
            }
        }
    )*};
}

bounds! {
    /// Data sets.
    Datasets: Some(30), Some(90);
    /// Versions.
    Versions: Some(30), Some(90);
    /// Logs of runs.
    Logs: Some(200), Some(90);
    /// Rows of the database.
    Records: Some(10_000), Some(365);
    /// Files of the prediction log.
    PredictionLogs: None, Some(90);
}

/// Longest time in days that can be named: a hundred years.
const MOST_DAYS: u32 = 36_500;

impl Retention {
    /// Every setting that cannot be, as `(key below retention, reason)`.
    pub fn check(&self, say: &mut dyn FnMut(&str, String)) {
        let hours = self.min_age_hours;
        if !(0.0..=f64::from(MOST_DAYS) * 24.0).contains(&hours) {
            say(
                "min_age_hours",
                format!("{hours} is not from 0 to {}", MOST_DAYS * 24),
            );
        }
        let bounds = [
            ("datasets", self.datasets.bound()),
            ("versions", self.versions.bound()),
            ("logs", self.logs.bound()),
            ("runs", self.runs.bound()),
            ("ticks", self.ticks.bound()),
            ("jobs", self.jobs.bound()),
            ("prediction_log", self.prediction_log.bound()),
        ];
        for (key, bound) in bounds {
            if bound.count == Some(0) {
                let reason = "keep at least 1, or write null to keep any number";
                say(&format!("{key}.count"), reason.to_string());
            }
            if bound
                .days
                .is_some_and(|days| !(1..=MOST_DAYS).contains(&days))
            {
                let reason = format!("name 1 to {MOST_DAYS} days, or write null to keep for good");
                say(&format!("{key}.days"), reason);
            }
        }
    }

    /// The age in milliseconds up to which nothing goes.
    pub fn min_age_ms(&self) -> i64 {
        (self.min_age_hours * 3_600_000.0) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_would_keep_nothing_are_told() {
        let told = |retention: &Retention| {
            let mut keys = Vec::new();
            retention.check(&mut |key, _| keys.push(key.to_string()));
            keys
        };
        let mut retention = Retention::default();
        assert!(told(&retention).is_empty());
        retention.versions.count = Some(0);
        retention.logs.days = Some(0);
        retention.min_age_hours = -1.0;
        assert_eq!(
            told(&retention),
            ["min_age_hours", "versions.count", "logs.days"]
        );
        retention = Retention::default();
        retention.runs.count = None;
        retention.runs.days = None;
        assert!(told(&retention).is_empty());
    }
}
