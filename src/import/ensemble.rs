//! Trees as they stand in a file.

use std::collections::HashMap;
use std::rc::Rc;

use super::cell::{Branch, Cell, Ensemble, Mode};
use super::error::Error;
use super::node::Node;

impl Mode {
    /// Whether a number is on the true side. NaN is on none but that of `!=`.
    pub fn holds(self, x: f64, limit: f64) -> bool {
        match self {
            Mode::AtMost => x <= limit,
            Mode::Below => x < limit,
            Mode::AtLeast => x >= limit,
            Mode::Above => x > limit,
            Mode::Equal => x == limit,
            Mode::Unequal => x != limit,
        }
    }

    /// Whether its true side is that of smaller numbers.
    pub fn is_lower(self) -> bool {
        matches!(self, Mode::AtMost | Mode::Below)
    }

    fn named(name: &str) -> Option<Mode> {
        Some(match name {
            "BRANCH_LEQ" => Mode::AtMost,
            "BRANCH_LT" => Mode::Below,
            "BRANCH_GTE" => Mode::AtLeast,
            "BRANCH_GT" => Mode::Above,
            "BRANCH_EQ" => Mode::Equal,
            "BRANCH_NEQ" => Mode::Unequal,
            _ => return None,
        })
    }

    /// Of ai.onnx.ml 5.
    fn numbered(number: f64) -> Option<Mode> {
        const NAMES: [&str; 6] = [
            "BRANCH_LEQ",
            "BRANCH_LT",
            "BRANCH_GTE",
            "BRANCH_GT",
            "BRANCH_EQ",
            "BRANCH_NEQ",
        ];
        NAMES
            .get(number as usize)
            .and_then(|name| Mode::named(name))
    }
}

/// What tells of leaves in an operator: trees, nodes, targets and numbers.
pub struct Leaves<'a> {
    /// Per entry: the tree.
    pub trees: &'a [i64],
    /// The node in it.
    pub nodes: &'a [i64],
    /// The target.
    pub targets: &'a [i64],
    /// The number.
    pub weights: &'a [f64],
}

impl Ensemble {
    /// Reads the nodes of `TreeEnsembleClassifier` and `TreeEnsembleRegressor`.
    ///
    /// # Errors
    /// When lists do not fit one another, or a node is of a kind that has no form here.
    pub fn older(
        node: &Node<'_>,
        features: Rc<Vec<Cell>>,
        leaves: &Leaves<'_>,
        targets: usize,
    ) -> Result<Ensemble, Error> {
        let trees = node.ints("nodes_treeids")?;
        let ids = node.ints("nodes_nodeids")?;
        let feature = node.ints("nodes_featureids")?;
        let modes = node.strings("nodes_modes")?;
        let limits = node.numbers("nodes_values", "nodes_values_as_tensor")?;
        let yes = node.ints("nodes_truenodeids")?;
        let no = node.ints("nodes_falsenodeids")?;
        let missing = node.ints("nodes_missing_value_tracks_true")?;
        // How often a node is reached: nothing depends on it.
        node.numbers("nodes_hitrates", "nodes_hitrates_as_tensor")?;
        let n = trees.len();
        let lengths = [ids, feature, yes, no].map(<[i64]>::len);
        let is_whole = lengths == [n; 4] && modes.len() == n && limits.len() == n;
        if n == 0 || !is_whole || !(missing.is_empty() || missing.len() == n) {
            return Err(node.refuse("the lists of its nodes are not of one length"));
        }
        let mut places = HashMap::with_capacity(n);
        let mut roots = Vec::new();
        for at in 0..n {
            if places.insert((trees[at], ids[at]), at).is_some() {
                return Err(node.refuse(format!(
                    "node {} of tree {} is there twice",
                    ids[at], trees[at]
                )));
            }
            // The first node of a tree is its root.
            if at == 0 || trees[at - 1] != trees[at] {
                roots.push(at);
            }
        }
        let place = |tree: i64, id: i64| {
            let found = places.get(&(tree, id)).copied();
            found.ok_or_else(|| node.refuse(format!("node {id} of tree {tree} is not there")))
        };
        let mut branches = Vec::with_capacity(n);
        for at in 0..n {
            if modes[at] == "LEAF" {
                branches.push(Branch::Leaf(Vec::new()));
                continue;
            }
            let mode = Mode::named(&modes[at]).ok_or_else(|| {
                node.refuse(format!(
                    "nodes of the mode `{}` have no form here",
                    modes[at]
                ))
            })?;
            branches.push(Branch::Split {
                feature: feature_of(node, feature[at], features.len())?,
                mode,
                limit: limits[at],
                missing_true: missing.get(at).is_some_and(|&it| it != 0),
                sides: [place(trees[at], yes[at])?, place(trees[at], no[at])?],
            });
        }
        let n = leaves.weights.len();
        if [leaves.trees, leaves.nodes, leaves.targets].map(<[i64]>::len) != [n; 3] {
            return Err(node.refuse("the lists of its leaves are not of one length"));
        }
        for at in 0..n {
            let found = place(leaves.trees[at], leaves.nodes[at])?;
            let target = target_of(node, leaves.targets[at], targets)?;
            if let Branch::Leaf(gives) = &mut branches[found] {
                gives.push((target, leaves.weights[at]));
            }
        }
        Ok(Ensemble {
            node: node.name().to_string(),
            op: node.op(),
            features,
            branches,
            roots,
            targets,
        })
    }

    /// Reads the nodes of `TreeEnsemble` of ai.onnx.ml 5.
    ///
    /// # Errors
    /// As [`Ensemble::older`].
    pub fn newer(
        node: &Node<'_>,
        features: Rc<Vec<Cell>>,
        targets: usize,
    ) -> Result<Ensemble, Error> {
        let feature = node.ints("nodes_featureids")?;
        let [limits, modes, weights] =
            ["nodes_splits", "nodes_modes", "leaf_weights"].map(|name| {
                node.tensor(name)
                    .map(|it| it.map_or(Vec::new(), |it| it.numbers))
            });
        let (limits, modes, weights) = (limits?, modes?, weights?);
        node.tensor("nodes_hitrates")?;
        let (yes, no) = (
            node.ints("nodes_truenodeids")?,
            node.ints("nodes_falsenodeids")?,
        );
        let (yes_leaf, no_leaf) = (
            node.ints("nodes_trueleafs")?,
            node.ints("nodes_falseleafs")?,
        );
        let missing = node.ints("nodes_missing_value_tracks_true")?;
        let leaf_targets = node.ints("leaf_targetids")?;
        let n = feature.len();
        let lengths = [yes, no, yes_leaf, no_leaf].map(<[i64]>::len);
        let is_whole = lengths == [n; 4] && modes.len() == n && limits.len() == n;
        if !is_whole
            || weights.len() != leaf_targets.len()
            || !(missing.is_empty() || missing.len() == n)
        {
            return Err(node.refuse("the lists of its nodes are not of one length"));
        }
        // Inner nodes first, then the leaves.
        let place = |id: i64, is_leaf: i64| {
            let (first, of) = if is_leaf == 0 {
                (0, n)
            } else {
                (n, weights.len())
            };
            let at = usize::try_from(id).ok().filter(|&at| at < of);
            at.map(|at| first + at).ok_or_else(|| {
                node.refuse(format!("a node leads to node {id}, which is not there"))
            })
        };
        let mut branches = Vec::with_capacity(n + weights.len());
        for at in 0..n {
            let mode = Mode::numbered(modes[at]).ok_or_else(|| {
                node.refuse(format!("nodes of the mode {} have no form here", modes[at]))
            })?;
            branches.push(Branch::Split {
                feature: feature_of(node, feature[at], features.len())?,
                mode,
                limit: limits[at],
                missing_true: missing.get(at).is_some_and(|&it| it != 0),
                sides: [place(yes[at], yes_leaf[at])?, place(no[at], no_leaf[at])?],
            });
        }
        for (&target, &weight) in leaf_targets.iter().zip(&weights) {
            branches.push(Branch::Leaf(vec![(
                target_of(node, target, targets)?,
                weight,
            )]));
        }
        let roots = node.ints("tree_roots")?.iter().map(|&root| place(root, 0));
        let roots = roots.collect::<Result<Vec<usize>, Error>>()?;
        Ok(Ensemble {
            node: node.name().to_string(),
            op: node.op(),
            features,
            branches,
            roots,
            targets,
        })
    }
}

fn feature_of(node: &Node<'_>, id: i64, n: usize) -> Result<usize, Error> {
    let found = usize::try_from(id).ok().filter(|&it| it < n);
    found.ok_or_else(|| {
        node.refuse(format!(
            "a node looks at feature {id}, and there are {n} (from 0)"
        ))
    })
}

fn target_of(node: &Node<'_>, id: i64, n: usize) -> Result<usize, Error> {
    let found = usize::try_from(id).ok().filter(|&it| it < n);
    found.ok_or_else(|| node.refuse(format!("a leaf adds to {id}, and there are {n} (from 0)")))
}
