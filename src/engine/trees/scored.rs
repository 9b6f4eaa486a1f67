//! What trees of a version say of rows, as SQL: the margins of the scorer of this machine, operation by operation.

use crate::engine::features::{Design, Ones};
use crate::engine::sql;
use crate::engine::sums::features;
use crate::predictors::{LEAF, Trees};

/// Most nodes: all trees together are one expression.
const MOST_NODES: usize = 20_000;
/// Most levels of a tree.
const MOST_LEVELS: usize = 64;
/// Trees that are added in one step.
const AT_ONCE: usize = 16;

/// Why trees are beyond what a query holds; `None` where they are not.
pub fn too_many(trees: &Trees) -> Option<String> {
    let nodes = trees.feature.len();
    if nodes > MOST_NODES {
        return Some(format!(
            "its trees have {nodes} nodes, more than the {MOST_NODES} of one query"
        ));
    }
    let levels = trees.roots.iter().map(|&root| levels(trees, root as usize));
    let deepest = levels.max().unwrap_or(0);
    (deepest > MOST_LEVELS).then(|| {
        format!("one of its trees has {deepest} levels, more than the {MOST_LEVELS} of one query")
    })
}

fn levels(trees: &Trees, node: usize) -> usize {
    let (mut deepest, mut open) = (0, vec![(node, 1)]);
    while let Some((node, level)) = open.pop() {
        deepest = deepest.max(level);
        if trees.feature[node] != LEAF {
            let left = trees.left[node] as usize;
            open.extend([(left, level + 1), (left + 1, level + 1)]);
        }
    }
    deepest
}

/// A query of the columns `more` of a relation, whose names are `kept`, with margins as further columns: `m0…` for each output.
pub fn tree_margins(
    design: &Design,
    trees: &Trees,
    relation: &str,
    more: &[String],
    kept: &[String],
) -> String {
    let none = vec![0.0; design.dense.len()];
    let query = features(design, relation, &none, more);
    // Trees look at features as 32-bit numbers.
    let numbers =
        (0..design.dense.len()).map(|at| format!("cast(cast(x{at} AS FLOAT) AS DOUBLE) AS x{at}"));
    let places = (0..design.ones.len()).map(|at| format!("k{at}"));
    let all: Vec<String> = kept.iter().cloned().chain(numbers).chain(places).collect();
    let mut query = format!("SELECT {} FROM ({query})", all.join(", "));
    let mut margins: Vec<String> = trees.base.iter().map(|base| sql::number(*base)).collect();
    let roots: Vec<usize> = (0..trees.roots.len()).collect();
    for (step, some) in roots.chunks(AT_ONCE).enumerate() {
        let added = margins.iter().enumerate().map(|(output, before)| {
            let sum = some
                .iter()
                .fold(before.clone(), |sum, &tree| match trees.output.get(tree) {
                    Some(&own) if own as usize != output => sum,
                    _ => format!(
                        "({sum} + {})",
                        said(design, trees, trees.roots[tree] as usize, output)
                    ),
                });
            format!("{sum} AS s{step}_{output}")
        });
        let added: Vec<String> = added.collect();
        query = format!("SELECT *, {} FROM ({query})", added.join(", "));
        margins = (0..trees.base.len())
            .map(|output| format!("s{step}_{output}"))
            .collect();
    }
    let margins = margins.iter().enumerate();
    let margins: Vec<String> = margins
        .map(|(at, name)| format!("{name} AS m{at}"))
        .collect();
    format!("SELECT *, {} FROM ({query})", margins.join(", "))
}

/// What the nodes below one say of a row.
fn said(design: &Design, trees: &Trees, node: usize, output: usize) -> String {
    let left = trees.left[node] as usize;
    if trees.feature[node] == LEAF {
        let value = match trees.output.is_empty() {
            true => trees.values[left * trees.base.len() + output],
            false => trees.values[left],
        };
        return sql::number(value);
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
        return Way::Where(match trees.missing_left[node] {
            true => format!("(x{feature} IS NULL OR {less})"),
            false => less,
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
        let query = tree_margins(&design, &trees, "r", &["z".to_string()], &["z".to_string()]);
        assert_eq!(
            query,
            "SELECT *, s0_0 AS m0 FROM (SELECT *, ((2.5e-1 + CASE WHEN (x0 IS NULL OR x0 < 1.5e0) THEN 1e0 ELSE 2e0 END) + CASE WHEN k0 <> 1 THEN 3e0 ELSE 4e0 END) AS s0_0 FROM (SELECT z, cast(cast(x0 AS FLOAT) AS DOUBLE) AS x0, k0 FROM (SELECT `a` AS x0, p AS k0, z FROM r)))"
        );
        assert_eq!(too_many(&trees), None);
        assert_eq!(levels(&trees, 0), 2);
    }
}
