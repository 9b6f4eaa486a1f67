//! Boosted trees of the engine are those of this machine, bit for bit, where the rows are the same.

use std::fs;

use serde_json::{Value, json};
use unseat::predictors::{Predictor, Trees};

use super::data::{by_engine, project};
use super::equal::{Both, labels};
use super::sail::Sail;
use crate::support::Project;

pub fn trees(predictor: &Predictor) -> &Trees {
    match predictor {
        Predictor::Trees(trees) => trees,
        Predictor::Linear(_) => panic!("a linear predictor"),
    }
}

/// The same steps, thresholds, leaves and everything else.
pub fn assert_same_trees(both: &Both, what: &str) {
    let [here, there] = &both.bundles;
    assert_eq!(here.data.rows_hash, there.data.rows_hash, "{what}");
    assert_eq!(here.transformer, there.transformer, "{what}");
    assert_eq!(here.dropped, there.dropped, "{what}");
    let [a, b] = [here, there].map(|bundle| trees(&bundle.predictor));
    assert!(a.roots.len() > 1, "{what}: trees were grown");
    assert!(a == b, "{what}: {a:?}\n{b:?}");
    assert_eq!(here.threshold, there.threshold, "{what}");
    assert_eq!(labels(&both.here), labels(&both.there), "{what}");
}

/// The version's record holds a text.
#[track_caller]
pub fn assert_recorded(project: &Project, text: &str) {
    let versions = project.json(&["versions"]).to_string();
    assert!(versions.contains(text), "{text}: {versions}");
}

/// Nothing is left of what the engine wrote meanwhile.
pub fn assert_cleared(project: &Project) {
    let names = fs::read_dir(project.path("ingested")).expect("lists");
    let names = names.map(|it| it.expect("an entry").file_name());
    let left: Vec<_> = names
        .filter(|name| name.to_string_lossy().starts_with(".part-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn two_classes_more_and_numbers_are_boosted_as_on_this_machine() {
    for (target, more) in [
        // Margins are written anew once.
        (
            "left",
            json!({"learner": {"kind": "boosted_trees", "rounds": 20}, "split": {"refit": false}}),
        ),
        (
            "tier",
            json!({"learner": {"kind": "boosted_trees", "rounds": 5, "class_weight": "balanced", "max_depth": 4}}),
        ),
        (
            "worth",
            json!({"learner": {"kind": "boosted_trees", "rounds": 8, "early_stopping": 0}, "split": {"refit": true}}),
        ),
    ] {
        let Some(both) = Both::of(target, &more, &json!({})) else {
            return;
        };
        assert_same_trees(&both, target);
        assert_recorded(&both.there, "learned by the engine from");
        assert_cleared(&both.there);
        both.there.ok(&["verify"]);
    }
}

#[test]
fn settings_of_rows_gaps_and_categories_are_those_of_this_machine() {
    let more = json!({
        "learner": {"kind": "boosted_trees", "rounds": 6, "class_weight": "balanced", "min_leaf_rows": 30, "learning_rate": 0.3},
        "split": {"refit": false},
        "features": {"indicator": true, "columns": {
            "spend": {"impute": "median"}, "plan": {"encode": "ordinal"}, "member": {"encode": "one_hot"},
        }},
    });
    let Some(both) = Both::of("left", &more, &json!({})) else {
        return;
    };
    assert_same_trees(&both, "settings");
}

#[test]
fn the_rows_that_are_held_back_end_the_rounds() {
    let more = json!({
        "learner": {"kind": "boosted_trees", "rounds": 100, "early_stopping": 3, "learning_rate": 0.5},
        "split": {"refit": false},
    });
    let Some(both) = Both::of("left", &more, &json!({})) else {
        return;
    };
    assert_same_trees(&both, "early stopping");
    assert!(trees(&both.bundles[1].predictor).roots.len() < 90);
    assert_recorded(&both.there, "over all rows, stopped early");
}

#[test]
fn of_more_rows_than_the_sample_all_are_boosted_on() {
    let more = json!({
        "learner": {"kind": "boosted_trees", "rounds": 10}, "split": {"refit": false},
    });
    let Some(both) = Both::of("left", &more, &json!({"sample_rows": 400})) else {
        return;
    };
    let rows = both.reports[1]["data"]["rows"].as_u64();
    let there = &both.bundles[1];
    let learned = there.data.train_rows + there.data.validation_rows;
    assert_eq!(Some(learned), rows);
    let cover = f64::from(trees(&there.predictor).cover[0]);
    // The first tree's root has p (1 - p) of every row.
    let share = there.prior[1];
    let wanted = there.data.train_rows as f64 * share * (1.0 - share);
    assert!((cover / wanted - 1.0).abs() < 1e-3, "{cover} {wanted}");
    assert_recorded(&both.there, "numbers are cut into bins where");
}

#[test]
fn what_is_beyond_the_engine_is_learned_from_the_sample_and_said() {
    let Some(url) = Sail::shared() else { return };
    let cases: [(Value, &str); 2] = [
        (
            json!({"kind": "boosted_trees", "rounds": 4000, "early_stopping": 2}),
            "which are more than 20000 queries",
        ),
        (
            json!({"kind": "boosted_trees", "rounds": 3, "max_depth": 11}),
            "more than the 10 levels that the engine grows",
        ),
    ];
    for (learner, told) in cases {
        let here = project(
            "left",
            &json!({"learner": learner, "split": {"refit": false}}),
        );
        let there = by_engine(&here, &url, &json!({"sample_rows": 400}));
        let done = there.ok(&["run"]);
        assert!(done.stderr.contains(told), "{told}: {done}");
        assert!(done.stderr.contains("learned from a sample of"), "{done}");
    }
}
