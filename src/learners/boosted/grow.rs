//! One tree: the leaf that gains most is split first, until there are enough leaves.

use super::bins::Bins;
use super::coding::Coding;
use super::groups::Rows;
use super::histograms::{Gradients, histogram, subtract};
use super::packed::Sum;
use super::partition::part;
use super::split::{Rules, Split, best};

/// How large a tree may be.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Most leaves.
    pub leaves: usize,
    /// Most splits between root and leaf.
    pub depth: u32,
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Sums of its rows.
    pub sum: Sum,
    /// How it is split; `None` for a leaf.
    pub split: Option<Split>,
    /// The left child, the right one is the next; of a leaf, its place among the leaves.
    pub left: usize,
}

/// A tree over codes. Children stand after their parent, siblings side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The root first.
    pub nodes: Vec<Node>,
    /// `(n_leaves)`: the node of each leaf.
    pub leaves: Vec<usize>,
}

/// The byte that a node looks at, and which of its values go left.
pub struct Way {
    byte: usize,
    goes_left: [bool; 256],
}

/// Leaves of a tree and the rows that are in them.
pub struct Grown<'r> {
    /// The tree.
    pub tree: Tree,
    /// `(n_leaves)`: rows of each leaf.
    pub rows: Vec<&'r [u32]>,
}

/// A leaf under way.
struct Leaf {
    node: usize,
    from: usize,
    to: usize,
    depth: u32,
    histogram: Vec<Sum>,
    best: Option<Split>,
}

/// Grows a tree on all rows. `rows` is room for as many indices, `(n_rows)`.
pub fn grow<'r>(
    bins: &Bins,
    coding: &Coding,
    gradients: Gradients<'_>,
    rules: &Rules,
    size: Size,
    rows: &'r mut [u32],
) -> Grown<'r> {
    let n_rows = bins.n_rows();
    rows.iter_mut()
        .enumerate()
        .for_each(|(at, row)| *row = at as u32);
    let search = |histogram: &[Sum], total: Sum| best(bins, coding, histogram, total, rules);
    let all = histogram(bins, gradients, Rows::Run(0, n_rows));
    let total = sum_of(bins, &all);
    let mut nodes = vec![Node {
        sum: total,
        split: None,
        left: 0,
    }];
    let mut leaves = vec![Leaf {
        node: 0,
        from: 0,
        to: n_rows,
        depth: 0,
        best: search(&all, total).filter(|_| size.leaves > 1 && size.depth > 0),
        histogram: all,
    }];
    while leaves.len() < size.leaves {
        let Some((at, split)) = most_gaining(&leaves) else {
            break;
        };
        let Leaf {
            node,
            from,
            to,
            depth,
            histogram: mut parent,
            ..
        } = leaves.swap_remove(at);
        let goes_left = split.goes_left(coding);
        let byte = bins.byte(coding.places[split.column].byte);
        let n_left = part(&mut rows[from..to], byte, &goes_left);
        let middle = from + n_left;
        let sums = [split.left, nodes[node].sum - split.left];
        let left = nodes.len();
        nodes[node].left = left;
        nodes[node].split = Some(split);
        nodes.extend(sums.map(|sum| Node {
            sum,
            split: None,
            left: 0,
        }));
        let can_split = |sum: Sum| sum.hessian >= 2 * rules.min_hessian.max(1);
        // The last leaves are split no more.
        let goes_on = leaves.len() + 2 < size.leaves && depth + 1 < size.depth;
        let (mut histograms, mut found) = ([Vec::new(), Vec::new()], [None, None]);
        if goes_on && sums.into_iter().any(can_split) {
            let is_left_small = n_left * 2 <= to - from;
            let small = if is_left_small {
                &rows[from..middle]
            } else {
                &rows[middle..to]
            };
            let small = histogram(bins, gradients, Rows::Listed(small));
            subtract(&mut parent, &small);
            histograms = if is_left_small {
                [small, parent]
            } else {
                [parent, small]
            };
            let look = |side: usize| {
                let can = can_split(sums[side]);
                can.then(|| search(&histograms[side], sums[side])).flatten()
            };
            found = rayon::join(|| look(0), || look(1)).into();
        }
        let ([left_histogram, right_histogram], [left_best, right_best]) = (histograms, found);
        leaves.push(Leaf {
            node: left,
            from,
            to: middle,
            depth: depth + 1,
            histogram: left_histogram,
            best: left_best,
        });
        leaves.push(Leaf {
            node: left + 1,
            from: middle,
            to,
            depth: depth + 1,
            histogram: right_histogram,
            best: right_best,
        });
    }
    for (place, leaf) in leaves.iter().enumerate() {
        nodes[leaf.node].left = place;
    }
    let rows: &'r [u32] = rows;
    Grown {
        tree: Tree {
            nodes,
            leaves: leaves.iter().map(|leaf| leaf.node).collect(),
        },
        rows: leaves
            .iter()
            .map(|leaf| &rows[leaf.from..leaf.to])
            .collect(),
    }
}

/// The first of the leaves that gain most.
fn most_gaining(leaves: &[Leaf]) -> Option<(usize, Split)> {
    let mut found: Option<(usize, Split)> = None;
    for (at, leaf) in leaves.iter().enumerate() {
        if let Some(split) = leaf.best
            && found.is_none_or(|(_, best)| split.gain > best.gain)
        {
            found = Some((at, split));
        }
    }
    found
}

/// The sums of all rows: every column has them.
fn sum_of(bins: &Bins, histogram: &[Sum]) -> Sum {
    let mut total = Sum::default();
    if bins.n_columns() > 0 {
        histogram[bins.codes(0)]
            .iter()
            .for_each(|&sum| total += sum);
    }
    total
}

impl Tree {
    /// The place of the leaf that a row ends in, among the leaves, by its bytes, `(n_bytes, n_rows)`.
    #[inline]
    pub fn leaf(&self, ways: &[Way], bytes: &[Vec<u8>], row: usize) -> usize {
        let mut at = 0;
        while self.nodes[at].split.is_some() {
            let goes_left = ways[at].goes_left[bytes[ways[at].byte][row] as usize];
            at = self.nodes[at].left + usize::from(!goes_left);
        }
        self.nodes[at].left
    }

    /// Which way bytes go at each node, for [`Tree::leaf`].
    pub fn ways(&self, coding: &Coding) -> Vec<Way> {
        let way = |node: &Node| Way {
            byte: node
                .split
                .map_or(0, |split| coding.places[split.column].byte),
            goes_left: node
                .split
                .map_or([false; 256], |split| split.goes_left(coding)),
        };
        self.nodes.iter().map(way).collect()
    }
}
