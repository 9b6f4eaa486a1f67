//! The compiled scorer: transformer and linear predictor folded into one pass over raw cells. Scaling is folded into the
//! weights, a text column is one table look-up. Batch and single row add the same numbers in the same order, so a
//! prediction has the same bits wherever it is made: at scoring, in `predict`, over HTTP.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use polars::prelude::DataFrame;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Bundle;
use crate::evaluate::{
    Answers, Predictions,
    threshold::{cheapest_class as cheapest, label_of, labels_from},
};
use crate::features::{Cell, CellRef, Cells, Error, Step};
use crate::predictors::{Linear, Link, Predictor, Trees};

/// Rows scored together; a multiple of what fits the first-level cache.
const BLOCK_ROWS: usize = 4096;
/// No single column may push a margin further than this, so that two columns of 1e308 cannot make NaN out of ∞ − ∞.
const LARGEST_PUSH: f64 = 1e30;

/// A bundle made ready to predict.
pub struct Scorer {
    n_classes: usize,
    threshold: f64,
    /// `(n_classes, n_classes)`: see [`Bundle::costs`].
    costs: Option<Vec<f64>>,
    link: Link,
    bias: Vec<f64>,
    columns: Vec<ScoredColumn>,
    /// Where there are trees: they read features, the columns only make them.
    trees: Option<Forest>,
}

/// Trees and how many features they read.
struct Forest {
    trees: Trees,
    n_features: usize,
}

struct ScoredColumn {
    name: String,
    effect: Effect,
}

enum Effect {
    /// `weight · (x/2 - half_mean)` per output; nothing where there is no number.
    Number { weight: Vec<f64>, half_mean: f64 },
    /// `(entries, n_outputs)`: one entry per category, then missing, then other.
    Table { index: Index, weights: Vec<f64> },
    /// The number is the feature at a place, scaled as in training.
    Feature {
        at: usize,
        mean: f64,
        per_scale: f64,
    },
    /// The feature of the entry, counted from a place, is 1.
    One { at: usize, index: Index },
}

/// Category → entry. The hash is a fast one: a request cannot fill the table, only look into it.
type Index = HashMap<Box<str>, u32, BuildHasherDefault<ShortTextHasher>>;

/// XXH3 of a text in one go; its streaming form costs more to set up than a category is long.
#[derive(Default)]
struct ShortTextHasher(u64);

impl Hasher for ShortTextHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }
    /// What ends a text; texts are hashed whole, so it tells nothing.
    fn write_u8(&mut self, _: u8) {}
    fn finish(&self) -> u64 {
        self.0
    }
}

/// One cell of a row, read as its column reads it; a row of them is all that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// No number in a column of numbers.
    Missing,
    /// A number.
    Number(f64),
    /// Position in a text column's table: a category, then missing, then other.
    Entry(u32),
    /// A text whose words count.
    Text(Arc<str>),
}

impl Scorer {
    /// Folds transformer and predictor together.
    pub fn compile(bundle: &Bundle) -> Self {
        let mut feature = 0;
        let mut columns = Vec::with_capacity(bundle.transformer.inputs.len());
        for input in &bundle.transformer.inputs {
            let effect = match &bundle.predictor {
                Predictor::Linear(linear) => match &input.step {
                    Step::Scale { mean, scale } => self::scale(linear, feature, *mean, *scale),
                    Step::OneHot { categories } => table(linear, feature, categories),
                },
                Predictor::Trees(_) => placed(&input.step, feature),
            };
            columns.push(ScoredColumn {
                name: input.name.clone(),
                effect,
            });
            feature += input.width();
        }
        Scorer {
            n_classes: bundle.classes.len(),
            threshold: bundle.threshold,
            costs: bundle.costs.clone(),
            link: bundle.predictor.link(),
            bias: match &bundle.predictor {
                Predictor::Linear(linear) => linear.bias.clone(),
                Predictor::Trees(trees) => trees.base.clone(),
            },
            trees: match &bundle.predictor {
                Predictor::Linear(_) => None,
                Predictor::Trees(trees) => Some(Forest {
                    trees: trees.clone(),
                    n_features: feature,
                }),
            },
            columns,
        }
    }

    /// Columns that a row has.
    pub fn n_inputs(&self) -> usize {
        self.columns.len()
    }

    /// Numbers that a row is answered with: 1 for two classes, else one per class.
    pub fn n_outputs(&self) -> usize {
        self.bias.len()
    }

    /// Classes told apart.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Reads a cell as the column at `position` reads it.
    #[inline]
    pub fn read(&self, position: usize, cell: CellRef<'_>) -> Slot {
        match &self.columns[position].effect {
            Effect::Number { .. } | Effect::Feature { .. } => {
                cell.number().map_or(Slot::Missing, Slot::Number)
            }
            Effect::Table { index, .. } | Effect::One { index, .. } => {
                Slot::Entry(entry_of(index, cell.text().as_deref()) as u32)
            }
        }
    }

    /// Probabilities of one row whose cells stand in the transformer's order: `[P(positive)]` or one per class.
    pub fn score_row(&self, cells: &[Cell]) -> Vec<f64> {
        let mut margins = vec![0.0; self.bias.len()];
        let read = |(position, cell): (usize, &Cell)| self.read(position, cell.by_ref());
        let slots: Vec<Slot> = cells.iter().enumerate().map(read).collect();
        self.score_slots(&slots, &mut Vec::new(), &mut margins);
        margins
    }

    /// Probabilities of one row of slots, written into `margins`: `(n_outputs)`. `features` is room that is used again.
    #[inline]
    pub fn score_slots(&self, slots: &[Slot], features: &mut Vec<f32>, margins: &mut [f64]) {
        margins.copy_from_slice(&self.bias);
        match &self.trees {
            None => {
                for (column, slot) in self.columns.iter().zip(slots) {
                    column.effect.push(slot, margins);
                }
            }
            Some(forest) => {
                self.features(slots, features);
                forest.trees.add(features, margins);
            }
        }
        self.link.apply(margins);
    }

    /// The features that trees read of a row.
    fn features(&self, slots: &[Slot], features: &mut Vec<f32>) {
        features.clear();
        features.resize(
            self.trees.as_ref().map_or(0, |forest| forest.n_features),
            0.0,
        );
        for (column, slot) in self.columns.iter().zip(slots) {
            match (&column.effect, slot) {
                (
                    Effect::Feature {
                        at,
                        mean,
                        per_scale,
                    },
                    Slot::Number(number),
                ) => {
                    features[*at] = crate::features::scaled(*number, *mean, *per_scale) as f32;
                }
                (Effect::One { at, .. }, Slot::Entry(entry)) => {
                    features[at + *entry as usize] = 1.0
                }
                _ => {}
            }
        }
    }

    /// How far each column pushes one output's margin from the bias, in the transformer's order: `(n_inputs)`. The bias and
    /// these, added in order, are the margin that the link is applied to.
    pub fn pushes(&self, slots: &[Slot], output: usize) -> (f64, Vec<f64>) {
        let mut margins = vec![0.0; self.bias.len()];
        let push = |(column, slot): (&ScoredColumn, &Slot)| {
            margins.fill(0.0);
            column.effect.push(slot, &mut margins);
            margins[output]
        };
        let pushes = self.columns.iter().zip(slots).map(push).collect();
        (self.bias[output], pushes)
    }

    /// The label of a row by its probabilities and a threshold of P(positive).
    #[inline]
    pub fn label(&self, probabilities: &[f64], threshold: f64) -> u32 {
        match &self.costs {
            None => label_of(self.n_classes, probabilities, threshold),
            Some(costs) => cheapest(probabilities, costs),
        }
    }

    /// Predictions for every row of a frame; columns are found by name.
    ///
    /// # Errors
    /// All missing columns at once, or a column of a type that ingest never makes.
    pub fn score_frame(&self, frame: &DataFrame) -> Result<Predictions, Error> {
        let cells = self.cells_of(frame)?;
        let outputs = self.bias.len();
        let n_rows = frame.height();
        let mut probabilities = vec![0.0; n_rows * outputs];
        probabilities
            .par_chunks_mut(BLOCK_ROWS * outputs)
            .enumerate()
            .for_each(|(block, margins)| self.score_block(&cells, block * BLOCK_ROWS, margins));
        let labels = match &self.costs {
            None => labels_from(self.n_classes, &probabilities, self.threshold),
            Some(costs) => probabilities
                .chunks_exact(outputs)
                .map(|row| cheapest(row, costs))
                .collect(),
        };
        Ok(Predictions {
            n_classes: self.n_classes,
            labels,
            probabilities,
        })
    }

    /// What the model says of every row of a frame: classes, or numbers where it has none.
    ///
    /// # Errors
    /// As [`Scorer::score_frame`].
    pub fn answer_frame(&self, frame: &DataFrame) -> Result<Answers, Error> {
        let predictions = self.score_frame(frame)?;
        Ok(match self.n_classes {
            0 => Answers::Numbers(predictions.probabilities),
            _ => Answers::Classes(predictions),
        })
    }

    fn score_block(&self, cells: &[Cells<'_>], start: usize, block: &mut [f64]) {
        let outputs = self.bias.len();
        if self.trees.is_some() {
            let (mut slots, mut features) = (Vec::new(), Vec::new());
            for (at, margins) in block.chunks_mut(outputs).enumerate() {
                slots.clear();
                let row = cells.iter().enumerate();
                slots.extend(
                    row.map(|(position, cells)| self.read_from(position, cells, start + at)),
                );
                self.score_slots(&slots, &mut features, margins);
            }
            return;
        }
        for margins in block.chunks_mut(outputs) {
            margins.copy_from_slice(&self.bias);
        }
        for (column, cells) in self.columns.iter().zip(cells) {
            match &column.effect {
                Effect::Number { weight, half_mean } => {
                    for (at, margins) in block.chunks_mut(outputs).enumerate() {
                        push_number(margins, cells.number(start + at), weight, *half_mean);
                    }
                }
                Effect::Feature { .. } | Effect::One { .. } => {}
                Effect::Table { index, weights } => {
                    for (at, margins) in block.chunks_mut(outputs).enumerate() {
                        push_entry(
                            margins,
                            weights,
                            entry_of(index, cells.text(start + at).as_deref()),
                        );
                    }
                }
            }
        }
        for margins in block.chunks_mut(outputs) {
            self.link.apply(margins);
        }
    }

    /// As [`Scorer::read`], from a row of a frame's column.
    fn read_from(&self, position: usize, cells: &Cells<'_>, row: usize) -> Slot {
        match &self.columns[position].effect {
            Effect::Number { .. } | Effect::Feature { .. } => {
                cells.number(row).map_or(Slot::Missing, Slot::Number)
            }
            Effect::Table { index, .. } | Effect::One { index, .. } => {
                Slot::Entry(entry_of(index, cells.text(row).as_deref()) as u32)
            }
        }
    }

    fn cells_of<'f>(&self, frame: &'f DataFrame) -> Result<Vec<Cells<'f>>, Error> {
        let absent: Vec<_> = self
            .columns
            .iter()
            .filter(|column| frame.column(&column.name).is_err())
            .map(|column| column.name.clone())
            .collect();
        if !absent.is_empty() {
            return Err(Error::MissingColumns(absent));
        }
        self.columns
            .iter()
            .map(|column| {
                let absent = |_| Error::MissingColumns(vec![column.name.clone()]);
                frame
                    .column(&column.name)
                    .map_err(absent)
                    .and_then(Cells::of)
            })
            .collect()
    }
}

impl Effect {
    #[inline]
    fn push(&self, slot: &Slot, margins: &mut [f64]) {
        match (self, slot) {
            (Effect::Number { weight, half_mean }, Slot::Number(number)) => {
                push_number(margins, Some(*number), weight, *half_mean)
            }
            (Effect::Table { weights, .. }, Slot::Entry(entry)) => {
                push_entry(margins, weights, *entry as usize)
            }
            // A missing number pushes nowhere; `read` makes no other pair.
            _ => {}
        }
    }
}

/// A number pushes by `w (x - mean) / scale`. Both are halved before they are subtracted and the weight is doubled, so that
/// no two finite numbers overflow; subtracting first keeps the digits of a column whose mean is far larger than its scale.
fn scale(linear: &Linear, feature: usize, mean: f64, scale: f64) -> Effect {
    let per_unit = |output| 2.0 * (linear.weights_of(output)[feature] / scale);
    let weight = (0..linear.n_outputs())
        .map(|output| per_unit(output).clamp(-f64::MAX, f64::MAX))
        .collect();
    Effect::Number {
        weight,
        half_mean: mean / 2.0,
    }
}

/// What a column of a model with trees does.
fn placed(step: &Step, at: usize) -> Effect {
    match step {
        Step::Scale { mean, scale } => Effect::Feature {
            at,
            mean: *mean,
            per_scale: (1.0 / scale).min(f64::MAX),
        },
        Step::OneHot { categories } => Effect::One {
            at,
            index: owned_index(categories),
        },
    }
}

fn owned_index(categories: &[String]) -> Index {
    let index = crate::features::index_of(categories);
    index
        .into_iter()
        .map(|(name, at)| (name.into(), at))
        .collect()
}

fn table(linear: &Linear, feature: usize, categories: &[String]) -> Effect {
    let entries = categories.len() + 2;
    let outputs = linear.n_outputs();
    let mut weights = Vec::with_capacity(entries * outputs);
    for entry in 0..entries {
        weights.extend((0..outputs).map(|output| linear.weights_of(output)[feature + entry]));
    }
    Effect::Table {
        index: owned_index(categories),
        weights,
    }
}

#[inline]
fn push_number(margins: &mut [f64], number: Option<f64>, weight: &[f64], half_mean: f64) {
    // A missing number counts as the mean, which pushes nowhere.
    let Some(number) = number else { return };
    let half_distance = number / 2.0 - half_mean;
    let push = |weight: f64| (weight * half_distance).clamp(-LARGEST_PUSH, LARGEST_PUSH);
    // With two classes there is one output, and setting a loop up costs more than the step.
    if let ([margin], [weight]) = (&mut *margins, weight) {
        *margin += push(*weight);
        return;
    }
    for (margin, weight) in margins.iter_mut().zip(weight) {
        *margin += push(*weight);
    }
}

#[inline]
fn push_entry(margins: &mut [f64], weights: &[f64], entry: usize) {
    if let [margin] = margins {
        *margin += weights[entry];
        return;
    }
    let outputs = margins.len();
    let pushes = &weights[entry * outputs..(entry + 1) * outputs];
    margins
        .iter_mut()
        .zip(pushes)
        .for_each(|(margin, push)| *margin += push);
}

#[inline]
fn entry_of(index: &Index, text: Option<&str>) -> usize {
    match text {
        None => index.len(),
        Some(text) => index
            .get(text)
            .map_or(index.len() + 1, |&entry| entry as usize),
    }
}
