//! Whether there is anything to do: a pure decision over hashes.

use crate::registry::PastConclusion;

/// What the hashes say.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Whether the user forces a training.
    pub force: bool,
    /// Whether some file in the input has a content that no concluded run has taken in.
    pub has_new_file: bool,
    /// Hash of the test files.
    pub test_hash: &'a str,
    /// What was concluded for the same files and settings.
    pub same_work: Option<&'a PastConclusion>,
    /// What was concluded last.
    pub last: Option<&'a PastConclusion>,
    /// Hash of the settings.
    pub config_hash: &'a str,
    /// The champion.
    pub champion: Option<i64>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Train a challenger; why.
    Train(String),
    /// Only the test data changed: score the champion again.
    Rescore(i64),
    /// Nothing; why.
    Nothing(String),
}

/// Decides what a run does.
pub fn plan(facts: &Facts<'_>) -> Plan {
    if facts.force {
        return Plan::Train("forced".to_string());
    }
    // Work that was concluded before, or the last conclusion when files were only moved or removed since.
    let known = facts.same_work.or_else(|| {
        let is_no_news =
            |last: &&PastConclusion| !facts.has_new_file && last.config_hash == facts.config_hash;
        facts.last.filter(is_no_news)
    });
    let Some(known) = known else {
        let why = if facts.has_new_file {
            "new data"
        } else {
            "changed settings"
        };
        return Plan::Train(why.to_string());
    };
    if known.test_hash == facts.test_hash {
        return Plan::Nothing(format!(
            "run {} came to `{}` on the same data and settings",
            known.run, known.verdict
        ));
    }
    match facts.champion {
        Some(champion) => Plan::Rescore(champion),
        None => Plan::Train("new test data and no champion".to_string()),
    }
}

#[cfg(test)]
mod tests;
