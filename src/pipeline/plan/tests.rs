//! What the hashes lead to, case by case.

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

#[test]
fn every_case_of_what_is_new_leads_to_one_thing() {
    let same = past("d", "c", "t");
    let same_old_test = past("d", "c", "old");
    let last = past("x", "c", "t");
    let last_old_test = past("x", "c", "old");
    let other_settings = past("x", "other", "t");
    let train = |why: &str| Plan::Train(why.to_string());
    let nothing =
        || Plan::Nothing("run r came to `reject` on the same data and settings".to_string());
    // (same work, last work, a new file, champion) → plan
    let cases = [
        (None, None, true, None, train("new data")),
        (None, Some(&last), true, Some(1), train("new data")),
        (
            None,
            Some(&other_settings),
            false,
            Some(1),
            train("changed settings"),
        ),
        (
            None,
            Some(&other_settings),
            true,
            Some(1),
            train("new data"),
        ),
        (None, Some(&last), false, Some(1), nothing()),
        (None, Some(&last_old_test), false, Some(1), Plan::Rescore(1)),
        (
            None,
            Some(&last_old_test),
            false,
            None,
            train("new test data and no champion"),
        ),
        (
            Some(&same),
            Some(&other_settings),
            false,
            Some(1),
            nothing(),
        ),
        (Some(&same), Some(&same), false, None, nothing()),
        (
            Some(&same_old_test),
            Some(&last),
            false,
            Some(4),
            Plan::Rescore(4),
        ),
        (
            Some(&same_old_test),
            Some(&last),
            false,
            None,
            train("new test data and no champion"),
        ),
    ];
    for (at, (same, last, has_new_file, champion, wanted)) in cases.into_iter().enumerate() {
        let mut facts = facts(same, last, has_new_file);
        facts.champion = champion;
        assert_eq!(plan(&facts), wanted, "case {at}");
        facts.force = true;
        assert_eq!(plan(&facts), train("forced"), "case {at}, forced");
    }
}
