//! The part of `config.json` that says whether a challenger answers past requests before it may go in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requests that a challenger answers offline before the gate decides. They come from the prediction log, so there are only such
/// as `server.prediction_log.sample` keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Shadow {
    /// Whether challenger and champion answer the newest logged requests; the differences are part of the decision.
    pub challenger: bool,
    /// Logged rows that are answered, at most.
    pub rows: u32,
}

impl Default for Shadow {
    fn default() -> Self {
        Shadow {
            challenger: false,
            rows: 1000,
        }
    }
}

impl Shadow {
    /// Tells what makes no sense: key below `shadow`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        if !(1..=100_000).contains(&self.rows) {
            say("rows", format!("{} is not from 1 to 100000", self.rows));
        }
    }
}
