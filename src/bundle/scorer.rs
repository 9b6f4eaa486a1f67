//! The compiled scorer: transformer and linear predictor folded into one pass over raw cells. Scaling is folded into the
//! weights, a text column is one table look-up. Batch and single row add the same numbers in the same order, so a
//! prediction has the same bits wherever it is made: at scoring, in `predict`, over HTTP.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use polars::prelude::DataFrame;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Bundle;
use crate::evaluate::{
    Predictions,
    threshold::{label_of, labels_from},
};
use crate::features::{Cell, CellRef, Cells, Error, Step};
use crate::predictors::{Linear, Link, Predictor};

/// Rows scored together; a multiple of what fits the first-level cache.
const BLOCK_ROWS: usize = 4096;
/// No single column may push a margin further than this, so that two columns of 1e308 cannot make NaN out of ∞ − ∞.
const LARGEST_PUSH: f64 = 1e30;

/// A bundle made ready to predict.
pub struct Scorer {
    n_classes: usize,
    threshold: f64,
    link: Link,
    bias: Vec<f64>,
    columns: Vec<ScoredColumn>,
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
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slot {
    /// No number in a column of numbers.
    Missing,
    /// A number.
    Number(f64),
    /// Position in a text column's table: a category, then missing, then other.
    Entry(u32),
}

impl Scorer {
    /// Folds transformer and predictor together.
    pub fn compile(bundle: &Bundle) -> Self {
        let Predictor::Linear(linear) = &bundle.predictor;
        let mut feature = 0;
        let mut columns = Vec::with_capacity(bundle.transformer.inputs.len());
        for input in &bundle.transformer.inputs {
            let effect = match &input.step {
                Step::Scale { mean, scale } => self::scale(linear, feature, *mean, *scale),
                Step::OneHot { categories } => table(linear, feature, categories),
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
            link: linear.link,
            bias: linear.bias.clone(),
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
            Effect::Number { .. } => cell.number().map_or(Slot::Missing, Slot::Number),
            Effect::Table { index, .. } => {
                Slot::Entry(entry_of(index, cell.text().as_deref()) as u32)
            }
        }
    }

    /// Probabilities of one row whose cells stand in the transformer's order: `[P(positive)]` or one per class.
    pub fn score_row(&self, cells: &[Cell]) -> Vec<f64> {
        let mut margins = vec![0.0; self.bias.len()];
        let read = |(position, cell): (usize, &Cell)| self.read(position, cell.by_ref());
        self.score_slots(cells.iter().enumerate().map(read), &mut margins);
        margins
    }

    /// Probabilities of one row of slots, written into `margins`: `(n_outputs)`.
    #[inline]
    pub fn score_slots(&self, slots: impl Iterator<Item = Slot>, margins: &mut [f64]) {
        margins.copy_from_slice(&self.bias);
        for (column, slot) in self.columns.iter().zip(slots) {
            column.effect.push(slot, margins);
        }
        self.link.apply(margins);
    }

    /// How far each column pushes one output's margin from the bias, in the transformer's order: `(n_inputs)`. The bias and
    /// these, added in order, are the margin that the link is applied to.
    pub fn pushes(&self, slots: &[Slot], output: usize) -> (f64, Vec<f64>) {
        let mut margins = vec![0.0; self.bias.len()];
        let push = |(column, slot): (&ScoredColumn, &Slot)| {
            margins.fill(0.0);
            column.effect.push(*slot, &mut margins);
            margins[output]
        };
        let pushes = self.columns.iter().zip(slots).map(push).collect();
        (self.bias[output], pushes)
    }

    /// The label of a row by its probabilities and a threshold of P(positive).
    #[inline]
    pub fn label(&self, probabilities: &[f64], threshold: f64) -> u32 {
        label_of(self.n_classes, probabilities, threshold)
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
        let labels = labels_from(self.n_classes, &probabilities, self.threshold);
        Ok(Predictions {
            n_classes: self.n_classes,
            labels,
            probabilities,
        })
    }

    fn score_block(&self, cells: &[Cells<'_>], start: usize, block: &mut [f64]) {
        let outputs = self.bias.len();
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
    fn push(&self, slot: Slot, margins: &mut [f64]) {
        match (self, slot) {
            (Effect::Number { weight, half_mean }, Slot::Number(number)) => {
                push_number(margins, Some(number), weight, *half_mean)
            }
            (Effect::Table { weights, .. }, Slot::Entry(entry)) => {
                push_entry(margins, weights, entry as usize)
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

fn table(linear: &Linear, feature: usize, categories: &[String]) -> Effect {
    let entries = categories.len() + 2;
    let outputs = linear.n_outputs();
    let mut weights = Vec::with_capacity(entries * outputs);
    for entry in 0..entries {
        weights.extend((0..outputs).map(|output| linear.weights_of(output)[feature + entry]));
    }
    let index = crate::features::index_of(categories);
    let index = index.into_iter().map(|(name, at)| (name.into(), at));
    Effect::Table {
        index: index.collect(),
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
