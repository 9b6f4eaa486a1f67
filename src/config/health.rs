//! The part of `config.json` that says when a model is stale: bounds for its age and for the fall of its score.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::policy::not_at_least_zero;

/// When a model counts as stale. A stale model continues answering; a notification is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Health {
    /// Days after which a model that was not trained again is stale. Default: none, since data may come seldom.
    pub max_days_untrained: Option<f64>,
    /// Days after which a champion that was not replaced is stale, unless it is pinned. Default: none, since a champion that
    /// stays the best is none the worse for it.
    pub max_days_unpromoted: Option<f64>,
    /// Fall of the champion's metric since its promotion, by more than which it is stale; of `rmse` and `mae` as a share of
    /// what it was; `null` for none.
    pub max_fall: Option<f64>,
    /// The least that the champion's metric may be by labels, over the seven days up to the newest answer that has one, from 30
    /// labels on (of a metric where less is better, the most); below, it is stale. Default: none, since it is in the metric's
    /// own unit.
    pub min_live_score: Option<f64>,
    /// Most days since the last label (or, before the first label, since the first answer). Beyond them a model that answers is
    /// stale, because how good its answers are is unknown. Default: none, since not everybody sends labels.
    pub max_label_age: Option<f64>,
}

impl Default for Health {
    fn default() -> Self {
        Health {
            max_days_untrained: None,
            max_days_unpromoted: None,
            // Twice what starts a training: by then training did not help.
            max_fall: Some(0.1),
            min_live_score: None,
            max_label_age: None,
        }
    }
}

/// A hundred years.
const MOST_DAYS: f64 = 36_500.0;

impl Health {
    /// Tells every number that makes no sense, under its key within these settings.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        let days = [
            ("max_days_untrained", self.max_days_untrained),
            ("max_days_unpromoted", self.max_days_unpromoted),
            ("max_label_age", self.max_label_age),
        ];
        for (key, days) in days {
            if let Some(days) = days
                && !(days > 0.0 && days <= MOST_DAYS)
            {
                say(
                    key,
                    format!("{days} is not above 0 and at most {MOST_DAYS}"),
                );
            }
        }
        if let Some(least) = self.min_live_score.filter(|least| !least.is_finite()) {
            say("min_live_score", format!("{least} is not a number"));
        }
        if let Some(reason) = self.max_fall.and_then(not_at_least_zero) {
            say("max_fall", reason);
        }
    }
}
