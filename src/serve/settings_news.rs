//! What is to be said of `config.json`, which was edited while the server runs.

use crate::clock::rfc3339;

/// What became of an edited `config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsNews {
    /// When it was looked at.
    pub at_ms: i64,
    /// Why it cannot be used: the settings before it hold.
    pub problem: Option<String>,
    /// Parts of it that will be used after a restart.
    pub waits: Vec<String>,
}

impl SettingsNews {
    /// What the operator should know; empty when all of it is followed.
    pub fn says(&self) -> Option<String> {
        let at = rfc3339(self.at_ms);
        match &self.problem {
            Some(why) => Some(format!(
                "config.json was changed at {at} and cannot be used; the settings before it hold: {why}"
            )),
            None if self.waits.is_empty() => None,
            None => Some(format!(
                "config.json was changed at {at}; a restart is needed for {}",
                self.waits.join(", ")
            )),
        }
    }
}
