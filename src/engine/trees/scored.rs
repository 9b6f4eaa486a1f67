//! What trees of a version say of rows, as SQL: the margins of the scorer of this machine, operation by operation.

use crate::engine::features::{Design, Ones};
use crate::engine::sql;
use crate::engine::sums::features;
use crate::predictors::{LEAF, Trees};

/// Most nodes whose trees are one query: Spark with a heap of 1 GB was seen to end on 9,000, and to take 2,300.
const AT_ONCE: usize = 1_500;
/// Most nodes of all trees: each query but the last writes the rows anew.
const MOST_NODES: usize = 100_000;
/// Most levels of a tree.
const MOST_LEVELS: usize = 64;

/// Trees that are added in one query, one after the other.
pub type Step = Vec<usize>;

/// The steps in which trees are added; or why they are beyond what queries hold.
///
/// # Errors
/// The bound that they pass.
pub fn steps(trees: &Trees) -> Result<Vec<Step>, String> {
    let nodes = trees.feature.len();
    if nodes > MOST_NODES {
        return Err(format!(
            "its trees have {nodes} nodes, more than the {MOST_NODES} that the engine adds"
        ));
    }
    let mut steps: Vec<Step> = vec![Vec::new()];
    let mut in_step = 0;
    for (tree, &root) in trees.roots.iter().enumerate() {
        let (nodes, levels) = size(trees, root as usize);
        if levels > MOST_LEVELS || nodes > AT_ONCE {
            return Err(format!(
                "one of its trees has {nodes} nodes in {levels} levels, more than the {AT_ONCE} in {MOST_LEVELS} of one query"
            ));
        }
        if in_step + nodes > AT_ONCE {
            steps.push(Vec::new());
            in_step = 0;
        }
        in_step += nodes;
        if let Some(step) = steps.last_mut() {
            step.push(tree);
        }
    }
    Ok(steps)
}

/// Nodes and levels of a tree.
fn size(trees: &Trees, root: usize) -> (usize, usize) {
    let (mut nodes, mut deepest, mut open) = (0, 0, vec![(root, 1)]);
    while let Some((node, level)) = open.pop() {
        nodes += 1;
        deepest = deepest.max(level);
        if trees.feature[node] != LEAF {
            let left = trees.left[node] as usize;
            open.extend([(left, level + 1), (left + 1, level + 1)]);
        }
    }
    (nodes, deepest)
}

/// The columns of rows to which trees are added, but for the margins.
pub fn columns(design: &Design, kept: &[String]) -> Vec<String> {
    let numbers = (0..design.dense.len()).map(|at| format!("x{at}"));
    let places = (0..design.ones.len()).map(|at| format!("k{at}"));
    kept.iter().cloned().chain(numbers).chain(places).collect()
}

/// A query of the columns `more` of a relation, whose names are `kept`, of the features, and of the margins that every row begins with:
/// `m0…` for each output.
pub fn begun(
    design: &Design,
    trees: &Trees,
    relation: &str,
    more: &[String],
    kept: &[String],
) -> String {
    let none = vec![0.0; design.dense.len()];
    let query = features(design, relation, &none, more);
    // Trees look at features as 32-bit numbers.
    let numbers = 0..design.dense.len();
    let numbers = numbers.map(|at| format!("cast(cast(x{at} AS FLOAT) AS DOUBLE) AS x{at}"));
    let places = (0..design.ones.len()).map(|at| format!("k{at}"));
    let base = trees.base.iter().enumerate();
    let base = base.map(|(at, base)| format!("{} AS m{at}", sql::number(*base)));
    let all: Vec<String> = kept
        .iter()
        .cloned()
        .chain(numbers)
        .chain(places)
        .chain(base)
        .collect();
    format!("SELECT {} FROM ({query})", all.join(", "))
}

/// The rows of a query with the trees of a step added to their margins.
pub fn added(
    design: &Design,
    trees: &Trees,
    step: &Step,
    columns: &[String],
    query: &str,
) -> String {
    let margins = (0..trees.base.len()).map(|output| {
        let before = format!("m{output}");
        let sum = step
            .iter()
            .fold(before, |sum, &tree| match trees.output.get(tree) {
                Some(&own) if own as usize != output => sum,
                _ => {
                    let root = trees.roots[tree] as usize;
                    format!("({sum} + {})", said(design, trees, root, output))
                }
            });
        format!("{sum} AS m{output}")
    });
    let all: Vec<String> = columns.iter().cloned().chain(margins).collect();
    format!("SELECT {} FROM ({query})", all.join(", "))
}

/// What the nodes below one say of a row.
fn said(design: &Design, trees: &Trees, node: usize, output: usize) -> String {
    let left = trees.left[node] as usize;
    if trees.feature[node] == LEAF {
        let at = if trees.output.is_empty() {
            left * trees.base.len() + output
        } else {
            left
        };
        return sql::number(trees.values[at]);
    }
    let below = |node: usize| said(design, trees, node, output);
    match goes_left(design, trees, node) {
        Way::Left => below(left),
        Way::Right => below(left + 1),
        Way::Where(condition) => format!(
            "CASE WHEN {condition} THEN {} ELSE {} END",
            below(left),
            below(left + 1)
        ),
    }
}

/// Which rows go left.
enum Way {
    Left,
    Right,
    Where(String),
}

fn goes_left(design: &Design, trees: &Trees, node: usize) -> Way {
    let (feature, threshold) = (trees.feature[node] as usize, trees.threshold[node]);
    if feature < design.dense.len() {
        let less = format!("x{feature} < {}", sql::number(f64::from(threshold)));
        return Way::Where(if trees.missing_left[node] {
            format!("(x{feature} IS NULL OR {less})")
        } else {
            less
        });
    }
    // One of a column's categories: 1 where it is the row's, else 0.
    let is_of = |ones: &Ones| (ones.at..ones.at + ones.width).contains(&feature);
    let Some(column) = design.ones.iter().position(is_of) else {
        return Way::Right;
    };
    let place = feature - design.ones[column].at;
    match (0.0 < threshold, 1.0 < threshold) {
        (true, true) => Way::Left,
        (true, false) => Way::Where(format!("k{column} <> {place}")),
        (false, _) => Way::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictors::Link;

    #[test]
    fn trees_are_cases_in_their_order() {
        let design = Design {
            dense: vec!["`a`".to_string()],
            ones: vec![Ones {
                place: "p".to_string(),
                at: 1,
                width: 2,
            }],
            n_features: 3,
        };
        let trees = Trees {
            link: Link::Logistic,
            base: vec![0.25],
            output: vec![0, 0],
            roots: vec![0, 3],
            feature: vec![0, LEAF, LEAF, 2, LEAF, LEAF],
            threshold: vec![1.5, 0.0, 0.0, 0.5, 0.0, 0.0],
            left: vec![1, 0, 1, 4, 2, 3],
            missing_left: vec![true, false, false, false, false, false],
            cover: vec![1.0; 6],
            values: vec![1.0, 2.0, 3.0, 4.0],
            gain: vec![0.0; 3],
        };
        let kept = ["z".to_string()];
        let query = begun(&design, &trees, "r", &kept, &kept);
        assert_eq!(
            query,
            "SELECT z, cast(cast(x0 AS FLOAT) AS DOUBLE) AS x0, k0, 2.5e-1 AS m0 FROM (SELECT `a` AS x0, p AS k0, z FROM r)"
        );
        let steps = steps(&trees).expect("few nodes");
        assert_eq!(steps, [vec![0, 1]]);
        assert_eq!(
            added(&design, &trees, &steps[0], &columns(&design, &kept), "q"),
            "SELECT z, x0, k0, ((m0 + CASE WHEN (x0 IS NULL OR x0 < 1.5e0) THEN 1e0 ELSE 2e0 END) + CASE WHEN k0 <> 1 THEN 3e0 ELSE 4e0 END) AS m0 FROM (q)"
        );
        assert_eq!(size(&trees, 0), (3, 2));
    }

    #[test]
    fn trees_are_added_in_steps_of_bounded_size() {
        let one = |nodes: usize| Trees {
            link: Link::Identity,
            base: vec![0.0],
            output: Vec::new(),
            roots: vec![0; nodes],
            feature: vec![0, LEAF, LEAF],
            threshold: vec![0.0; 3],
            left: vec![1, 0, 1],
            missing_left: vec![false; 3],
            cover: vec![1.0; 3],
            values: vec![0.0, 1.0],
            gain: vec![0.0],
        };
        let steps = steps(&one(1200)).expect("few nodes");
        let lengths: Vec<usize> = steps.iter().map(Vec::len).collect();
        assert_eq!(lengths, [500, 500, 200]);
        assert_eq!(steps[2].last(), Some(&1199));
    }
}
