//! Many trees as flat arrays: `link(base + Σ leaf values)`.
//!
//! Trees look at features as 32-bit numbers, while learning, predicting and in every exported form, so that no rounding can
//! send a row down another branch elsewhere.

use serde::{Deserialize, Serialize};

use super::{Link, packed};

/// Marks a leaf in [`Trees::feature`].
pub const LEAF: u32 = u32::MAX;

/// Most levels below a root: no learner makes more, and nothing with more is sound.
pub const MOST_LEVELS: usize = 1000;

/// A forest or a boosted sequence of binary trees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trees {
    /// How margins become answers.
    pub link: Link,
    /// `(n_outputs)`: what every row begins with.
    pub base: Vec<f64>,
    /// `(n_trees)`: the output that a tree adds to; empty where every leaf has a value per output.
    #[serde(with = "packed")]
    pub output: Vec<u32>,
    /// `(n_trees)`: first node of each tree.
    #[serde(with = "packed")]
    pub roots: Vec<u32>,
    /// `(n_nodes)`: the feature that a node looks at, or [`LEAF`].
    #[serde(with = "packed")]
    pub feature: Vec<u32>,
    /// `(n_nodes)`: a row goes left when its feature is less than this.
    #[serde(with = "packed")]
    pub threshold: Vec<f32>,
    /// `(n_nodes)`: the left child, the right one is the next; of a leaf, its row in `values`.
    #[serde(with = "packed")]
    pub left: Vec<u32>,
    /// `(n_nodes)`: whether a missing number goes left.
    #[serde(with = "packed")]
    pub missing_left: Vec<bool>,
    /// `(n_nodes)`: weight of the training rows that came by.
    #[serde(with = "packed")]
    pub cover: Vec<f32>,
    /// `(n_values, width)` row-major; width is 1 where trees have an output each, else the number of outputs.
    #[serde(with = "packed")]
    pub values: Vec<f64>,
    /// `(n_features)`: how much the splits on each feature gained.
    #[serde(with = "packed")]
    pub gain: Vec<f64>,
}

impl Trees {
    /// Number of margins.
    pub fn n_outputs(&self) -> usize {
        self.base.len()
    }

    /// Adds what the trees say of a row to its margins, `(n_outputs)`, which begin as `base`. Missing features are NaN.
    pub fn add(&self, features: &[f32], margins: &mut [f64]) {
        for (tree, &root) in self.roots.iter().enumerate() {
            let leaf = self.leaf(root, features);
            let row = self.left[leaf] as usize;
            match self.output.get(tree) {
                Some(&output) => margins[output as usize] += self.values[row],
                None => {
                    let outputs = margins.len();
                    let values = &self.values[row * outputs..(row + 1) * outputs];
                    margins
                        .iter_mut()
                        .zip(values)
                        .for_each(|(margin, value)| *margin += value);
                }
            }
        }
    }

    /// The leaf that a row ends in.
    fn leaf(&self, root: u32, features: &[f32]) -> usize {
        let mut node = root as usize;
        while self.feature[node] != LEAF {
            let value = features[self.feature[node] as usize];
            let goes_left = if value.is_nan() {
                self.missing_left[node]
            } else {
                value < self.threshold[node]
            };
            node = self.left[node] as usize + usize::from(!goes_left);
        }
        node
    }

    /// Whether shapes agree, every number is finite, and the nodes are trees: children stand after their parent, every node
    /// but a root has one, and none is more than [`MOST_LEVELS`] below its root.
    pub fn is_sound(&self, n_features: usize) -> bool {
        let n = self.feature.len();
        let width = if self.output.is_empty() {
            self.base.len()
        } else {
            1
        };
        let shapes = [
            self.threshold.len(),
            self.left.len(),
            self.missing_left.len(),
            self.cover.len(),
        ];
        let is_node = |node: usize| match self.feature[node] {
            LEAF => (self.left[node] as usize + 1) * width <= self.values.len(),
            feature => {
                let left = self.left[node] as usize;
                (feature as usize) < n_features.min(1 << 30)
                    && left > node
                    && left + 1 < n
                    && self.threshold[node].is_finite()
            }
        };
        !self.base.is_empty()
            && self.link.fits(self.base.len())
            && shapes.iter().all(|&length| length == n)
            && (self.output.is_empty() || self.output.len() == self.roots.len())
            && self
                .output
                .iter()
                .all(|&output| (output as usize) < self.base.len())
            && self.roots.iter().all(|&root| (root as usize) < n)
            && self.gain.len() == n_features
            && (0..n).all(is_node)
            && self.are_trees()
            && self
                .cover
                .iter()
                .all(|cover| cover.is_finite() && *cover >= 0.0)
            && self
                .base
                .iter()
                .chain(&self.values)
                .chain(&self.gain)
                .all(|number| number.is_finite())
    }

    /// Whether every node has one way to it that is not too long. Children stand after their parent.
    fn are_trees(&self) -> bool {
        const UNKNOWN: u32 = u32::MAX;
        let mut level = vec![UNKNOWN; self.feature.len()];
        for &root in &self.roots {
            // Two trees are no one tree.
            if std::mem::replace(&mut level[root as usize], 0) != UNKNOWN {
                return false;
            }
        }
        for (node, &feature) in self.feature.iter().enumerate() {
            let here = level[node];
            if here == UNKNOWN || here as usize > MOST_LEVELS {
                return false;
            }
            if feature == LEAF {
                continue;
            }
            let left = self.left[node] as usize;
            for child in [left, left + 1] {
                if std::mem::replace(&mut level[child], here + 1) != UNKNOWN {
                    return false;
                }
            }
        }
        true
    }
}
