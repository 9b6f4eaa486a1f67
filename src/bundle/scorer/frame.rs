//! Predictions for the rows of a frame, in blocks over all cores: the same numbers in the same order as for a row of a request.

use std::sync::Arc;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::Scorer;
use super::effect::{Effect, ScoredColumn, entry_of, push_entry, push_number, push_words};
use super::slot::Slot;
use crate::evaluate::{
    ClassPredictions, Predictions,
    threshold::{cheapest_class as cheapest, labels_from},
};
use crate::features::{Cells, Error, label_of};

/// Rows scored together; a multiple of what fits the first-level cache.
const BLOCK_ROWS: usize = 4096;

/// Rows whose features are made before trees read them: a few hundred kilobytes of the widest tables.
const TREE_ROWS: usize = 256;

impl Scorer {
    /// What the model says of every row of a frame: classes, or numbers where it has none.
    ///
    /// # Errors
    /// As [`Scorer::score_frame`].
    pub fn answer_frame(&self, frame: &DataFrame) -> Result<Predictions, Error> {
        let predictions = self.score_frame(frame)?;
        Ok(match self.n_classes {
            0 => Predictions::Numbers(predictions.probabilities),
            _ => Predictions::Classes(predictions),
        })
    }

    /// Predictions for every row of a frame; columns are found by name.
    ///
    /// # Errors
    /// All missing columns at once, or a column of a type that ingest never makes.
    pub fn score_frame(&self, frame: &DataFrame) -> Result<ClassPredictions, Error> {
        let made;
        let frame = if self.prepare.is_empty() {
            frame
        } else {
            made = self.prepare.apply(frame)?;
            &made
        };
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
        Ok(ClassPredictions {
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
        match &self.trees {
            None => {
                for (column, cells) in self.columns.iter().zip(cells) {
                    column.push_block(cells, start, block, outputs);
                }
            }
            Some(forest) => {
                for (part, margins) in block.chunks_mut(TREE_ROWS * outputs).enumerate() {
                    let n_rows = margins.len() / outputs;
                    let features = self.features_of(cells, start + part * TREE_ROWS, n_rows);
                    forest.trees.add_rows(&features, forest.n_features, margins);
                }
            }
        }
        for margins in block.chunks_mut(outputs) {
            self.finish(margins);
        }
    }

    /// The features of a stretch of a frame's rows, `(n_rows, n_features)` row-major.
    fn features_of(&self, cells: &[Cells<'_>], start: usize, n_rows: usize) -> Vec<f32> {
        let mut matrix = Vec::new();
        let (mut slots, mut features) = (Vec::new(), Vec::new());
        for row in start..start + n_rows {
            slots.clear();
            let of_row = self.columns.iter().zip(cells);
            slots.extend(of_row.map(|(column, cells)| column.read_from(cells, row)));
            self.features(&slots, &mut features);
            matrix.extend_from_slice(&features);
        }
        matrix
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

impl ScoredColumn {
    /// As [`ScoredColumn::read`], from a row of a frame's column.
    pub fn read_from(&self, cells: &Cells<'_>, row: usize) -> Slot {
        match &self.effect {
            Effect::Number { .. } | Effect::Feature { .. } => {
                cells.number(row).map_or(Slot::Missing, Slot::Number)
            }
            Effect::Table { index, .. } | Effect::One { index } | Effect::Entries { index, .. } => {
                Slot::Entry(entry_of(index, label_of(cells, self.kind, row).as_deref()) as u32)
            }
            Effect::Words { .. } | Effect::Values { .. } => {
                cells.text(row).map_or(Slot::Missing, |text| {
                    Slot::Text(Arc::new(text.as_ref().into()))
                })
            }
        }
    }

    /// Pushes the margins of consecutive rows, `(n_rows, n_outputs)`, the first of which is `start`.
    pub fn push_block(&self, cells: &Cells<'_>, start: usize, block: &mut [f64], outputs: usize) {
        let rows = block.chunks_mut(outputs).enumerate();
        match &self.effect {
            Effect::Number {
                weight,
                half_mean,
                missing,
            } => {
                for (at, margins) in rows {
                    match cells.number(start + at) {
                        Some(number) => push_number(margins, number, weight, *half_mean),
                        None => push_entry(margins, missing, 0),
                    }
                }
            }
            Effect::Table { index, weights } => {
                for (at, margins) in rows {
                    let label = label_of(cells, self.kind, start + at);
                    push_entry(margins, weights, entry_of(index, label.as_deref()));
                }
            }
            Effect::Words { grams, weights } => {
                let mut found = Vec::new();
                for (at, margins) in rows {
                    if let Some(text) = cells.text(start + at) {
                        push_words(margins, &text, grams, weights, &mut found);
                    }
                }
            }
            _ => {}
        }
    }
}
