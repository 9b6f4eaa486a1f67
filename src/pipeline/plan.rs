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
mod tests {
    use super::*;

    fn past(data: &str, config: &str, test: &str) -> PastConclusion {
        PastConclusion {
            data_hash: data.to_string(),
            config_hash: config.to_string(),
            test_hash: test.to_string(),
            verdict: "reject".to_string(),
            version: Some(1),
            run: "r".to_string(),
        }
    }

    fn facts<'a>(
        same: Option<&'a PastConclusion>,
        last: Option<&'a PastConclusion>,
        new: bool,
    ) -> Facts<'a> {
        Facts {
            force: false,
            has_new_file: new,
            test_hash: "t",
            same_work: same,
            last,
            config_hash: "c",
            champion: Some(1),
        }
    }

    #[test]
    fn new_files_and_changed_settings_train() {
        assert!(matches!(plan(&facts(None, None, true)), Plan::Train(_)));
        assert!(matches!(
            plan(&facts(None, Some(&past("d", "other", "t")), false)),
            Plan::Train(_)
        ));
    }

    #[test]
    fn a_refused_pair_of_data_and_settings_is_not_trained_again_unless_forced() {
        let same = past("d", "c", "t");
        let mut facts = facts(Some(&same), Some(&same), false);
        assert!(matches!(plan(&facts), Plan::Nothing(_)));
        facts.force = true;
        assert!(matches!(plan(&facts), Plan::Train(_)));
    }

    #[test]
    fn files_that_only_left_or_moved_are_no_news() {
        assert!(matches!(
            plan(&facts(None, Some(&past("other", "c", "t")), false)),
            Plan::Nothing(_)
        ));
    }

    #[test]
    fn new_test_data_alone_scores_the_champion_again() {
        let same = past("d", "c", "old");
        assert_eq!(plan(&facts(Some(&same), None, false)), Plan::Rescore(1));
    }
}
