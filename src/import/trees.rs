//! Trees of a file to a transformer and our trees: what is done to numbers before they are compared goes into the thresholds, so
//! that a row ends in the leaf where it ends there.

use std::collections::HashMap;

use super::cell::{Cell, Choice, Said};
use super::columns::{by_place, categories, lay};
use super::ensemble::{Branch, Ensemble, Mode};
use super::error::Error;
use super::number::{Number, Side, What, threshold};
use super::value::Column;
use crate::features::{Input, Step, spell_number};
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

/// A threshold inside the numbers that one 32-bit number stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubtful {
    /// The column.
    pub column: String,
    /// The last 64-bit number on the lower side in the file.
    pub last: f64,
    /// What 32-bit numbers are compared with here.
    pub threshold: f32,
}

/// How a column is read.
#[derive(Debug, Clone, PartialEq)]
enum Read {
    /// As a number.
    Number,
    /// By a feature per category.
    Ones(Vec<String>),
    /// By its place among categories in the order of their numbers.
    Places(Vec<String>, Vec<f64>),
}

/// Where a node sends rows.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// All to one side: 0 is the true one.
    Always(usize),
    /// By a feature that is less than the threshold.
    Test {
        feature: u32,
        threshold: f32,
        /// The side of those that are less.
        left: usize,
        missing_left: bool,
    },
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

/// How each column must be read for what nodes ask of it.
fn reads(ensemble: &Ensemble, columns: &[Column]) -> Result<Vec<Option<Read>>, Error> {
    let mut ordered = vec![false; columns.len()];
    let mut equal: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
    let mut choices: Vec<Vec<(usize, Mode, f64)>> = vec![Vec::new(); columns.len()];
    for branch in &ensemble.branches {
        let Branch::Split {
            feature,
            mode,
            limit,
            missing_true,
            ..
        } = branch
        else {
            continue;
        };
        match &ensemble.features[*feature] {
            Cell::Number(number) if matches!(mode, Mode::Equal | Mode::Unequal) => {
                let is_plain = number.steps.iter().all(|step| step.what == What::Keep);
                if !is_plain || *missing_true || limit.fract() != 0.0 {
                    return Err(ensemble.refuse(format!(
                        "it asks whether `{}` equals {limit} in a way that has no form here",
                        columns[number.column].name
                    )));
                }
                equal[number.column].push(*limit);
            }
            Cell::Number(number) => ordered[number.column] = true,
            Cell::Choice(choice) => choices[choice.text.column].push((*feature, *mode, *limit)),
            _ => {}
        }
    }
    let refuse = |at: usize, why: &str| Error::Column {
        column: columns[at].name.clone(),
        why: why.to_string(),
    };
    let read = |at: usize| match (ordered[at], equal[at].as_slice(), choices[at].as_slice()) {
        (false, [], []) => Ok(None),
        (true, [], []) => Ok(Some(Read::Number)),
        (false, limits, []) => {
            let mut names: Vec<String> = limits.iter().map(|&it| spell_number(it)).collect();
            names.sort();
            names.dedup();
            Ok(Some(Read::Ones(names)))
        }
        (false, [], splits) => by_category(ensemble, splits, &columns[at]).map(Some),
        _ => Err(refuse(
            at,
            "trees compare it both in its order and for being equal, or by its categories; one step cannot do both",
        )),
    };
    (0..columns.len()).map(read).collect()
}

fn choice_of(ensemble: &Ensemble, feature: usize) -> Option<&Choice> {
    match &ensemble.features[feature] {
        Cell::Choice(choice) => Some(choice),
        _ => None,
    }
}

/// A feature per category where every node tells one from all others; the place in their order where all ask for that.
fn by_category(
    ensemble: &Ensemble,
    splits: &[(usize, Mode, f64)],
    column: &Column,
) -> Result<Read, Error> {
    let mut features: Vec<usize> = splits.iter().map(|split| split.0).collect();
    features.sort_unstable();
    features.dedup();
    let choices: Vec<&Choice> = features
        .iter()
        .filter_map(|&feature| choice_of(ensemble, feature))
        .collect();
    let categories = categories(choices.iter().copied(), column)?;
    let numbers: HashMap<usize, Vec<f64>> = features
        .iter()
        .filter_map(|&feature| {
            let choice = choice_of(ensemble, feature)?;
            Some((feature, by_place(choice, &categories, column.kind)))
        })
        .collect();
    let tells_one = splits.iter().all(|(feature, mode, limit)| {
        let yes = numbers[feature]
            .iter()
            .filter(|&&it| mode.holds(it, *limit))
            .count();
        let no = numbers[feature].len() - yes;
        yes <= 1 || no <= 1
    });
    if tells_one {
        return Ok(Read::Ones(categories));
    }
    let refuse = |why: &str| Error::Column {
        column: column.name.clone(),
        why: why.to_string(),
    };
    let [choice] = choices[..] else {
        return Err(refuse(
            "trees part its categories by several numbers at once, none of which is a feature per category",
        ));
    };
    let number = by_place(choice, &categories, column.kind);
    let n = categories.len();
    let (given, other) = (&number[..n], number[n + 1]);
    // An unknown category has the place -1, before all others.
    let is_first = splits.iter().all(|(_, mode, limit)| {
        let is_order = !matches!(mode, Mode::Equal | Mode::Unequal);
        is_order && mode.holds(other, *limit) == mode.is_lower()
    });
    if !is_first || number.iter().any(|it| it.is_nan()) {
        return Err(refuse(
            "its unknown categories have a number among those of the known ones; give them one below (OrdinalEncoder with unknown_value=-1)",
        ));
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| given[a].total_cmp(&given[b]));
    Ok(Read::Places(
        order.iter().map(|&at| categories[at].clone()).collect(),
        order.iter().map(|&at| given[at]).collect(),
    ))
}

/// Which way nodes send rows.
struct Router<'a> {
    ensemble: &'a Ensemble,
    columns: &'a [Column],
    reads: &'a [Option<Read>],
    /// Per column its first feature.
    first: Vec<usize>,
    /// What was found for feature, mode and limit.
    known: HashMap<(usize, Mode, u64), (Side, f32)>,
    doubtful: Vec<Doubtful>,
}

impl Router<'_> {
    /// The way of a node.
    fn way(
        &mut self,
        feature: usize,
        mode: Mode,
        limit: f64,
        missing_true: bool,
    ) -> Result<Way, Error> {
        let side = |is_true: bool| usize::from(!is_true);
        match &self.ensemble.features[feature] {
            Cell::Constant(value) => Ok(Way::Always(side(mode.holds(*value, limit)))),
            Cell::Number(number) => {
                let missing_true = match number.missing {
                    Some(value) => mode.holds(value, limit),
                    None => missing_true || mode == Mode::Unequal,
                };
                match self.reads[number.column].as_ref() {
                    Some(Read::Ones(names)) => {
                        let place = names.iter().position(|it| *it == spell_number(limit));
                        let place = place.unwrap_or_default();
                        Ok(self.one(number.column, place, mode == Mode::Equal))
                    }
                    _ => Ok(self.number(number, feature, mode, limit, missing_true)),
                }
            }
            Cell::Choice(choice) => self.choice(choice, mode, limit),
            _ => Err(self.ensemble.refuse("a feature has no form here")),
        }
    }

    fn number(
        &mut self,
        number: &Number,
        feature: usize,
        mode: Mode,
        limit: f64,
        missing_true: bool,
    ) -> Way {
        let key = (feature, mode, limit.to_bits());
        let (side, limit) = match self.known.get(&key) {
            Some(found) => *found,
            None => {
                let side = number.side(|y| mode.holds(y, limit));
                let found = match side {
                    Side::UpTo(last) | Side::Above(last) => {
                        let (threshold, is_exact) = threshold(last);
                        if !is_exact {
                            self.doubtful.push(Doubtful {
                                column: self.columns[number.column].name.clone(),
                                last,
                                threshold,
                            });
                        }
                        (side, threshold)
                    }
                    // Every number is less than the largest.
                    _ => (side, f32::MAX),
                };
                self.known.insert(key, found);
                found
            }
        };
        let left_true = match side {
            Side::All | Side::UpTo(_) => true,
            Side::None | Side::Above(_) => false,
        };
        let is_all = matches!(side, Side::All | Side::None);
        if is_all && left_true == missing_true {
            return Way::Always(usize::from(!left_true));
        }
        Way::Test {
            feature: self.first[number.column] as u32,
            threshold: limit,
            left: usize::from(!left_true),
            missing_left: left_true == missing_true,
        }
    }

    /// A node that tells one category of a column from all others.
    fn one(&self, column: usize, place: usize, is_true: bool) -> Way {
        Way::Test {
            feature: (self.first[column] + place) as u32,
            threshold: 0.5,
            // The feature is 0 for all others.
            left: usize::from(is_true),
            missing_left: false,
        }
    }

    fn choice(&self, choice: &Choice, mode: Mode, limit: f64) -> Result<Way, Error> {
        let at = choice.text.column;
        let kind = self.columns[at].kind;
        match self.reads[at].as_ref() {
            Some(Read::Ones(categories)) => {
                let numbers = by_place(choice, categories, kind);
                let holds: Vec<bool> = numbers.iter().map(|&it| mode.holds(it, limit)).collect();
                let lone = |wanted: bool| {
                    let mut places = holds.iter().enumerate().filter(|(_, it)| **it == wanted);
                    match (places.next(), places.next()) {
                        (Some((place, _)), None) => Some(place),
                        _ => None,
                    }
                };
                match (lone(true), lone(false)) {
                    (Some(place), _) => Ok(self.one(at, place, true)),
                    (None, Some(place)) => Ok(self.one(at, place, false)),
                    (None, None) => Ok(Way::Always(usize::from(!holds[0]))),
                }
            }
            Some(Read::Places(_, numbers)) => {
                let below = mode.is_lower();
                let n_left = numbers
                    .iter()
                    .filter(|&&it| mode.holds(it, limit) == below)
                    .count();
                let missing_true = mode.holds(choice.of_missing(), limit);
                Ok(Way::Test {
                    feature: self.first[at] as u32,
                    threshold: n_left as f32 - 0.5,
                    left: usize::from(!below),
                    missing_left: missing_true == below,
                })
            }
            _ => Err(self.ensemble.refuse("a feature has no form here")),
        }
    }
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
