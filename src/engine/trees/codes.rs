//! Codes of features, and trees over them, as SQL.

use crate::engine::sql;
use crate::learners::by_histograms::{Boost, Coding, Column, Node, Question, Split};

/// The column in which the codes of a coding's column are.
pub(super) fn name(column: &Column) -> String {
    match column {
        Column::Numbers { at, .. } => format!("n{at}"),
        Column::Ones { block, from, .. } => format!("o{block}_{from}"),
    }
}

/// The code of missing numbers.
pub(super) fn missing(cuts: &[f32]) -> usize {
    cuts.len() + 1
}

/// A column's code by `x0…`, doubles that are 32-bit numbers, `NULL` where they are missing, and `k0…`, places.
pub(super) fn code(column: &Column) -> String {
    match column {
        Column::Numbers { at, cuts, .. } => format!(
            "CASE WHEN x{at} IS NULL THEN {} ELSE {} END",
            missing(cuts),
            bin(&format!("x{at}"), cuts, 0)
        ),
        Column::Ones {
            block,
            from,
            width,
            has_others,
            ..
        } => {
            let end = from + width;
            match has_others {
                false => format!("k{block}"),
                true => format!(
                    "CASE WHEN k{block} >= {from} AND k{block} < {end} THEN k{block} - {from} ELSE {width} END"
                ),
            }
        }
    }
}

/// How many of the cuts are not above a number, `first` more.
fn bin(number: &str, cuts: &[f32], first: usize) -> String {
    if cuts.is_empty() {
        return first.to_string();
    }
    let middle = cuts.len() / 2;
    format!(
        "CASE WHEN {number} < {} THEN {} ELSE {} END",
        sql::number(f64::from(cuts[middle])),
        bin(number, &cuts[..middle], first),
        bin(number, &cuts[middle + 1..], first + middle + 1)
    )
}

/// Which rows go left.
fn goes_left(split: &Split, column: &Column) -> String {
    let name = name(column);
    match (split.question, column) {
        (Question::UpTo(bin), Column::Numbers { cuts, .. }) if split.missing_left => {
            format!("({name} <= {bin} OR {name} = {})", missing(cuts))
        }
        (Question::UpTo(bin), _) => format!("{name} <= {bin}"),
        (Question::Is(code), _) => format!("{name} <> {code}"),
    }
}

/// What a tree says of a row: `leaf` writes what a node says whose rows are meant; `None` where none below `at` is.
pub(super) fn said(
    nodes: &[Node],
    coding: &Coding,
    at: usize,
    leaf: &dyn Fn(usize) -> Option<String>,
) -> Option<String> {
    if let Some(written) = leaf(at) {
        return Some(written);
    }
    let split = nodes[at].split.as_ref()?;
    let [left, right] = [0, 1].map(|side| said(nodes, coding, nodes[at].left + side, leaf));
    if left.is_none() && right.is_none() {
        return None;
    }
    let or_null = |side: Option<String>| side.unwrap_or_else(|| "NULL".to_string());
    Some(format!(
        "CASE WHEN {} THEN {} ELSE {} END",
        goes_left(split, &coding.columns[split.column]),
        or_null(left),
        or_null(right)
    ))
}

/// A margin of 32 bits with what trees add to it, one after the other.
pub(super) fn margin<'a>(
    margin: &str,
    trees: impl Iterator<Item = &'a Boost>,
    coding: &Coding,
) -> String {
    let mut written = margin.to_string();
    for boost in trees {
        let nodes = &boost.tree.nodes;
        let leaf = |at: usize| {
            let node = &nodes[at];
            let is_leaf = node.split.is_none();
            is_leaf.then(|| sql::number(f64::from(boost.values[node.left])))
        };
        let value = said(nodes, coding, 0, &leaf).unwrap_or_else(|| "0e0".to_string());
        written = format!("({written} + cast({value} AS FLOAT))");
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_found_by_halves() {
        assert_eq!(bin("x0", &[], 0), "0");
        assert_eq!(
            bin("x0", &[0.5, 1.5], 0),
            "CASE WHEN x0 < 1.5e0 THEN CASE WHEN x0 < 5e-1 THEN 0 ELSE 1 END ELSE 2 END"
        );
    }

    #[test]
    fn places_beyond_a_column_of_a_wide_block_have_one_code() {
        let column = Column::Ones {
            block: 2,
            from: 255,
            feature: 300,
            width: 45,
            has_others: true,
        };
        assert_eq!(name(&column), "o2_255");
        assert_eq!(
            code(&column),
            "CASE WHEN k2 >= 255 AND k2 < 300 THEN k2 - 255 ELSE 45 END"
        );
    }
}
