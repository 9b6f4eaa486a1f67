//! Target means over all rows are those of this machine, for the rows that are learned from as for those that are predicted.

use serde_json::{Value, json};
use unseat::features::Step;

use super::boosted::{assert_cleared, assert_recorded, assert_same_trees, trees};
use super::equal::{Both, assert_noted, assert_same_model, assert_same_steps, labels};

/// Target means of texts with gaps, of numbers with gaps, and of flags.
fn features() -> Value {
    json!({"columns": {
        "plan": {"encode": "target_mean"}, "age": {"encode": "target_mean"}, "member": {"encode": "target_mean"},
    }})
}

fn n_means(both: &Both) -> usize {
    let inputs = &both.bundles[1].transformer.inputs;
    let is_mean = |it: &&unseat::features::Input| matches!(it.step, Step::TargetMean { .. });
    inputs.iter().filter(is_mean).count()
}

#[test]
fn linear_models_learn_from_the_target_means_of_this_machine() {
    for (target, more) in [
        ("left", json!({"split": {"refit": false, "seed": 7}})),
        ("tier", json!({"split": {"refit": true}})),
        (
            "worth",
            json!({"learner": {"kind": "ridge", "alpha": 0.5}, "drop": ["left"]}),
        ),
    ] {
        let mut more = more;
        more["features"] = features();
        let Some(both) = Both::of(target, &more, &json!({})) else {
            return;
        };
        assert_eq!(n_means(&both), 3, "{target}");
        assert_same_model(&both.bundles);
        assert_eq!(both.reports[0]["verdict"], both.reports[1]["verdict"]);
        assert_noted(&both.there, "learned by the engine from");
        assert_cleared(&both.there);
        if target != "worth" {
            assert_eq!(labels(&both.here), labels(&both.there), "{target}");
        }
    }
}

#[test]
fn trees_are_boosted_on_the_target_means_of_this_machine() {
    for (target, more) in [
        (
            "left",
            json!({"learner": {"kind": "boosted_trees", "rounds": 12}, "split": {"refit": false, "seed": 3}}),
        ),
        (
            "tier",
            json!({"learner": {"kind": "boosted_trees", "rounds": 4}, "split": {"refit": true}}),
        ),
    ] {
        let mut more = more;
        more["features"] = features();
        let Some(both) = Both::of(target, &more, &json!({})) else {
            return;
        };
        assert_eq!(n_means(&both), 3, "{target}");
        assert_same_trees(&both, target);
        assert_recorded(&both.there, "learned by the engine from");
        assert_cleared(&both.there);
    }
}

#[test]
fn of_numbers_target_means_are_those_of_this_machine() {
    let more = json!({
        "learner": {"kind": "boosted_trees", "rounds": 6, "early_stopping": 0}, "split": {"refit": true},
        "features": features(), "drop": ["left"],
    });
    let Some(both) = Both::of("worth", &more, &json!({})) else {
        return;
    };
    assert_eq!(n_means(&both), 3);
    assert_same_steps(&both.bundles);
    let [a, b] = [0, 1].map(|at| trees(&both.bundles[at].predictor));
    // What trees look at is rounded to 32 bits, where sums in another order are the same.
    assert!(a == b, "{a:?}\n{b:?}");
    assert_recorded(&both.there, "learned by the engine from");
}

#[test]
fn categories_that_a_gap_counts_as_are_those_of_this_machine() {
    let more = json!({
        "split": {"refit": false},
        "features": {"min_category_rows": 150, "columns": {
            "plan": {"encode": "target_mean", "impute": "most_frequent"},
            "age": {"encode": "target_mean", "min_category_rows": 18},
        }},
    });
    let Some(both) = Both::of("left", &more, &json!({})) else {
        return;
    };
    assert_same_model(&both.bundles);
    assert_eq!(labels(&both.here), labels(&both.there));
}

#[test]
fn of_more_rows_than_the_sample_all_make_the_means() {
    let more = json!({
        "learner": {"kind": "boosted_trees", "rounds": 5}, "split": {"refit": true}, "features": features(),
    });
    let Some(both) = Both::of("left", &more, &json!({"sample_rows": 400})) else {
        return;
    };
    assert_eq!(n_means(&both), 3);
    // The last fit takes all rows, on this machine as in the engine.
    assert_same_steps(&both.bundles);
    assert_recorded(&both.there, "learned by the engine from");
}
