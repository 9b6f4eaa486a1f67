//! What the hashes lead to, case by case.

use super::*;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::RowSet;

fn past(verdict: Outcome, test: &str) -> PastConclusion {
    PastConclusion {
        data_hash: "d".to_string(),
        config_hash: "c".to_string(),
        test_hash: test.to_string(),
        verdict,
        version: Some(VersionNumber::new(1)),
        run: RunId::new("r"),
        rows: None,
    }
}

fn facts(known: Option<&PastConclusion>, champion: Option<VersionNumber>) -> Facts<'_> {
    Facts {
        force: false,
        test_hash: "t",
        known,
        same: "data",
        champion,
    }
}

#[test]
fn every_case_of_what_is_new_leads_to_one_thing() {
    let (same, old_test) = (past(Outcome::Reject, "t"), past(Outcome::Reject, "old"));
    let train = |why: &str| Plan::Train(why.to_string());
    let nothing =
        || Plan::Nothing("run r ended with `reject` on the same data and settings".to_string());
    let cases = [
        (None, None, train("new data or settings")),
        (None, Some(1), train("new data or settings")),
        (Some(&same), Some(1), nothing()),
        (Some(&same), None, nothing()),
        (
            Some(&old_test),
            Some(4),
            Plan::Rescore(VersionNumber::new(4)),
        ),
        (
            Some(&old_test),
            None,
            train("new test data and no champion"),
        ),
    ];
    for (at, (known, champion, wanted)) in cases.into_iter().enumerate() {
        let mut facts = facts(known, champion.map(VersionNumber::new));
        assert_eq!(plan(&facts), wanted, "case {at}");
        facts.force = true;
        assert_eq!(plan(&facts), train("forced"), "case {at}, forced");
    }
}

#[test]
fn what_was_left_out_and_what_became_of_the_version_is_said() {
    let mut known = past(Outcome::Promote, "t");
    known.rows = Some(RowSet {
        left_out: vec!["bad.csv".to_string()],
        ..RowSet::default()
    });
    let of_rows = |champion| Facts {
        same: "rows",
        ..facts(Some(&known), champion)
    };
    assert_eq!(
        plan(&of_rows(Some(VersionNumber::new(1)))),
        Plan::Nothing(
            "run r ended with `promote` on the same rows and settings; 1 file is left out: bad.csv"
                .to_string()
        )
    );
    assert_eq!(
        plan(&of_rows(Some(VersionNumber::new(2)))),
        Plan::Nothing(
            "run r ended with `promote` on the same rows and settings; 1 file is left out: bad.csv; its version 1 is not the champion any more, `unseat promote 1` makes it that again"
                .to_string()
        )
    );
}
