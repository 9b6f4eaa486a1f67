//! What a column does to a row's margins, or to the features that trees read: a step and its weights, folded together.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::slot::Slot;
use crate::data::Kind;
use crate::features::{CellRef, Grams, Input, Step, index_of, known_label, scaled};
use crate::predictors::Linear;

/// No single column may push a margin further than this, so that two columns of 1e308 cannot make NaN out of ∞ − ∞.
const LARGEST_PUSH: f64 = 1e30;

/// A column and what it does.
pub struct ScoredColumn {
    /// Its name.
    pub name: String,
    /// Its kind in the training data.
    pub kind: Kind,
    /// First of its features, and their number.
    pub span: (usize, usize),
    /// What it does.
    pub effect: Effect,
}

/// What a column does: the first three push margins, the others write features for trees.
pub enum Effect {
    /// `weight · (x/2 - half_mean)` per output. `missing` is pushed where there is no number; nothing where it is empty.
    Number {
        weight: Vec<f64>,
        half_mean: f64,
        missing: Vec<f64>,
    },
    /// `(entries, n_outputs)`: one entry per category, then missing, then other.
    Table { index: Index, weights: Vec<f64> },
    /// `Σ value · weight` over the n-grams of a text; weights are `(width, n_outputs)`.
    Words { grams: Grams, weights: Vec<f64> },
    /// The number is the feature, scaled as in training.
    Feature {
        mean: f64,
        per_scale: f64,
        missing: f64,
        indicator: bool,
    },
    /// The feature of the entry is 1.
    One { index: Index },
    /// The features of the entry: `(entries, width)`.
    Entries { index: Index, table: Vec<f32> },
    /// The features of a text's n-grams.
    Values { grams: Grams },
}

/// Category → entry. The hash is a fast one: a request cannot fill the table, only look into it.
pub type Index = HashMap<Box<str>, u32, BuildHasherDefault<ShortTextHasher>>;

/// XXH3 of a text in one go; its streaming form costs more to set up than a category is long.
#[derive(Default)]
pub struct ShortTextHasher(u64);

impl Hasher for ShortTextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }
    /// What ends a text; texts are hashed whole, so it carries no information.
    fn write_u8(&mut self, _: u8) {}
    fn finish(&self) -> u64 {
        self.0
    }
}

impl ScoredColumn {
    /// The column of an input whose features begin at `at`; `linear` is the predictor, `None` where there are trees.
    pub fn new(input: &Input, at: usize, linear: Option<&Linear>) -> Self {
        ScoredColumn {
            name: input.name.clone(),
            kind: input.kind,
            span: (at, input.width()),
            effect: match linear {
                Some(linear) => pushing(&input.step, at, linear),
                None => writing(&input.step),
            },
        }
    }

    /// Reads a cell.
    #[inline]
    pub fn read(&self, cell: CellRef<'_>) -> Slot {
        match &self.effect {
            Effect::Number { .. } | Effect::Feature { .. } => {
                cell.number().map_or(Slot::Missing, Slot::Number)
            }
            Effect::Table { index, .. } | Effect::One { index } | Effect::Entries { index, .. } => {
                Slot::Entry(entry_of(index, cell.label(self.kind).as_deref()) as u32)
            }
            Effect::Words { .. } | Effect::Values { .. } => {
                cell.text().map_or(Slot::Missing, |text| {
                    Slot::Text(Arc::new(text.as_ref().into()))
                })
            }
        }
    }

    /// Whether [`ScoredColumn::read`] takes a finite number as it is.
    pub fn reads_number(&self) -> bool {
        matches!(self.effect, Effect::Number { .. } | Effect::Feature { .. })
    }

    /// Pushes the margins of one row.
    #[inline]
    pub fn push(&self, slot: &Slot, margins: &mut [f64]) {
        match (&self.effect, slot) {
            (
                Effect::Number {
                    weight, half_mean, ..
                },
                Slot::Number(number),
            ) => push_number(margins, *number, weight, *half_mean),
            (Effect::Number { missing, .. }, Slot::Missing) => push_entry(margins, missing, 0),
            (Effect::Table { weights, .. }, Slot::Entry(entry)) => {
                push_entry(margins, weights, *entry as usize);
            }
            (Effect::Words { grams, weights }, Slot::Text(text)) => {
                push_words(margins, text, grams, weights, &mut Vec::new());
            }
            // A missing text contributes nothing; `read` makes no other pair.
            _ => {}
        }
    }

    /// Writes the features of one row, `(n_features)`, which begin as 0.
    pub fn write(&self, slot: &Slot, features: &mut [f32]) {
        let (at, width) = self.span;
        let features = &mut features[at..at + width];
        match (&self.effect, slot) {
            (
                Effect::Feature {
                    mean, per_scale, ..
                },
                Slot::Number(number),
            ) => features[0] = scaled(*number, *mean, *per_scale) as f32,
            (
                Effect::Feature {
                    missing, indicator, ..
                },
                Slot::Missing,
            ) => {
                features[0] = *missing as f32;
                if *indicator {
                    features[1] = 1.0;
                }
            }
            (Effect::One { .. }, Slot::Entry(entry)) => features[*entry as usize] = 1.0,
            (Effect::Entries { table, .. }, Slot::Entry(entry)) => {
                let begin = *entry as usize * width;
                features.copy_from_slice(&table[begin..begin + width]);
            }
            (Effect::Values { grams }, Slot::Text(text)) => {
                let mut found = Vec::new();
                grams.weigh(text, &mut found);
                for (place, value) in found {
                    features[place as usize] = value;
                }
            }
            _ => {}
        }
    }
}

/// What a column of a linear model does.
fn pushing(step: &Step, at: usize, linear: &Linear) -> Effect {
    let weights = |feature: usize| {
        (0..linear.n_outputs()).map(move |output| linear.weights_of(output)[at + feature])
    };
    match step {
        Step::Scale { mean, scale } => Effect::Number {
            weight: per_unit(weights(0), *scale),
            half_mean: mean / 2.0,
            missing: Vec::new(),
        },
        Step::Number {
            fill,
            centre,
            scale,
            indicator,
        } => {
            let weight = per_unit(weights(0), *scale);
            let filled = fill.map(|fill| fill / 2.0 - centre / 2.0).unwrap_or(0.0);
            let mut missing: Vec<f64> = weight
                .iter()
                .map(|weight| contribution_of(*weight, filled))
                .collect();
            if *indicator {
                missing
                    .iter_mut()
                    .zip(weights(1))
                    .for_each(|(it, weight)| *it += weight);
            }
            Effect::Number {
                weight,
                half_mean: centre / 2.0,
                missing,
            }
        }
        Step::OneHot { categories } => Effect::Table {
            index: owned_index(categories),
            weights: (0..step.width()).flat_map(weights).collect(),
        },
        Step::Ordinal { categories, .. } | Step::TargetMean { categories, .. } => {
            let table = step.table().unwrap_or_default();
            let width = step.width();
            let push = |entry: &[f64]| -> Vec<f64> {
                let of = |output: usize| {
                    let of_output = &linear.weights_of(output)[at..at + width];
                    // A feature that is not a number contributes nothing.
                    let contributions = entry.iter().zip(of_output).filter(|(x, _)| x.is_finite());
                    contributions.map(|(x, weight)| clamped(x * weight)).sum()
                };
                (0..linear.n_outputs()).map(of).collect()
            };
            Effect::Table {
                index: owned_index(categories),
                weights: table.chunks(width).flat_map(push).collect(),
            }
        }
        Step::Text { blocks } => Effect::Words {
            grams: Grams::new(blocks),
            weights: (0..step.width()).flat_map(weights).collect(),
        },
    }
}

/// What a column of a model with trees does.
fn writing(step: &Step) -> Effect {
    if let Some((mean, per_scale, missing, indicator)) = step.number() {
        return Effect::Feature {
            mean,
            per_scale,
            missing,
            indicator,
        };
    }
    match step {
        Step::Text { blocks } => Effect::Values {
            grams: Grams::new(blocks),
        },
        step => {
            let index = owned_index(step.categories().unwrap_or_default());
            match step.table() {
                Some(table) => Effect::Entries {
                    index,
                    table: table.into_iter().map(|value| value as f32).collect(),
                },
                None => Effect::One { index },
            }
        }
    }
}

/// A number contributes `w (x - mean) / scale`. Both are halved before they are subtracted and the weight is doubled, so that
/// no two finite numbers overflow; subtracting first keeps the digits of a column whose mean is far larger than its scale.
fn per_unit(weights: impl Iterator<Item = f64>, scale: f64) -> Vec<f64> {
    let weights = weights.map(|weight| 2.0 * (weight / scale));
    weights.map(|it| it.clamp(-f64::MAX, f64::MAX)).collect()
}

fn owned_index(categories: &[String]) -> Index {
    let index = index_of(categories);
    index
        .into_iter()
        .map(|(name, at)| (name.into(), at))
        .collect()
}

#[inline]
fn clamped(push: f64) -> f64 {
    push.clamp(-LARGEST_PUSH, LARGEST_PUSH)
}

/// How far a number pushes that is so far, halved, from its column's mean.
#[inline]
pub fn contribution_of(weight: f64, half_distance: f64) -> f64 {
    clamped(weight * half_distance)
}

#[inline]
pub(super) fn push_number(margins: &mut [f64], number: f64, weight: &[f64], half_mean: f64) {
    let half_distance = number / 2.0 - half_mean;
    // With two classes there is one output, and setting a loop up costs more than the step.
    if let ([margin], [weight]) = (&mut *margins, weight) {
        *margin += contribution_of(*weight, half_distance);
        return;
    }
    for (margin, weight) in margins.iter_mut().zip(weight) {
        *margin += contribution_of(*weight, half_distance);
    }
}

/// Adds an entry of a table; an empty table contributes nothing.
#[inline]
pub(super) fn push_entry(margins: &mut [f64], weights: &[f64], entry: usize) {
    if weights.is_empty() {
        return;
    }
    if let [margin] = margins {
        *margin += weights[entry];
        return;
    }
    let outputs = margins.len();
    let contributions = &weights[entry * outputs..(entry + 1) * outputs];
    margins
        .iter_mut()
        .zip(contributions)
        .for_each(|(margin, push)| *margin += push);
}

/// The n-grams of a text, added up in the order of their features before the margin sees them.
pub(super) fn push_words(
    margins: &mut [f64],
    text: &str,
    grams: &Grams,
    weights: &[f64],
    found: &mut Vec<(u32, f32)>,
) {
    grams.weigh(text, found);
    let outputs = margins.len();
    for (output, margin) in margins.iter_mut().enumerate() {
        let contributions = found.iter().map(|(place, value)| {
            clamped(f64::from(*value) * weights[*place as usize * outputs + output])
        });
        *margin += clamped(contributions.sum());
    }
}

#[inline]
pub(super) fn entry_of(index: &Index, text: Option<&str>) -> usize {
    match text {
        None => index.len(),
        Some(text) => known_label(|text| index.get(text).copied(), text)
            .map_or(index.len() + 1, |entry| entry as usize),
    }
}
