//! What starts a run beside the schedule.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What starts a run, apart from the schedule. A server (`up` or `serve`) looks for it every five seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Retrain {
    /// A run is started once this many labels have arrived since the last one began. Without it, labels start none.
    pub on_labels: Option<u64>,
}

impl Retrain {
    /// Tells what makes no sense: key below `retrain`, and reason.
    pub fn check(&self, say: &mut impl FnMut(&str, String)) {
        if self.on_labels == Some(0) {
            let why = "0 is not from 1; leave the key out, so that labels start no run";
            say("on_labels", why.to_string());
        }
    }
}
