//! Trees made ready to predict: what a step down a tree needs of a node stands together.

use super::{LEAF, Trees};

/// Set in [`Node::feature`] where missing numbers go left.
const MISSING_LEFT: u32 = 1 << 31;
/// [`Node::feature`] of a leaf.
const END: u32 = MISSING_LEFT - 1;
/// Rows that go down a tree together; their features and the top of the tree stay in the first-level cache.
const BLOCK_ROWS: usize = 64;

/// 12 bytes, so that a step reads one line of the cache.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// The feature, and whether missing numbers go left.
    feature: u32,
    threshold: f32,
    /// The left child, or the row of values.
    left: u32,
}

/// [`Trees`] in the form that predicts fastest. Says the same, to the bit.
#[derive(Debug, Clone)]
pub struct CompiledTrees {
    base: Vec<f64>,
    output: Vec<u32>,
    roots: Vec<u32>,
    nodes: Vec<Node>,
    values: Vec<f64>,
}

impl CompiledTrees {
    /// Of trees that are sound.
    pub fn new(trees: &Trees) -> Self {
        let node = |at: usize| Node {
            feature: match trees.feature[at] {
                LEAF => END,
                feature if trees.missing_left[at] => feature | MISSING_LEFT,
                feature => feature,
            },
            threshold: trees.threshold[at],
            left: trees.left[at],
        };
        CompiledTrees {
            base: trees.base.clone(),
            output: trees.output.clone(),
            roots: trees.roots.clone(),
            nodes: (0..trees.feature.len()).map(node).collect(),
            values: trees.values.clone(),
        }
    }

    /// Number of margins.
    pub fn n_outputs(&self) -> usize {
        self.base.len()
    }

    /// What every row begins with, `(n_outputs)`.
    pub fn base(&self) -> &[f64] {
        &self.base
    }

    /// As [`Trees::add`]: adds what the trees say of a row to its margins.
    #[inline]
    pub fn add(&self, features: &[f32], margins: &mut [f64]) {
        for (tree, &root) in self.roots.iter().enumerate() {
            let row = self.leaf(root, features);
            self.add_leaf(tree, row, margins);
        }
    }

    /// As [`CompiledTrees::add`] for many rows, tree by tree over blocks of them: `features` is `(n_rows, n_features)` and
    /// `margins` `(n_rows, n_outputs)`, row-major.
    pub fn add_rows(&self, features: &[f32], n_features: usize, margins: &mut [f64]) {
        let outputs = self.base.len();
        if n_features == 0 {
            margins
                .chunks_mut(outputs)
                .for_each(|margins| self.add(&[], margins));
            return;
        }
        let blocks = features.chunks(BLOCK_ROWS * n_features);
        for (features, margins) in blocks.zip(margins.chunks_mut(BLOCK_ROWS * outputs)) {
            for (tree, &root) in self.roots.iter().enumerate() {
                let rows = features.chunks_exact(n_features);
                for (features, margins) in rows.zip(margins.chunks_exact_mut(outputs)) {
                    let row = self.leaf(root, features);
                    self.add_leaf(tree, row, margins);
                }
            }
        }
    }

    /// The row of values that a row of features ends in.
    #[inline]
    fn leaf(&self, root: u32, features: &[f32]) -> usize {
        let mut node = self.nodes[root as usize];
        while node.feature != END {
            let value = features[(node.feature & !MISSING_LEFT) as usize];
            // Comparing with NaN is false, so what is missing goes right but for the mark.
            let is_missing_left = value.is_nan() & (node.feature & MISSING_LEFT != 0);
            let goes_left = (value < node.threshold) | is_missing_left;
            node = self.nodes[(node.left + u32::from(!goes_left)) as usize];
        }
        node.left as usize
    }

    #[inline]
    fn add_leaf(&self, tree: usize, row: usize, margins: &mut [f64]) {
        match (self.output.get(tree), &mut *margins) {
            (Some(&output), margins) => margins[output as usize] += self.values[row],
            (None, [margin]) => *margin += self.values[row],
            (None, margins) => {
                let outputs = margins.len();
                let values = &self.values[row * outputs..(row + 1) * outputs];
                let margins = margins.iter_mut().zip(values);
                margins.for_each(|(margin, value)| *margin += value);
            }
        }
    }
}
