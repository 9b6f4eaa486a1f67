//! The compiled scorer: transformer and linear predictor folded into one pass over raw cells. Scaling is folded into the
//! weights, a text column is one table look-up. Batch and single row add the same numbers in the same order, so a
//! prediction has the same bits wherever it is made: at scoring, in `predict`, over HTTP.

mod effect;
#[cfg(feature = "train")]
mod frame;
mod number_term;
mod slot;

use self::effect::{Effect, ScoredColumn};
use self::number_term::NumberTerm;
use super::saved::Bundle;
use crate::evaluate::threshold::{cheapest_class as cheapest, label_of};
use crate::features::{Cell, CellRef, Preparer};
use crate::predictors::{Calibrator, CompiledTrees, Link, Predictor};
pub use slot::Slot;

/// A bundle made ready to predict.
pub struct Scorer {
    n_classes: usize,
    threshold: f64,
    /// `(n_classes, n_classes)`: see [`Bundle::costs`].
    costs: Option<Vec<f64>>,
    link: Link,
    /// What P(positive) goes through after the link.
    after: Option<Calibrator>,
    bias: Vec<f64>,
    columns: Vec<ScoredColumn>,
    /// Per column: its term, where that is all that it does.
    terms: Vec<Option<NumberTerm>>,
    /// What makes the columns out of those of the data.
    prepare: Preparer,
    /// Where there are trees: they read features, the columns only make them.
    trees: Option<Forest>,
}

/// Trees and how many features they read.
struct Forest {
    trees: CompiledTrees,
    n_features: usize,
}

impl Scorer {
    /// Folds transformer and predictor together.
    pub fn compile(bundle: &Bundle) -> Self {
        let mut feature = 0;
        let mut columns = Vec::with_capacity(bundle.transformer.inputs.len());
        let linear = match &bundle.predictor {
            Predictor::Linear(linear) => Some(linear),
            Predictor::Trees(_) => None,
        };
        for input in &bundle.transformer.inputs {
            columns.push(ScoredColumn::new(input, feature, linear));
            feature += input.width();
        }
        Scorer {
            n_classes: bundle.classes.len(),
            threshold: bundle.threshold,
            costs: bundle.costs.clone(),
            link: bundle.predictor.link(),
            after: bundle.after().cloned(),
            bias: match &bundle.predictor {
                Predictor::Linear(linear) => linear.bias.clone(),
                Predictor::Trees(trees) => trees.base.clone(),
            },
            trees: match &bundle.predictor {
                Predictor::Linear(_) => None,
                Predictor::Trees(trees) => Some(Forest {
                    trees: CompiledTrees::new(trees),
                    n_features: feature,
                }),
            },
            prepare: Preparer::new(&bundle.transformer.prepare),
            terms: columns.iter().map(NumberTerm::of).collect(),
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
        self.columns[position].read(cell)
    }

    /// A text that the column at `position` has as a category, as it is written.
    #[inline]
    pub fn known(&self, position: usize, text: &str) -> Option<Slot> {
        match &self.columns[position].effect {
            Effect::Table { index, .. } | Effect::One { index } | Effect::Entries { index, .. } => {
                index.get(text).map(|entry| Slot::Entry(*entry))
            }
            _ => None,
        }
    }

    /// Whether the column at `position` takes numbers as they are.
    pub fn reads_number(&self, position: usize) -> bool {
        self.columns[position].reads_number()
    }

    /// What makes the columns of the model out of those of the data.
    pub fn preparer(&self) -> &Preparer {
        &self.prepare
    }

    /// Probabilities of one row whose cells are in the transformer's order: `[P(positive)]` or one per class.
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
                for ((column, term), slot) in self.columns.iter().zip(&self.terms).zip(slots) {
                    match (term, slot) {
                        (Some(term), Slot::Number(number)) => {
                            margins[0] += term.contribution(*number);
                        }
                        _ => column.push(slot, margins),
                    }
                }
            }
            Some(forest) => {
                self.features(slots, features);
                forest.trees.add(features, margins);
            }
        }
        self.finish(margins);
    }

    /// Margins of one row to what it is answered with.
    #[inline]
    fn finish(&self, margins: &mut [f64]) {
        self.link.apply(margins);
        if let Some(after) = &self.after {
            margins[0] = after.of(self.link, margins[0]);
        }
    }

    /// As [`Scorer::score_slots`] for rows that stand one behind the other, `(n_rows, n_inputs)`, written into `margins`: `(n_rows,
    /// n_outputs)`. The same bits: trees are walked tree by tree over blocks of rows, and each row adds them in the same order.
    pub fn score_rows(&self, slots: &[Slot], features: &mut Vec<f32>, margins: &mut [f64]) {
        let (inputs, outputs) = (self.columns.len(), self.bias.len());
        let n_rows = margins.len() / outputs;
        let row = |row: usize| &slots[row * inputs..(row + 1) * inputs];
        let Some(forest) = self.trees.as_ref().filter(|_| n_rows > 1) else {
            for (at, margins) in margins.chunks_exact_mut(outputs).enumerate() {
                self.score_slots(row(at), features, margins);
            }
            return;
        };
        for margins in margins.chunks_exact_mut(outputs) {
            margins.copy_from_slice(&self.bias);
        }
        features.clear();
        features.resize(n_rows * forest.n_features, 0.0);
        let of_rows = features.chunks_exact_mut(forest.n_features.max(1));
        for (at, features) in of_rows.enumerate() {
            for (column, slot) in self.columns.iter().zip(row(at)) {
                column.write(slot, features);
            }
        }
        forest.trees.add_rows(features, forest.n_features, margins);
        for margins in margins.chunks_exact_mut(outputs) {
            self.finish(margins);
        }
    }

    /// The features that trees read of a row, `(n_features)`; none where there are no trees.
    pub fn features(&self, slots: &[Slot], features: &mut Vec<f32>) {
        features.clear();
        features.resize(
            self.trees.as_ref().map_or(0, |forest| forest.n_features),
            0.0,
        );
        for (column, slot) in self.columns.iter().zip(slots) {
            column.write(slot, features);
        }
    }

    /// Sums of numbers that were found per feature, for each input: what trees say of a row's features, say.
    pub fn by_input(&self, per_feature: &[f64]) -> Vec<f64> {
        let sum = |column: &ScoredColumn| {
            let (at, width) = column.span;
            per_feature[at..at + width].iter().sum()
        };
        self.columns.iter().map(sum).collect()
    }

    /// What each column contributes to one output's margin, and what the margin is without any: exact for linear predictors,
    /// Shapley values along the trees' paths for trees. `predictor` is that of the bundle that this was compiled from.
    pub fn contributions(
        &self,
        predictor: &Predictor,
        slots: &[Slot],
        output: usize,
    ) -> (f64, Vec<f64>) {
        let found = self.contributions_while(predictor, slots, output, &mut || true);
        // Nothing stopped it.
        found.unwrap_or_default()
    }

    /// As [`Scorer::contributions`], for as long as `goes_on` says so; `None` when it no longer does.
    pub fn contributions_while(
        &self,
        predictor: &Predictor,
        slots: &[Slot],
        output: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<(f64, Vec<f64>)> {
        match predictor {
            Predictor::Linear(_) => Some(self.linear_contributions(slots, output)),
            Predictor::Trees(trees) => {
                let mut features = Vec::new();
                self.features(slots, &mut features);
                let (base, per_feature) = trees.contributions_while(&features, output, goes_on)?;
                Some((base, self.by_input(&per_feature)))
            }
        }
    }

    /// How far each column moves one output's margin from the bias of a linear predictor, in the transformer's order: `(n_inputs)`. The bias and
    /// these, added in order, are the margin that the link is applied to.
    pub fn linear_contributions(&self, slots: &[Slot], output: usize) -> (f64, Vec<f64>) {
        let slots = slots.iter().enumerate();
        let contributions =
            slots.map(|(position, slot)| self.contribution_of(position, slot, output));
        (self.bias[output], contributions.collect())
    }

    /// How far one column moves one output's margin.
    pub fn contribution_of(&self, position: usize, slot: &Slot, output: usize) -> f64 {
        let mut margins = vec![0.0; self.bias.len()];
        self.columns[position].push(slot, &mut margins);
        margins[output]
    }

    /// The label of a row by its probabilities and a threshold of P(positive).
    #[inline]
    pub fn label(&self, probabilities: &[f64], threshold: f64) -> u32 {
        match &self.costs {
            None => label_of(self.n_classes, probabilities, threshold),
            Some(costs) => cheapest(probabilities, costs),
        }
    }
}
