//! The shape of a tree: the leaf that gains most is split first, until there are enough leaves. Who has the rows parts them and looks for
//! the best splits.

use super::coding::Coding;
use super::packed::Sum;
use super::split::{Rules, Split};

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

impl Node {
    /// A leaf of rows with these sums.
    pub fn leaf(sum: Sum) -> Self {
        Node {
            sum,
            split: None,
            left: 0,
        }
    }
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

/// A leaf as it is split.
pub struct Parted {
    /// How.
    pub split: Split,
    /// Sums of both sides.
    pub sums: [Sum; 2],
    /// Whether a side may be split again, so that its best split is looked for.
    pub is_open: [bool; 2],
}

/// A leaf under way; `own` is what the caller knows of its rows.
struct Leaf<T> {
    node: usize,
    depth: u32,
    best: Option<Split>,
    own: T,
}

/// Shapes a tree of rows with the sums `total`, whose best split is `best`. `part` parts the rows of a leaf, and says of both sides what
/// is known of their rows, and the best split of those that are open. Returns also what is known of each leaf, `(n_leaves)`.
pub fn shape<T>(
    (own, total, best): (T, Sum, Option<Split>),
    rules: &Rules,
    size: Size,
    mut part: impl FnMut(T, &Parted) -> [(T, Option<Split>); 2],
) -> (Tree, Vec<T>) {
    let mut nodes = vec![Node::leaf(total)];
    let mut leaves = vec![Leaf {
        node: 0,
        depth: 0,
        best: best.filter(|_| size.leaves > 1 && size.depth > 0),
        own,
    }];
    while leaves.len() < size.leaves {
        let Some((at, split)) = most_gaining(&leaves) else {
            break;
        };
        let Leaf {
            node, depth, own, ..
        } = leaves.swap_remove(at);
        let sums = [split.left, nodes[node].sum - split.left];
        let left = nodes.len();
        nodes[node].left = left;
        nodes[node].split = Some(split);
        nodes.extend(sums.map(Node::leaf));
        // The last leaves are split no more.
        let goes_on = leaves.len() + 2 < size.leaves && depth + 1 < size.depth;
        let can_split = |sum: Sum| sum.hessian >= 2 * rules.min_hessian.max(1);
        let parted = Parted {
            split,
            sums,
            is_open: sums.map(|sum| goes_on && can_split(sum)),
        };
        for (side, (own, best)) in part(own, &parted).into_iter().enumerate() {
            leaves.push(Leaf {
                node: left + side,
                depth: depth + 1,
                best,
                own,
            });
        }
    }
    for (place, leaf) in leaves.iter().enumerate() {
        nodes[leaf.node].left = place;
    }
    let tree = Tree {
        nodes,
        leaves: leaves.iter().map(|leaf| leaf.node).collect(),
    };
    (tree, leaves.into_iter().map(|leaf| leaf.own).collect())
}

/// The first of the leaves that gain most.
fn most_gaining<T>(leaves: &[Leaf<T>]) -> Option<(usize, Split)> {
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
