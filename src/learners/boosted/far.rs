//! Trees of rows that are somewhere else: who has them sums packed gradients by node and code, and everything else is done here, by the
//! same functions as on rows of this machine, so that the same rows give the same trees bit for bit.
//!
//! Which leaves a tree grows is known from its histograms alone. So a tree is shaped again and again, each time as far as histograms
//! are known, and those that lack are requested together: once per level, of the smaller child of each split; the larger one's is what is
//! left of the parent's.

use rayon::prelude::*;

use super::codes::Codes;
use super::coding::Coding;
use super::histograms::subtract;
use super::packed::Sum;
use super::rounds::{Boost, Boosted, Held, Settings, in_rounds};
use super::shape::{Node, Size, Tree, shape};
use super::split::{Rules, Split, best};
use super::units::Unit;
use crate::learners::learned::Error;

/// What is asked of rows that are somewhere else: sums over those that end in some leaves of a tree.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Whose gradients.
    pub output: usize,
    /// The tree, the root first; see [`Node::left`] for the children of a node that is split.
    pub nodes: &'a [Node],
    /// The nodes whose rows are summed.
    pub leaves: &'a [usize],
}

/// Rows that are somewhere else, and what the trees so far say of each.
pub trait FarRows {
    /// Why they cannot be summed.
    type Error: From<Error>;

    /// What a packed gradient is worth in the round that begins, the `round`-th from 0.
    ///
    /// # Errors
    /// Why it cannot be found.
    fn begin(&mut self, round: usize) -> Result<Unit, Self::Error>;

    /// For each of `asked`, for each of its leaves: the sums of the rows that end in it, `(n_codes)`.
    ///
    /// # Errors
    /// Why they cannot be summed.
    fn sums(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Vec<Vec<Sum>>>, Self::Error>;

    /// Adds to every row's margins what these trees say of it.
    ///
    /// # Errors
    /// Why it cannot be added.
    fn add(&mut self, trees: &[Boost]) -> Result<(), Self::Error>;
}

/// What is boosted, besides the rows.
pub struct Boosting<'a> {
    /// How features become codes.
    pub coding: &'a Coding,
    /// What every row begins with, `(n_outputs)`.
    pub first: Vec<f64>,
    /// Rows of this machine that decide which round was best.
    pub held: Option<&'a Held<'a>>,
    /// How.
    pub settings: &'a Settings,
}

/// Boosts trees on rows that are somewhere else.
///
/// # Errors
/// What the rows say, or that their sums do not fit each other.
pub fn boost_far<R: FarRows>(boosting: Boosting<'_>, rows: &mut R) -> Result<Boosted, R::Error> {
    let Boosting {
        coding,
        first,
        held,
        settings,
    } = boosting;
    let codes = Codes::of(coding);
    let n_outputs = first.len();
    in_rounds(first, coding, held, settings, |round| {
        let unit = rows.begin(round)?;
        let growing = Growing {
            coding,
            codes: &codes,
            rules: settings.rules(unit),
            size: settings.size,
        };
        let trees = growing.grow(n_outputs, rows)?;
        let trees = trees.into_iter().enumerate();
        let boosts: Vec<Boost> = trees
            .map(|(output, tree)| Boost::of(output, tree, unit, settings))
            .collect();
        rows.add(&boosts)?;
        Ok(boosts)
    })
}

struct Growing<'a> {
    coding: &'a Coding,
    codes: &'a Codes,
    rules: Rules,
    size: Size,
}

/// What is known of the nodes that a tree may have. The root is the first, and siblings stand side by side.
struct Sketch {
    nodes: Vec<Node>,
    known: Vec<Known>,
}

#[derive(Default)]
struct Known {
    parent: usize,
    /// Until its children's are known.
    histogram: Vec<Sum>,
    /// The best split, once it was looked for.
    best: Option<Option<Split>>,
}

impl Growing<'_> {
    /// A tree for each output.
    fn grow<R: FarRows>(&self, n_outputs: usize, rows: &mut R) -> Result<Vec<Tree>, R::Error> {
        let roots: Vec<Node> = vec![Node::leaf(Sum::default())];
        let asked = (0..n_outputs).map(|output| Asked {
            output,
            nodes: &roots,
            leaves: &[0],
        });
        let answers = rows.sums(&asked.collect::<Vec<_>>())?;
        let mut sketches = Vec::with_capacity(n_outputs);
        for answer in answers {
            let histogram = answer.into_iter().next().unwrap_or_default();
            sketches.push(self.root(histogram)?);
        }
        if sketches.len() != n_outputs {
            return Err(Error::Histogram.into());
        }
        loop {
            let shaped: Vec<(Tree, Vec<usize>)> = sketches
                .iter_mut()
                .map(|sketch| sketch.shaped(&self.rules, self.size))
                .collect();
            // Their histograms may be there, as what was left of others.
            let mut is_known = false;
            for (sketch, (_, lacking)) in sketches.iter_mut().zip(&shaped) {
                let ready = |node: &&usize| !sketch.known[**node].histogram.is_empty();
                let ready: Vec<usize> = lacking.iter().filter(ready).copied().collect();
                is_known |= !ready.is_empty();
                self.take(sketch, &[], Vec::new(), &ready)?;
            }
            if is_known {
                continue;
            }
            let wanted: Vec<(usize, Vec<usize>)> = sketches
                .iter()
                .zip(&shaped)
                .map(|(sketch, (_, lacking))| sketch.smaller(lacking))
                .enumerate()
                .filter(|(_, leaves)| !leaves.is_empty())
                .collect();
            if wanted.is_empty() {
                return Ok(shaped.into_iter().map(|(tree, _)| tree).collect());
            }
            let asked: Vec<Asked<'_>> = wanted
                .iter()
                .map(|(output, leaves)| Asked {
                    output: *output,
                    nodes: &sketches[*output].nodes,
                    leaves,
                })
                .collect();
            let answers = rows.sums(&asked)?;
            if answers.len() != wanted.len() {
                return Err(Error::Histogram.into());
            }
            for ((output, leaves), answer) in wanted.iter().zip(answers) {
                let lacking = &shaped[*output].1;
                self.take(&mut sketches[*output], leaves, answer, lacking)?;
            }
        }
    }

    fn root(&self, histogram: Vec<Sum>) -> Result<Sketch, Error> {
        if histogram.len() != self.codes.n_codes() {
            return Err(Error::Histogram);
        }
        let total = match self.codes.n_columns() {
            0 => Sum::default(),
            _ => added(&histogram[self.codes.of_column(0)]),
        };
        self.check(&histogram, total)?;
        let best = Some(self.best(&histogram, total));
        Ok(Sketch {
            nodes: vec![Node::leaf(total)],
            known: vec![Known {
                parent: 0,
                histogram,
                best,
            }],
        })
    }

    fn best(&self, histogram: &[Sum], total: Sum) -> Option<Split> {
        best(self.codes, self.coding, histogram, total, &self.rules)
    }

    /// Every column has the sums of all rows of the node.
    fn check(&self, histogram: &[Sum], total: Sum) -> Result<(), Error> {
        let columns = 0..self.codes.n_columns();
        let is_whole = histogram.len() == self.codes.n_codes()
            && columns
                .map(|column| added(&histogram[self.codes.of_column(column)]))
                .all(|sum| sum == total);
        is_whole.then_some(()).ok_or(Error::Histogram)
    }

    /// Takes the histograms of the smaller children in, and looks for the best splits of the nodes that lack them.
    fn take(
        &self,
        sketch: &mut Sketch,
        smaller: &[usize],
        answer: Vec<Vec<Sum>>,
        lacking: &[usize],
    ) -> Result<(), Error> {
        if answer.len() != smaller.len() {
            return Err(Error::Histogram);
        }
        for (&small, histogram) in smaller.iter().zip(answer) {
            self.check(&histogram, sketch.nodes[small].sum)?;
            let parent = sketch.known[small].parent;
            let mut rest = std::mem::take(&mut sketch.known[parent].histogram);
            subtract(&mut rest, &histogram);
            let large = sketch.sibling(small);
            sketch.known[small].histogram = histogram;
            sketch.known[large].histogram = rest;
        }
        let found: Vec<Option<Split>> = lacking
            .par_iter()
            .map(|&node| self.best(&sketch.known[node].histogram, sketch.nodes[node].sum))
            .collect();
        for (&node, best) in lacking.iter().zip(found) {
            sketch.known[node].best = Some(best);
        }
        Ok(())
    }
}

impl Sketch {
    /// The tree as far as splits are known, and the nodes whose best split it lacks.
    fn shaped(&mut self, rules: &Rules, size: Size) -> (Tree, Vec<usize>) {
        let mut lacking = Vec::new();
        let root = (0, self.nodes[0].sum, self.known[0].best.flatten());
        let (tree, _) = shape(root, rules, size, |at, parted| {
            if self.nodes[at].split.is_none() {
                self.nodes[at].split = Some(parted.split);
                self.nodes[at].left = self.nodes.len();
                self.nodes.extend(parted.sums.map(Node::leaf));
                self.known.extend([0, 1].map(|_| Known {
                    parent: at,
                    ..Known::default()
                }));
            }
            [0, 1].map(|side| {
                let child = self.nodes[at].left + side;
                if !parted.is_open[side] {
                    return (child, None);
                }
                if self.known[child].best.is_none() {
                    lacking.push(child);
                }
                (child, self.known[child].best.flatten())
            })
        });
        (tree, lacking)
    }

    fn sibling(&self, node: usize) -> usize {
        let left = self.nodes[self.known[node].parent].left;
        if node == left { left + 1 } else { left }
    }

    /// Of each pair of children of which one lacks, the smaller one.
    fn smaller(&self, lacking: &[usize]) -> Vec<usize> {
        let mut smaller: Vec<usize> = lacking
            .iter()
            .map(|&node| {
                let other = self.sibling(node);
                let weight = |node: usize| (self.nodes[node].sum.hessian, node);
                if weight(other) < weight(node) {
                    other
                } else {
                    node
                }
            })
            .collect();
        smaller.sort_unstable();
        smaller.dedup();
        smaller
    }
}

fn added(sums: &[Sum]) -> Sum {
    sums.iter().fold(Sum::default(), |total, &sum| total + sum)
}
