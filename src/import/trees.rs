//! Trees of a file to a transformer and our trees: what is done to numbers before they are compared goes into the thresholds, so
//! that a row ends in the leaf where it ends there.

use std::collections::HashMap;

use super::cell::{Branch, Cell, Ensemble, Said};
use super::columns::lay;
use super::error::Error;
use super::route::{Doubtful, Read, Router, Way, reads};
use super::value::Column;
use crate::features::{Input, Step};
use crate::predictors::{LEAF, Link, MOST_LEVELS, Trees};

/// Inputs and predictor, and the thresholds that part 64-bit numbers otherwise than 32-bit ones can.
pub struct Made {
    /// The inputs.
    pub inputs: Vec<Input>,
    /// The predictor; the weights of rows that came by, and what splits gained, are 0.
    pub trees: Trees,
    /// The thresholds.
    pub doubtful: Vec<Doubtful>,
}

/// A predictor that says what the trees say, one output per margin.
///
/// # Errors
/// Names the node or the column that has no form here.
pub fn trees(margins: &[Cell], link: Link, columns: &[Column]) -> Result<Made, Error> {
    let said = margins.iter().map(|cell| match cell {
        Cell::Trees(said) => Some(said),
        _ => None,
    });
    let said: Option<Vec<&Said>> = said.collect();
    let said = said
        .ok_or_else(|| Error::Outputs("its answer mixes trees with something else".to_string()))?;
    let ensemble = &*said[0].by;
    if said.iter().any(|it| *it.by != *ensemble) {
        return Err(Error::Outputs(
            "its answers come of different trees".to_string(),
        ));
    }
    let reads = reads(ensemble, columns)?;
    let steps = reads.iter().map(|read| match read {
        None => None,
        Some(Read::Number) => Some(Step::Number {
            fill: None,
            centre: 0.0,
            scale: 1.0,
            indicator: false,
        }),
        Some(Read::Ones(categories)) => Some(Step::OneHot {
            categories: categories.clone(),
        }),
        Some(Read::Places(categories, _)) => Some(Step::Ordinal {
            categories: categories.clone(),
            missing: None,
        }),
    });
    let laid = lay(columns, steps.collect());
    let first = laid
        .places
        .iter()
        .map(|place| place.map_or(0, |(_, first)| first));
    let mut router = Router {
        ensemble,
        columns,
        reads: &reads,
        first: first.collect(),
        known: HashMap::new(),
        doubtful: Vec::new(),
    };
    let n_features = laid.inputs.iter().map(Input::width).sum();
    let trees = build(&mut router, &said, link, n_features)?;
    let mut doubtful = router.doubtful;
    doubtful.sort_by(|a, b| a.column.cmp(&b.column).then(a.last.total_cmp(&b.last)));
    doubtful.dedup();
    Ok(Made {
        inputs: laid.inputs,
        trees,
        doubtful,
    })
}

/// Our trees, node by node: parents before children, children side by side.
fn build(
    router: &mut Router<'_>,
    said: &[&Said],
    link: Link,
    n_features: usize,
) -> Result<Trees, Error> {
    let ensemble = router.ensemble;
    let outputs = said.len();
    let own = (outputs > 1).then(|| of_one_target(ensemble)).flatten();
    let width = if outputs == 1 || own.is_some() {
        1
    } else {
        outputs
    };
    let mut trees = Trees {
        link,
        base: said.iter().map(|it| it.offset).collect(),
        output: Vec::new(),
        roots: Vec::new(),
        feature: Vec::new(),
        threshold: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        cover: Vec::new(),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    };
    let mut seen = vec![false; ensemble.branches.len()];
    for (tree, &root) in ensemble.roots.iter().enumerate() {
        let target = own.as_ref().and_then(|own| own[tree]);
        let output = target.map(|target| said.iter().position(|it| it.target == target));
        let columns: Vec<&Said> = match (outputs, output) {
            (1, _) => said.to_vec(),
            // Nothing is said of this target.
            (_, Some(None)) => continue,
            (_, Some(Some(output))) => {
                trees.output.push(output as u32);
                vec![said[output]]
            }
            _ => said.to_vec(),
        };
        if own.is_some() && output.is_none() {
            continue;
        }
        trees.roots.push(trees.feature.len() as u32);
        push_node(&mut trees);
        let mut open = std::collections::VecDeque::from([(root, trees.feature.len() - 1, 0)]);
        while let Some((from, to, level)) = open.pop_front() {
            let (from, way) = resolved(router, from, &mut seen)?;
            if level > MOST_LEVELS {
                return Err(ensemble.refuse(format!("a tree has more than {MOST_LEVELS} levels")));
            }
            match (&ensemble.branches[from], way) {
                (
                    Branch::Split { sides, .. },
                    Some(Way::Test {
                        feature,
                        threshold,
                        left,
                        missing_left,
                    }),
                ) => {
                    trees.feature[to] = feature;
                    trees.threshold[to] = threshold;
                    trees.missing_left[to] = missing_left;
                    trees.left[to] = trees.feature.len() as u32;
                    push_node(&mut trees);
                    push_node(&mut trees);
                    let at = trees.left[to] as usize;
                    open.push_back((sides[left], at, level + 1));
                    open.push_back((sides[1 - left], at + 1, level + 1));
                }
                (Branch::Leaf(gives), _) => {
                    trees.left[to] = (trees.values.len() / width) as u32;
                    for it in &columns {
                        let own = gives.iter().filter(|(target, _)| *target == it.target);
                        trees
                            .values
                            .push(own.map(|(_, value)| value * it.scale).sum());
                    }
                }
                _ => return Err(ensemble.refuse("a node leads nowhere")),
            }
        }
    }
    if trees.roots.is_empty() {
        return Err(ensemble.refuse("it has no tree"));
    }
    let numbers = trees.values.iter().chain(&trees.base);
    if numbers.clone().any(|it| !it.is_finite()) {
        return Err(ensemble.refuse("a leaf or a base value is not finite"));
    }
    Ok(trees)
}

fn push_node(trees: &mut Trees) {
    trees.feature.push(LEAF);
    trees.threshold.push(0.0);
    trees.left.push(0);
    trees.missing_left.push(false);
    trees.cover.push(0.0);
}

/// The first node from here on that parts rows or ends them.
fn resolved(
    router: &mut Router<'_>,
    from: usize,
    seen: &mut [bool],
) -> Result<(usize, Option<Way>), Error> {
    let ensemble = router.ensemble;
    let mut at = from;
    loop {
        if std::mem::replace(&mut seen[at], true) {
            return Err(ensemble.refuse("two nodes lead to one, so that it is no tree"));
        }
        let Branch::Split {
            feature,
            mode,
            limit,
            missing_true,
            sides,
        } = &ensemble.branches[at]
        else {
            return Ok((at, None));
        };
        match router.way(*feature, *mode, *limit, *missing_true)? {
            Way::Always(side) => at = sides[side],
            way => return Ok((at, Some(way))),
        }
    }
}

/// The one target of each tree, where every tree has one; `None` within for a tree that says nothing.
fn of_one_target(ensemble: &Ensemble) -> Option<Vec<Option<usize>>> {
    let mut own = Vec::with_capacity(ensemble.roots.len());
    for &root in &ensemble.roots {
        let mut target = None;
        let mut open = vec![root];
        let mut steps = 0;
        while let Some(at) = open.pop() {
            steps += 1;
            if steps > ensemble.branches.len() {
                return None;
            }
            match &ensemble.branches[at] {
                Branch::Split { sides, .. } => open.extend(sides),
                Branch::Leaf(gives) => {
                    for (of, _) in gives {
                        if *target.get_or_insert(*of) != *of {
                            return None;
                        }
                    }
                }
            }
        }
        own.push(target);
    }
    Some(own)
}

/// What a class can get at most, and at least.
pub fn bounds(trees: &Trees) -> Vec<(f64, f64)> {
    let outputs = trees.n_outputs();
    let mut bounds: Vec<(f64, f64)> = trees.base.iter().map(|&base| (base, base)).collect();
    for (tree, &root) in trees.roots.iter().enumerate() {
        let mut open = vec![root as usize];
        let mut own: Vec<(f64, f64)> = vec![(f64::INFINITY, f64::NEG_INFINITY); outputs];
        while let Some(node) = open.pop() {
            let left = trees.left[node] as usize;
            if trees.feature[node] != LEAF {
                open.extend([left, left + 1]);
                continue;
            }
            for (output, own) in own.iter_mut().enumerate() {
                let value = match trees.output.get(tree) {
                    Some(&of) if of as usize == output => trees.values[left],
                    Some(_) => 0.0,
                    None => trees.values[left * outputs + output],
                };
                *own = (own.0.min(value), own.1.max(value));
            }
        }
        bounds
            .iter_mut()
            .zip(own)
            .for_each(|(it, own)| *it = (it.0 + own.0, it.1 + own.1));
    }
    bounds
}
