//! One tree: nodes are split depth first until they are pure, too small or too deep.

use std::collections::HashMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::split::{Along, Split, better};
use super::sums::{Gathered, Goal, Sums};
use crate::learners::columns::Columns;
use crate::predictors::LEAF;

/// How trees are grown.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Features looked at for a split; more when none of them varies in the node.
    pub n_candidates: usize,
    /// Fewest rows in a leaf.
    pub min_leaf_rows: usize,
    /// Most splits on a path.
    pub max_depth: usize,
    /// Thresholds are drawn at random; else the best is taken.
    pub draws_thresholds: bool,
    /// A tree with more nodes is given up.
    pub most_nodes: usize,
}

/// A grown tree; its arrays are those of [`crate::predictors::Trees`].
#[derive(Debug, Default, PartialEq)]
pub struct Grown {
    /// Feature of each node, or [`LEAF`].
    pub feature: Vec<u32>,
    /// Threshold of each node.
    pub threshold: Vec<f32>,
    /// Left child, or the row of `values`.
    pub left: Vec<u32>,
    /// Where missing numbers go.
    pub missing_left: Vec<bool>,
    /// Weight of the rows of each node.
    pub cover: Vec<f32>,
    /// `(n_values, width)`: means or class shares, each once.
    pub values: Vec<f64>,
    /// `(n_features)`: weighted impurity that the splits on a feature took away.
    pub gain: Vec<f64>,
}

/// A node whose rows are known.
struct Job {
    node: usize,
    start: usize,
    end: usize,
    depth: usize,
    /// So many of the first features are known not to vary here.
    n_constant: usize,
}

/// What growing works with.
pub struct Grower<'a> {
    columns: &'a Columns,
    goal: &'a Goal,
    rule: &'a Rule,
    /// Per row of the data; empty when each is 1.
    weight: &'a [f64],
    random: ChaCha8Rng,
    rows: Vec<u32>,
    gathered: Gathered,
    /// All features, those first that are known not to vary.
    order: Vec<u32>,
    /// Features that do not vary, by the path that leads here.
    constant: Vec<u32>,
    sorted: Vec<u64>,
    tree: Grown,
    known_values: HashMap<Vec<u64>, u32>,
}

impl<'a> Grower<'a> {
    /// Ready to grow on `rows`.
    pub fn new(
        columns: &'a Columns,
        goal: &'a Goal,
        rule: &'a Rule,
        weight: &'a [f64],
        rows: Vec<u32>,
        random: ChaCha8Rng,
    ) -> Self {
        let n_features = columns.n_features();
        Grower {
            columns,
            goal,
            rule,
            weight,
            random,
            rows,
            gathered: Gathered::default(),
            order: (0..n_features as u32).collect(),
            constant: vec![0; n_features],
            sorted: Vec::new(),
            tree: Grown {
                gain: vec![0.0; n_features],
                ..Grown::default()
            },
            known_values: HashMap::new(),
        }
    }

    /// Grows the tree; `None` when it has more nodes than the rule allows.
    pub fn grow(mut self) -> Option<Grown> {
        self.add_node();
        let mut jobs = vec![Job {
            node: 0,
            start: 0,
            end: self.rows.len(),
            depth: 0,
            n_constant: 0,
        }];
        while let Some(job) = jobs.pop() {
            let total =
                self.gathered
                    .targets(self.goal, self.weight, &self.rows[job.start..job.end]);
            self.tree.cover[job.node] = total.weight as f32;
            let may_split = !self.gathered.is_pure
                && job.depth < self.rule.max_depth
                && total.rows >= 2 * self.rule.min_leaf_rows;
            let mut n_constant = job.n_constant;
            let split = if may_split {
                self.find(&job, &total, &mut n_constant)
            } else {
                None
            };
            match split {
                None => self.close(job.node, &total),
                Some(split) => {
                    let gained = split.score - total.score();
                    self.tree.gain[split.feature as usize] += gained.max(0.0);
                    let middle = self.partition(&job, &split);
                    let left = self.tree.feature.len();
                    if left + 2 > self.rule.most_nodes {
                        return None;
                    }
                    self.add_node();
                    self.add_node();
                    self.tree.feature[job.node] = split.feature;
                    self.tree.threshold[job.node] = split.threshold;
                    self.tree.missing_left[job.node] = split.missing_left;
                    self.tree.left[job.node] = left as u32;
                    for (node, start, end) in
                        [(left + 1, middle, job.end), (left, job.start, middle)]
                    {
                        jobs.push(Job {
                            node,
                            start,
                            end,
                            depth: job.depth + 1,
                            n_constant,
                        });
                    }
                }
            }
        }
        Some(self.tree)
    }

    fn add_node(&mut self) {
        self.tree.feature.push(LEAF);
        self.tree.threshold.push(0.0);
        self.tree.left.push(0);
        self.tree.missing_left.push(false);
        self.tree.cover.push(0.0);
    }

    /// Makes a node a leaf. Leaves that say the same share their values.
    fn close(&mut self, node: usize, total: &Sums) {
        let value = total.of.iter().map(|sum| sum / total.weight);
        let value: Vec<f64> = value.collect();
        let next = (self.tree.values.len() / value.len()) as u32;
        let key = value.iter().map(|number| number.to_bits()).collect();
        let row = *self.known_values.entry(key).or_insert(next);
        if row == next {
            self.tree.values.extend(value);
        }
        self.tree.left[node] = row;
    }

    /// The best split along features drawn one after another. As in scikit-learn, features that do not vary in the node
    /// are drawn, too, but at least one that does is looked at; and those that did not vary in a parent are not looked at
    /// again.
    fn find(&mut self, job: &Job, total: &Sums, n_constant: &mut usize) -> Option<Split> {
        let known = job.n_constant;
        let (mut n_drawn, mut n_found, mut n_seen) = (0, 0, 0);
        let mut unseen = self.order.len();
        let mut best = None;
        while unseen > known + n_found
            && (n_seen < self.rule.n_candidates || n_seen <= n_found + n_drawn)
        {
            n_seen += 1;
            let drawn = self
                .random
                .random_range(n_drawn as u32..(unseen - n_found) as u32)
                as usize;
            if drawn < known {
                self.order.swap(n_drawn, drawn);
                n_drawn += 1;
                continue;
            }
            let place = drawn + n_found;
            let feature = self.order[place];
            let column = self.columns.column(feature as usize);
            self.gathered.value.clear();
            self.gathered.value.extend(
                self.rows[job.start..job.end]
                    .iter()
                    .map(|&row| column[row as usize]),
            );
            let Some(along) = Along::of(feature, &self.gathered, total, self.rule.min_leaf_rows)
            else {
                self.order.swap(place, known + n_found);
                n_found += 1;
                continue;
            };
            unseen -= 1;
            self.order.swap(unseen, place);
            let split = if self.rule.draws_thresholds {
                along.at_random(&mut self.random)
            } else {
                along.best(&mut self.sorted)
            };
            best = better(best, split);
        }
        // Drawing changed the order among those known before; the other branches of the path rely on it.
        self.order[..known].copy_from_slice(&self.constant[..known]);
        let found = known..known + n_found;
        self.constant[found.clone()].copy_from_slice(&self.order[found]);
        *n_constant = known + n_found;
        best
    }

    /// Brings the rows that go left to the front, and says where the others begin.
    fn partition(&mut self, job: &Job, split: &Split) -> usize {
        let column = self.columns.column(split.feature as usize);
        let rows = &mut self.rows[job.start..job.end];
        let (mut front, mut back) = (0, rows.len());
        while front < back {
            let value = column[rows[front] as usize];
            let goes_left = if value.is_nan() {
                split.missing_left
            } else {
                value < split.threshold
            };
            if goes_left {
                front += 1;
            } else {
                back -= 1;
                rows.swap(front, back);
            }
        }
        job.start + front
    }
}
