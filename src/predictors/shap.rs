//! Contributions of features to what trees say of one row: TreeSHAP, path-dependent (Lundberg, Erion and Lee 2018,
//! "Consistent individualized feature attribution for tree ensembles", Algorithm 2), in 64-bit numbers.
//!
//! The cost is the number of leaves times the square of their depth: milliseconds for boosted trees, seconds for a forest of
//! millions of nodes.

use super::{LEAF, Trees};

/// One feature on the path from the root.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    /// The feature; `None` above the root.
    feature: Option<u32>,
    /// Share of the training rows that take this way when the feature is unknown.
    zero: f64,
    /// 1 when the row itself takes this way, else 0.
    one: f64,
    /// Weight of the sets of features of one size.
    weight: f64,
}

/// Nodes between two looks at whether to continue.
const NODES_PER_LOOK: usize = 256;

impl Trees {
    /// What each feature adds to one output's margin of a row, and what the margin is when no feature is known: `(n_features)`.
    /// Together they are the margin, but for rounding.
    pub fn contributions(&self, features: &[f32], output: usize) -> (f64, Vec<f64>) {
        let found = self.contributions_while(features, output, &mut || true);
        // Nothing stopped it.
        found.unwrap_or_default()
    }

    /// As [`Trees::contributions`], for as long as `goes_on` says so; `None` when it no longer does.
    pub fn contributions_while(
        &self,
        features: &[f32],
        output: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<(f64, Vec<f64>)> {
        let mut sums = vec![0.0; features.len()];
        let mut base = self.base[output];
        let mut paths = Vec::new();
        for (tree, &root) in self.roots.iter().enumerate() {
            let of_output = self.output.get(tree);
            if of_output.is_some_and(|&of| of as usize != output) {
                continue;
            }
            let walk = Walk {
                trees: self,
                features,
                width: if of_output.is_some() {
                    1
                } else {
                    self.base.len()
                },
                column: if of_output.is_some() { 0 } else { output },
            };
            base += walk.mean(root as usize);
            walk.visit(root as usize, &mut paths, &mut sums, goes_on)?;
        }
        Some((base, sums))
    }
}

struct Walk<'a> {
    trees: &'a Trees,
    features: &'a [f32],
    /// Values per leaf, and the one that is requested.
    width: usize,
    column: usize,
}

impl Walk<'_> {
    fn value(&self, leaf: usize) -> f64 {
        self.trees.values[self.trees.left[leaf] as usize * self.width + self.column]
    }

    /// Mean of the leaves below a node, by the rows that came by.
    fn mean(&self, node: usize) -> f64 {
        let mut sum = 0.0;
        let mut open = vec![(node, 1.0)];
        while let Some((node, share)) = open.pop() {
            if self.trees.feature[node] == LEAF {
                sum += share * self.value(node);
                continue;
            }
            let left = self.trees.left[node] as usize;
            let shares = self.shares(node);
            open.push((left, share * shares.0));
            open.push((left + 1, share * shares.1));
        }
        sum
    }

    /// Shares of the rows of a node that go left and right.
    fn shares(&self, node: usize) -> (f64, f64) {
        let left = self.trees.left[node] as usize;
        let cover = |node: usize| f64::from(self.trees.cover[node]);
        let total = cover(left) + cover(left + 1);
        if total > 0.0 {
            (cover(left) / total, cover(left + 1) / total)
        } else {
            (0.5, 0.5)
        }
    }

    /// Goes down a tree, left before right, without a call for each level. `paths` has room for the path of each level.
    fn visit(
        &self,
        root: usize,
        paths: &mut Vec<Vec<Step>>,
        sums: &mut [f64],
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        let start = Step {
            feature: None,
            zero: 1.0,
            one: 1.0,
            weight: 0.0,
        };
        let mut open = vec![(root, 0, start)];
        let mut n_nodes = 0_usize;
        while let Some((node, level, step)) = open.pop() {
            n_nodes += 1;
            if n_nodes.is_multiple_of(NODES_PER_LOOK) && !goes_on() {
                return None;
            }
            if paths.len() <= level + 1 {
                paths.resize_with(level + 2, Vec::new);
            }
            // The way to a node is that of its parent, one level up, and the step from there.
            let (above, below) = paths.split_at_mut(level + 1);
            let path = &mut below[0];
            path.clear();
            if level > 0 {
                path.extend_from_slice(&above[level]);
            }
            extend(path, step);
            if self.trees.feature[node] == LEAF {
                self.add_leaf(node, path, sums);
                continue;
            }
            let [left, right] = self.children(node, path);
            open.push((right.0, level + 1, right.1));
            open.push((left.0, level + 1, left.1));
        }
        Some(())
    }

    fn add_leaf(&self, leaf: usize, path: &[Step], sums: &mut [f64]) {
        let value = self.value(leaf);
        for at in 1..path.len() {
            let step = path[at];
            if let Some(feature) = step.feature {
                let weight = unwound_sum(path, at);
                sums[feature as usize] += weight * (step.one - step.zero) * value;
            }
        }
    }

    /// Both children of a node with the steps to them; the node's own feature is taken off its path where it is there.
    fn children(&self, node: usize, path: &mut Vec<Step>) -> [(usize, Step); 2] {
        let trees = self.trees;
        let feature = trees.feature[node];
        let value = self.features[feature as usize];
        let left = trees.left[node] as usize;
        let goes_left = if value.is_nan() {
            trees.missing_left[node]
        } else {
            value < trees.threshold[node]
        };
        let shares = self.shares(node);
        let (mut zero, mut one) = (1.0, 1.0);
        // A feature that is on the path already counts once, with both ways together.
        if let Some(at) = path.iter().position(|step| step.feature == Some(feature)) {
            (zero, one) = (path[at].zero, path[at].one);
            unwind(path, at);
        }
        let ways = [
            (left, shares.0, goes_left),
            (left + 1, shares.1, !goes_left),
        ];
        ways.map(|(child, share, taken)| {
            let step = Step {
                feature: Some(feature),
                zero: zero * share,
                one: if taken { one } else { 0.0 },
                weight: 0.0,
            };
            (child, step)
        })
    }
}

/// Adds a feature to the path: EXTEND of the paper.
fn extend(path: &mut Vec<Step>, step: Step) {
    let depth = path.len();
    path.push(Step {
        weight: if depth == 0 { 1.0 } else { 0.0 },
        ..step
    });
    let length = (depth + 1) as f64;
    for at in (0..depth).rev() {
        path[at + 1].weight += step.one * path[at].weight * (at + 1) as f64 / length;
        path[at].weight = step.zero * path[at].weight * (depth - at) as f64 / length;
    }
}

/// Takes a feature off the path: UNWIND.
fn unwind(path: &mut Vec<Step>, taken: usize) {
    let depth = path.len() - 1;
    let length = (depth + 1) as f64;
    let (one, zero) = (path[taken].one, path[taken].zero);
    let mut next = path[depth].weight;
    for at in (0..depth).rev() {
        if one != 0.0 {
            let before = path[at].weight;
            path[at].weight = next * length / ((at + 1) as f64 * one);
            next = before - path[at].weight * zero * (depth - at) as f64 / length;
        } else {
            path[at].weight = path[at].weight * length / (zero * (depth - at) as f64);
        }
    }
    for at in taken..depth {
        let weight = path[at].weight;
        path[at] = Step {
            weight,
            ..path[at + 1]
        };
    }
    path.pop();
}

/// Sum of the weights that the path has without one of its features.
fn unwound_sum(path: &[Step], taken: usize) -> f64 {
    let depth = path.len() - 1;
    let length = (depth + 1) as f64;
    let (one, zero) = (path[taken].one, path[taken].zero);
    let mut next = path[depth].weight;
    let mut sum = 0.0;
    for at in (0..depth).rev() {
        if one != 0.0 {
            let weight = next * length / ((at + 1) as f64 * one);
            sum += weight;
            next = path[at].weight - weight * zero * (depth - at) as f64 / length;
        } else if zero != 0.0 {
            sum += path[at].weight * length / (zero * (depth - at) as f64);
        }
    }
    sum
}
