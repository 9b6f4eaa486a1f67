//! Whether there is anything to do: a pure decision over hashes.

use crate::model_types::{Outcome, VersionNumber};
use crate::registry::PastConclusion;

/// What the hashes say.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// Whether the user forces a training.
    pub force: bool,
    /// Hash of the test files.
    pub test_hash: &'a str,
    /// What was concluded for the same data and settings.
    pub known: Option<&'a PastConclusion>,
    /// What is the same: `data`, where the files are, or `rows`, where other files hold the same rows.
    pub same: &'static str,
    /// The champion.
    pub champion: Option<VersionNumber>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// Train a challenger; why.
    Train(String),
    /// Only the test data changed: score the champion again.
    Rescore(VersionNumber),
    /// Nothing; why.
    Nothing(String),
}

/// Decides what a run does.
pub fn plan(facts: &Facts<'_>) -> Plan {
    if facts.force {
        return Plan::Train("forced".to_string());
    }
    let Some(known) = facts.known else {
        return Plan::Train("new data or settings".to_string());
    };
    if known.test_hash == facts.test_hash {
        return Plan::Nothing(why(facts, known));
    }
    match facts.champion {
        Some(champion) => Plan::Rescore(champion),
        None => Plan::Train("new test data and no champion".to_string()),
    }
}

/// Why there is nothing to do, with the next step for a user who expected otherwise.
fn why(facts: &Facts<'_>, known: &PastConclusion) -> String {
    let mut why = format!(
        "run {} ended with `{}` on the same {} and settings",
        known.run, known.verdict, facts.same
    );
    let left_out = known.rows.iter().flat_map(|rows| &rows.left_out);
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    match left_out.as_slice() {
        [] => {}
        [one] => why += &format!("; 1 file is left out: {one}"),
        [first, ..] => {
            why += &format!("; {} files are left out, the first {first}", left_out.len());
        }
    }
    match (facts.champion, known.version) {
        (Some(now), Some(then)) if known.verdict == Outcome::Promote && now != then => {
            why += &format!(
                "; its version {then} is not the champion any more, `unseat promote {then}` makes it that again"
            );
        }
        _ => {}
    }
    why
}

#[cfg(test)]
mod tests;
