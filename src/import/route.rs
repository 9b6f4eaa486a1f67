//! Which way a node of a tree sends rows, and how columns must be read for that.

use std::collections::HashMap;

use super::cell::{Branch, Cell, Choice, Ensemble, Mode};
use super::columns::{by_place, categories};
use super::error::Error;
use super::number::{Number, Side, What, threshold};
use super::value::Column;
use crate::features::spell_number;

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
pub enum Read {
    /// As a number.
    Number,
    /// By a feature per category.
    Ones(Vec<String>),
    /// By its place among categories in the order of their numbers.
    Places(Vec<String>, Vec<f64>),
}

/// Where a node sends rows.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// All to one side: 0 is the true one.
    Always(usize),
    /// By a feature that is less than the threshold.
    Test {
        /// The feature.
        feature: u32,
        /// The threshold.
        threshold: f32,
        /// The side of those that are less.
        left: usize,
        /// Whether missing ones go with them.
        missing_left: bool,
    },
}

/// How each column must be read for what nodes ask of it.
///
/// # Errors
/// Names the column that nodes ask two things of.
pub fn reads(ensemble: &Ensemble, columns: &[Column]) -> Result<Vec<Option<Read>>, Error> {
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
pub struct Router<'a> {
    /// The trees.
    pub ensemble: &'a Ensemble,
    /// The columns of the file.
    pub columns: &'a [Column],
    /// How each is read.
    pub reads: &'a [Option<Read>],
    /// Per column its first feature.
    pub first: Vec<usize>,
    /// What was found for feature, mode and limit.
    pub known: HashMap<(usize, Mode, u64), (Side, f32)>,
    /// Thresholds that 32-bit numbers part otherwise.
    pub doubtful: Vec<Doubtful>,
}

impl Router<'_> {
    /// The way of a node.
    ///
    /// # Errors
    /// When its feature has no form here.
    pub fn way(
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
