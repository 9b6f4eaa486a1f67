//! Trees in ONNX.
//!
//! Where a leaf has one value, it is `TreeEnsemble` of ai.onnx.ml 5, which adds up in 64 bits, in the order of the trees as
//! the scorer does. Where a leaf has a value per output it is `TreeEnsembleRegressor` of ai.onnx.ml 3, since the newer one
//! would need every tree once per output; that one answers in 32 bits.

use super::graph::{Graph, bytes, constant, doubles, int, ints, string, strings};
use super::proto::element_type::DOUBLE;
use crate::predictors::{LEAF, Trees};

/// `x < threshold` goes to the true branch, in the newer operator.
const BRANCH_LT: u8 = 1;
/// Sum over the trees, in the newer operator.
const SUM: i64 = 1;

/// Whether the newer operator says it.
pub fn is_newer(trees: &Trees) -> bool {
    trees.n_outputs() == 1 || !trees.output.is_empty()
}

/// The margins, `(rows, outputs)`, of features `(rows, n_features)`.
pub fn margins(graph: &mut Graph, trees: &Trees, features: &str) -> String {
    let mut base = trees.base.clone();
    let split: Vec<usize> = (0..trees.roots.len())
        .filter(|&tree| !fold_leaf(trees, tree, &mut base))
        .collect();
    let base = graph.numbers(&[1, base.len()], &base);
    if split.is_empty() {
        // A sum over nothing still has to have the shape of the rows.
        let rows = zeros(graph, features);
        return graph.op("Add", &[&rows, &base], Vec::new());
    }
    let sum = if is_newer(trees) {
        newer(graph, trees, &split, features)
    } else {
        older(graph, trees, &split, features)
    };
    graph.op("Add", &[&sum, &base], Vec::new())
}

/// Adds a tree that is one leaf to the base; `false` for any other.
fn fold_leaf(trees: &Trees, tree: usize, base: &mut [f64]) -> bool {
    let root = trees.roots[tree] as usize;
    let is_leaf = trees.feature[root] == LEAF;
    if is_leaf {
        for (output, value) in leaf(trees, tree, root) {
            base[output] += value;
        }
    }
    is_leaf
}

/// Outputs and values of a leaf.
fn leaf(trees: &Trees, tree: usize, node: usize) -> Vec<(usize, f64)> {
    let row = trees.left[node] as usize;
    match trees.output.get(tree) {
        Some(&output) => vec![(output as usize, trees.values[row])],
        None => {
            let outputs = trees.n_outputs();
            (0..outputs)
                .map(|output| (output, trees.values[row * outputs + output]))
                .collect()
        }
    }
}

/// `(rows, 1)` of 0.
fn zeros(graph: &mut Graph, features: &str) -> String {
    let first = graph.whole(&[1], &[0]);
    let one = graph.op("Gather", &[features, &first], vec![int("axis", 1)]);
    // A feature that is missing is NaN, and NaN times 0 is NaN.
    let is_missing = graph.op("IsNaN", &[&one], Vec::new());
    let flag = graph.cast(&is_missing, DOUBLE);
    graph.op("Sub", &[&flag, &flag], Vec::new())
}

/// The nodes of a tree from its root, parents before children.
fn nodes_of(trees: &Trees, tree: usize) -> Vec<usize> {
    let mut nodes = vec![trees.roots[tree] as usize];
    let mut at = 0;
    while at < nodes.len() {
        let node = nodes[at];
        if trees.feature[node] != LEAF {
            let left = trees.left[node] as usize;
            nodes.extend([left, left + 1]);
        }
        at += 1;
    }
    nodes
}

/// `TreeEnsemble`: inner nodes and leaves in lists of their own.
fn newer(graph: &mut Graph, trees: &Trees, split: &[usize], features: &str) -> String {
    let (mut roots, mut feature, mut threshold) = (Vec::new(), Vec::new(), Vec::new());
    let (mut children, mut are_leaves) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    let mut missing_left = Vec::new();
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    // Where each node of the arrays ends up in its list.
    let mut places = vec![0_i64; trees.feature.len()];
    for &tree in split {
        let nodes = nodes_of(trees, tree);
        let mut n_inner = feature.len() as i64;
        roots.push(n_inner);
        for &node in &nodes {
            if trees.feature[node] != LEAF {
                places[node] = n_inner;
                n_inner += 1;
                continue;
            }
            places[node] = weights.len() as i64;
            for (output, value) in leaf(trees, tree, node) {
                targets.push(output as i64);
                weights.push(value);
            }
        }
        for &node in nodes.iter().filter(|&&node| trees.feature[node] != LEAF) {
            feature.push(i64::from(trees.feature[node]));
            threshold.push(f64::from(trees.threshold[node]));
            missing_left.push(i64::from(trees.missing_left[node]));
            for side in 0..2 {
                let child = trees.left[node] as usize + side;
                children[side].push(places[child]);
                are_leaves[side].push(i64::from(trees.feature[child] == LEAF));
            }
        }
    }
    let n = feature.len();
    let [left, right] = children;
    let [left_leaf, right_leaf] = are_leaves;
    graph.ml(
        "TreeEnsemble",
        &[features],
        vec![
            int("aggregate_function", SUM),
            int("n_targets", trees.n_outputs() as i64),
            int("post_transform", 0),
            ints("tree_roots", roots),
            ints("nodes_featureids", feature),
            constant("nodes_splits", doubles(&[n], &threshold)),
            constant("nodes_modes", bytes(vec![BRANCH_LT; n])),
            ints("nodes_truenodeids", left),
            ints("nodes_falsenodeids", right),
            ints("nodes_trueleafs", left_leaf),
            ints("nodes_falseleafs", right_leaf),
            ints("nodes_missing_value_tracks_true", missing_left),
            ints("leaf_targetids", targets),
            constant("leaf_weights", doubles(&[weights.len()], &weights)),
        ],
    )
}

/// `TreeEnsembleRegressor`: every node in one list, with the id of its tree.
fn older(graph: &mut Graph, trees: &Trees, split: &[usize], features: &str) -> String {
    let (mut tree_ids, mut node_ids, mut modes) = (Vec::new(), Vec::new(), Vec::new());
    let (mut feature, mut threshold, mut missing_left) = (Vec::new(), Vec::new(), Vec::new());
    let mut children = [Vec::new(), Vec::new()];
    let (mut target_trees, mut target_nodes) = (Vec::new(), Vec::new());
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    let mut places = vec![0_i64; trees.feature.len()];
    for (at, &tree) in split.iter().enumerate() {
        let nodes = nodes_of(trees, tree);
        for (place, &node) in nodes.iter().enumerate() {
            places[node] = place as i64;
        }
        for &node in &nodes {
            let is_leaf = trees.feature[node] == LEAF;
            tree_ids.push(at as i64);
            node_ids.push(places[node]);
            modes.push(if is_leaf { "LEAF" } else { "BRANCH_LT" });
            feature.push(if is_leaf {
                0
            } else {
                i64::from(trees.feature[node])
            });
            threshold.push(if is_leaf {
                0.0
            } else {
                f64::from(trees.threshold[node])
            });
            missing_left.push(i64::from(!is_leaf && trees.missing_left[node]));
            for (side, list) in children.iter_mut().enumerate() {
                list.push(if is_leaf {
                    0
                } else {
                    places[trees.left[node] as usize + side]
                });
            }
            if !is_leaf {
                continue;
            }
            for (output, value) in leaf(trees, tree, node) {
                target_trees.push(at as i64);
                target_nodes.push(places[node]);
                targets.push(output as i64);
                weights.push(value);
            }
        }
    }
    let [left, right] = children;
    let sum = graph.ml(
        "TreeEnsembleRegressor",
        &[features],
        vec![
            string("aggregate_function", "SUM"),
            int("n_targets", trees.n_outputs() as i64),
            string("post_transform", "NONE"),
            ints("nodes_treeids", tree_ids),
            ints("nodes_nodeids", node_ids),
            ints("nodes_featureids", feature),
            strings("nodes_modes", &modes),
            constant(
                "nodes_values_as_tensor",
                doubles(&[threshold.len()], &threshold),
            ),
            ints("nodes_truenodeids", left),
            ints("nodes_falsenodeids", right),
            ints("nodes_missing_value_tracks_true", missing_left),
            ints("target_treeids", target_trees),
            ints("target_nodeids", target_nodes),
            ints("target_ids", targets),
            constant(
                "target_weights_as_tensor",
                doubles(&[weights.len()], &weights),
            ),
        ],
    );
    graph.cast(&sum, DOUBLE)
}
