//! The decoder of bundles: what it takes can be scored, explained and served, whatever the row.

use super::runner::fuzz;
use crate::bundle::{self, Bundle, make_golden};
use crate::explain;
use crate::features::CellRef;
use crate::model_types::{Sha256, VersionNumber};
use crate::predictors::{LEAF, Link, Predictor, Trees};
use crate::serve::Served;
use crate::serve::rows::sample_served;

/// Two trees on the four features of the sample's columns.
fn trees() -> Trees {
    Trees {
        link: Link::Logistic,
        base: vec![0.25],
        output: vec![0, 0],
        roots: vec![0, 3],
        feature: vec![0, LEAF, LEAF, 2, LEAF, 1, LEAF, LEAF],
        threshold: vec![0.5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0],
        left: vec![1, 0, 1, 4, 2, 6, 3, 0],
        missing_left: vec![true, false, false, false, false, true, false, false],
        cover: vec![8.0, 3.0, 5.0, 8.0, 2.0, 6.0, 4.0, 2.0],
        values: vec![-1.0, 1.5, 0.5, -0.25],
        gain: vec![1.0, 0.5, 0.5, 0.0, 0.0, 0.0],
    }
}

fn sample(predictor: Option<Trees>) -> Bundle {
    let served = sample_served();
    let mut bundle = served.bundle.clone();
    if let Some(trees) = predictor {
        bundle.predictor = Predictor::Trees(trees);
    }
    bundle.golden = make_golden(&bundle);
    bundle.verify().expect("the sample is sound");
    bundle
}

fn rejected(change: impl FnOnce(&mut Bundle)) -> String {
    let mut bundle = sample(Some(trees()));
    change(&mut bundle);
    match bundle::encode(&bundle).and_then(|bytes| bundle::decode(&bytes)) {
        Ok(_) => "taken".to_string(),
        Err(error) => error.to_string(),
    }
}

fn rejected_trees(change: impl FnOnce(&mut Trees)) -> String {
    rejected(|bundle| {
        if let Predictor::Trees(trees) = &mut bundle.predictor {
            change(trees);
        }
    })
}

/// A chain of so many levels: each node's left child is a leaf.
fn chain(levels: usize) -> Trees {
    let n = 2 * levels + 1;
    let mut chain = Trees {
        output: vec![0],
        roots: vec![0],
        feature: vec![LEAF; n],
        threshold: vec![0.0; n],
        left: vec![0; n],
        missing_left: vec![false; n],
        cover: vec![1.0; n],
        ..trees()
    };
    for level in 0..levels {
        let node = if level == 0 { 0 } else { 2 * level };
        chain.feature[node] = 0;
        chain.left[node] = 2 * level as u32 + 1;
    }
    chain
}

/// What makes trees unsound.
type Spoil = fn(&mut Trees);

#[test]
fn what_no_training_makes_is_unsound() {
    assert_eq!(rejected(|_| ()), "taken");
    let weights = "use the bundle: its weights do not fit its columns and classes";
    let unsound: [(&str, Spoil); 12] = [
        ("a child before its parent", |it| it.left[5] = 1),
        ("a node that is its own child", |it| it.left[3] = 3),
        ("a child of two", |it| it.left[0] = 4),
        ("a root below another", |it| it.roots[1] = 5),
        ("the same tree twice", |it| it.roots[1] = 0),
        ("nodes of no tree", |it| {
            it.roots.pop();
            it.output.pop();
        }),
        ("a feature that is not there", |it| it.feature[0] = 6),
        ("a threshold that is not a number", |it| {
            it.threshold[3] = f32::NAN;
        }),
        ("a cover that is not a number", |it| it.cover[3] = f32::NAN),
        ("a negative cover", |it| it.cover[1] = -1.0),
        ("a leaf without a value", |it| it.left[1] = 4),
        ("an output that is not there", |it| it.output[0] = 1),
    ];
    for (name, change) in unsound {
        let mut bundle = sample(Some(trees()));
        let Predictor::Trees(trees) = &mut bundle.predictor else {
            unreachable!("trees")
        };
        change(trees);
        // JSON has no such number, so the parts are looked at before they are written.
        let found = bundle.verify_parts().expect_err(name).to_string();
        assert_eq!(found, weights, "{name}");
    }
    assert_eq!(rejected_trees(|it| *it = chain(1001)), weights, "too deep");
    let why = "use the bundle: two of its classes have one name";
    assert_eq!(rejected(|it| it.classes[1] = it.classes[0].clone()), why);
    let why = "use the bundle: its golden rows have answers that are no probabilities";
    assert_eq!(rejected(|it| it.golden.rows[0].probabilities[0] = 2.0), why);
}

#[test]
fn the_deepest_tree_is_explained() {
    let bundle = sample(Some(chain(1000)));
    let Predictor::Trees(trees) = &bundle.predictor else {
        unreachable!("trees")
    };
    let features = [f32::MAX, 0.0, 0.0, 0.0, 0.0, 0.0];
    let (base, parts) = trees.contributions(&features, 0);
    let mut margins = trees.base.clone();
    trees.add(&features, &mut margins);
    let sum = base + parts.iter().sum::<f64>();
    assert!((sum - margins[0]).abs() < 1e-9, "{sum} {margins:?}");
    let mut looks = 0;
    let stopped = trees.contributions_while(&features, 0, &mut || {
        looks += 1;
        looks < 2
    });
    assert_eq!((stopped, looks), (None, 2), "it ends within a tree");
}

#[test]
fn fuzz_bundle() {
    let of = |bundle: &Bundle| serde_json::to_vec(bundle).expect("JSON");
    let seeds = [of(&sample(None)), of(&sample(Some(trees())))];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let words = [
        "\"kind\":\"trees\"",
        "\"softmax\"",
        "\"identity\"",
        "\"one_vs_rest\"",
        "\"integer\"",
        "\"text\"",
        "{\"derived\":[{\"name\":\"d\",\"sql\":\"number + 1\"}]}",
        "[]",
        "null",
        "4294967295",
        "{\"f64\":\"AAAA\"}",
    ];
    fuzz("bundle", &seeds, &words, |json| {
        let mut bundle = match serde_json::from_slice::<Bundle>(json) {
            Ok(bundle) => bundle,
            // Each place at which one can be malformed is an outcome of its own.
            Err(error) => {
                let words = error.to_string();
                return words
                    .chars()
                    .filter(|it| !it.is_ascii_digit())
                    .take(80)
                    .collect();
            }
        };
        if let Err(error) = bundle.verify_parts() {
            return error.to_string();
        }
        bundle.golden = make_golden(&bundle);
        if let Err(error) = bundle.verify() {
            return error.to_string();
        }
        let bytes = bundle::encode(&bundle).expect("is written");
        let read = bundle::decode(&bytes).expect("is read back");
        let cells = [
            CellRef::Missing,
            CellRef::Number(1e300),
            CellRef::Text("a"),
            CellRef::Boolean(true),
        ];
        for cell in cells {
            let scorer = read.scorer();
            let slots: Vec<_> = (0..scorer.n_inputs())
                .map(|at| scorer.read(at, cell))
                .collect();
            let mut answer = vec![0.0; scorer.n_outputs()];
            scorer.score_slots(&slots, &mut Vec::new(), &mut answer);
            for output in 0..scorer.n_outputs() {
                scorer.contributions(&read.predictor, &slots, output);
            }
            explain::counterfactuals(&read, &scorer, &slots, 0.5, true);
        }
        let served = Served::new(
            "m",
            VersionNumber::new(1),
            0,
            Sha256::default(),
            Vec::new(),
            read,
        );
        format!("{} {}", served.inputs.len(), served.bundle.is_binary())
    });
}
