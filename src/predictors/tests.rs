//! Trees explained, compiled and packed.

use serde::{Deserialize, Serialize};

use super::*;

#[derive(Deserialize)]
struct Goldens {
    explained: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    trees: Flat,
    x: Vec<Vec<f32>>,
    answers: Vec<Vec<f64>>,
    expected: Vec<f64>,
    /// `(rows, outputs, features)`.
    contributions: Vec<Vec<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Flat {
    base: Vec<f64>,
    roots: Vec<u32>,
    feature: Vec<u32>,
    threshold: Vec<f32>,
    left: Vec<u32>,
    missing_left: Vec<bool>,
    cover: Vec<f32>,
    values: Vec<f64>,
}

impl Flat {
    fn trees(self, n_features: usize) -> Trees {
        Trees {
            link: Link::Identity,
            base: self.base,
            output: Vec::new(),
            roots: self.roots,
            feature: self.feature,
            threshold: self.threshold,
            left: self.left,
            missing_left: self.missing_left,
            cover: self.cover,
            values: self.values,
            gain: vec![0.0; n_features],
        }
    }
}

fn cases() -> Vec<(String, Trees, Case)> {
    let text = include_str!("../../tests/golden/trees.json");
    let goldens: Goldens = serde_json::from_str(text).expect("the goldens parse");
    let cases = goldens.explained.into_iter().map(|mut case| {
        let empty = Flat {
            base: Vec::new(),
            roots: Vec::new(),
            feature: Vec::new(),
            threshold: Vec::new(),
            left: Vec::new(),
            missing_left: Vec::new(),
            cover: Vec::new(),
            values: Vec::new(),
        };
        let flat = std::mem::replace(&mut case.trees, empty);
        let trees = flat.trees(case.x[0].len());
        (case.name.clone(), trees, case)
    });
    cases.collect()
}

fn near(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0)
}

#[test]
fn trees_of_scikit_learn_say_the_same_as_flat_arrays() {
    for (name, trees, case) in cases() {
        assert!(trees.is_sound(case.x[0].len()), "{name}");
        for (features, wanted) in case.x.iter().zip(&case.answers) {
            let mut margins = trees.base.clone();
            trees.add(features, &mut margins);
            for (found, wanted) in margins.iter().zip(wanted) {
                assert!(near(*found, *wanted), "{name}: {found} is not {wanted}");
            }
        }
    }
}

#[test]
fn contributions_are_those_of_shap_and_add_up_to_the_margin() {
    for (name, trees, case) in cases() {
        for (features, wanted) in case.x.iter().zip(&case.contributions) {
            let mut margins = trees.base.clone();
            trees.add(features, &mut margins);
            for (output, wanted) in wanted.iter().enumerate() {
                let (base, found) = trees.contributions(features, output);
                assert!(near(base, case.expected[output]), "{name}: base {base}");
                for (found, wanted) in found.iter().zip(wanted) {
                    assert!(near(*found, *wanted), "{name}: {found} is not {wanted}");
                }
                let sum = base + found.iter().sum::<f64>();
                assert!(
                    (sum - margins[output]).abs() < 1e-9,
                    "{name}: {sum} {margins:?}"
                );
            }
        }
    }
}

/// Shapley's value by its definition, over all sets of features.
fn by_definition(trees: &Trees, features: &[f32]) -> Vec<f64> {
    let n = features.len();
    let value = |known: usize| {
        trees
            .roots
            .iter()
            .map(|&root| mean(trees, features, known, root as usize))
            .sum::<f64>()
    };
    let factorial = |n: usize| (1..=n).map(|k| k as f64).product::<f64>();
    (0..n)
        .map(|feature| {
            let without = (0..1_usize << n).filter(|set| set >> feature & 1 == 0);
            without
                .map(|set| {
                    let size = set.count_ones() as usize;
                    let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                    weight * (value(set | 1 << feature) - value(set))
                })
                .sum()
        })
        .collect()
}

fn mean(trees: &Trees, features: &[f32], known: usize, node: usize) -> f64 {
    let left = trees.left[node] as usize;
    if trees.feature[node] == LEAF {
        return trees.values[left];
    }
    let feature = trees.feature[node] as usize;
    let value = features[feature];
    if known >> feature & 1 == 1 {
        let goes_left = if value.is_nan() {
            trees.missing_left[node]
        } else {
            value < trees.threshold[node]
        };
        return mean(trees, features, known, left + usize::from(!goes_left));
    }
    let (a, b) = (
        f64::from(trees.cover[left]),
        f64::from(trees.cover[left + 1]),
    );
    (a * mean(trees, features, known, left) + b * mean(trees, features, known, left + 1)) / (a + b)
}

/// Two trees by hand that look at a feature twice, one of them with missing numbers to the left; each adds to output 0.
fn by_hand() -> Trees {
    Trees {
        link: Link::Logistic,
        base: vec![0.25],
        output: vec![0, 0],
        roots: vec![0, 7],
        feature: vec![0, 1, 0, LEAF, LEAF, LEAF, LEAF, 2, LEAF, LEAF],
        threshold: vec![0.5, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0],
        left: vec![1, 3, 5, 0, 1, 2, 3, 8, 4, 5],
        missing_left: vec![
            true, false, false, false, false, false, false, true, false, false,
        ],
        cover: vec![10.0, 6.0, 4.0, 2.0, 4.0, 1.0, 3.0, 10.0, 7.0, 3.0],
        values: vec![1.0, -2.0, 0.5, 4.0, -0.25, 0.75],
        gain: vec![1.0, 0.5, 0.25],
    }
}

#[test]
fn contributions_are_shapleys_values_of_small_trees_missing_numbers_included() {
    let trees = by_hand();
    assert!(trees.is_sound(3));
    let cells = [f32::NAN, -2.0, 0.25, 1.0, 2.0];
    for a in cells {
        for b in cells {
            for c in cells {
                let features = [a, b, c];
                let (base, found) = trees.contributions(&features, 0);
                let wanted = by_definition(&trees, &features);
                for (found, wanted) in found.iter().zip(&wanted) {
                    assert!(
                        (found - wanted).abs() < 1e-12,
                        "{features:?}: {found} {wanted}"
                    );
                }
                let mut margin = trees.base.clone();
                trees.add(&features, &mut margin);
                let sum = base + found.iter().sum::<f64>();
                assert!((sum - margin[0]).abs() < 1e-12, "{features:?}");
            }
        }
    }
}

#[test]
fn compiled_trees_say_the_same_to_the_bit_one_by_one_and_in_blocks() {
    let scikit_learns = cases().into_iter().map(|(_, trees, case)| (trees, case.x));
    let cells = [f32::NAN, f32::INFINITY, -2.0, 0.25, 0.5, 1.0, 2.0];
    let rows = (0..343).map(|at| vec![cells[at % 7], cells[at / 7 % 7], cells[at / 49]]);
    let ours = std::iter::once((by_hand(), rows.collect::<Vec<_>>()));
    for (trees, rows) in scikit_learns.chain(ours) {
        let compiled = CompiledTrees::new(&trees);
        assert_eq!(compiled.n_outputs(), trees.n_outputs());
        let wanted: Vec<f64> = rows
            .iter()
            .flat_map(|features| {
                let mut margins = trees.base.clone();
                trees.add(features, &mut margins);
                margins
            })
            .collect();
        let mut one_by_one = compiled.base().repeat(rows.len());
        for (features, margins) in rows.iter().zip(one_by_one.chunks_mut(trees.n_outputs())) {
            compiled.add(features, margins);
        }
        let mut in_blocks = compiled.base().repeat(rows.len());
        compiled.add_rows(&rows.concat(), rows[0].len(), &mut in_blocks);
        assert_eq!(one_by_one, wanted);
        assert_eq!(in_blocks, wanted);
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    #[serde(with = "packed")]
    doubles: Vec<f64>,
    #[serde(with = "packed")]
    singles: Vec<f32>,
    #[serde(with = "packed")]
    whole: Vec<u32>,
    #[serde(with = "packed")]
    flags: Vec<bool>,
}

fn held(n: u32) -> Held {
    Held {
        doubles: (0..n).map(|at| f64::from(at) / 3.0 - 100.0).collect(),
        singles: (0..n).map(|at| at as f32 / 7.0).collect(),
        whole: (0..n).map(|at| at.wrapping_mul(2_654_435_761)).collect(),
        flags: (0..n).map(|at| at % 3 == 0).collect(),
    }
}

#[test]
fn long_arrays_are_packed_short_ones_are_lists_and_both_are_read() {
    for n in [0, 3, packed::LONGEST_LIST as u32] {
        let text = serde_json::to_string(&held(n)).expect("writes");
        assert!(text.starts_with("{\"doubles\":["), "{n}");
        assert_eq!(serde_json::from_str::<Held>(&text).expect("reads"), held(n));
    }
    let long = held(packed::LONGEST_LIST as u32 + 1);
    let text = serde_json::to_string(&long).expect("writes");
    assert!(
        text.starts_with("{\"doubles\":{\"f64\":\""),
        "{}",
        &text[..40]
    );
    assert_eq!(serde_json::from_str::<Held>(&text).expect("reads"), long);
    // A list of any length is read, as older bundles have them.
    let lists = serde_json::json!({
        "doubles": long.doubles, "singles": long.singles, "whole": long.whole, "flags": long.flags,
    });
    assert_eq!(serde_json::from_value::<Held>(lists).expect("reads"), long);
}

#[test]
fn packed_arrays_that_are_damaged_are_rejected() {
    let with = |whole: &str| {
        let text = format!("{{\"doubles\":[],\"singles\":[],\"whole\":{whole},\"flags\":[]}}");
        serde_json::from_str::<Held>(&text)
            .expect_err(whole)
            .to_string()
    };
    assert!(with("{\"f32\":\"AAAAAA==\"}").contains("not u32"));
    assert!(with("{\"u32\":\"AAAA\"}").contains("cut off"));
    assert!(with("{\"u32\":\"*\"}").contains("not base64"));
    assert!(with("{}").contains("without their kind"));
    assert!(with("{\"u32\":\"\",\"more\":1}").contains("two kinds"));
}
