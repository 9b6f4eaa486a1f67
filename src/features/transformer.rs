//! The fitted transformer: per input column one step, applied the same way to a training chunk and to a served row.
//!
//! Features are laid out with all numeric columns first, then one block per text column, so that the dense part of a
//! chunk is one matrix and a text column costs one index per row however many categories it has.

use std::collections::{HashMap, HashSet};

use polars::prelude::DataFrame;
use serde::{Deserialize, Serialize};

use super::{Cells, Error, is_numeric};
use crate::data::Kind;

/// What is done to one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `(x - mean) / scale`; a missing number becomes the mean, that is 0.
    Scale {
        /// Mean of the training rows.
        mean: f64,
        /// Standard deviation (ddof 0) of the training rows, never 0.
        scale: f64,
    },
    /// One feature per category, then `missing`, then `other` (rare and unknown categories).
    OneHot {
        /// Categories with a feature of their own, sorted.
        categories: Vec<String>,
    },
}

/// An input column with its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The column's name.
    pub name: String,
    /// Its kind in the training data.
    pub kind: Kind,
    /// What is done to it.
    pub step: Step,
}

impl Input {
    /// Number of features the column becomes.
    pub fn width(&self) -> usize {
        match &self.step {
            Step::Scale { .. } => 1,
            Step::OneHot { categories } => categories.len() + 2,
        }
    }
}

/// The fitted steps: numeric columns first, then text columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transformer {
    /// Columns in feature order.
    pub inputs: Vec<Input>,
}

impl Transformer {
    /// Number of features.
    pub fn n_features(&self) -> usize {
        self.inputs.iter().map(Input::width).sum()
    }

    /// Whether every step fits its column's kind, numeric columns come first, names and categories are distinct, and every
    /// number can be worked with.
    pub fn is_sound(&self) -> bool {
        let names: HashSet<&str> = self.inputs.iter().map(|it| it.name.as_str()).collect();
        let first_text = self.inputs.iter().position(|it| !is_numeric(it.kind));
        let is_ordered = first_text.is_none_or(|at| {
            let after = &self.inputs[at..];
            after.iter().all(|input| !is_numeric(input.kind))
        });
        let steps_fit = self.inputs.iter().all(|input| match &input.step {
            Step::Scale { mean, scale } => {
                is_numeric(input.kind) && mean.is_finite() && scale.is_finite() && *scale > 0.0
            }
            Step::OneHot { categories } => {
                !is_numeric(input.kind) && index_of(categories).len() == categories.len()
            }
        });
        names.len() == self.inputs.len() && is_ordered && steps_fit
    }

    /// Number of leading features that are plain numbers.
    pub fn n_dense(&self) -> usize {
        self.inputs
            .iter()
            .filter(|input| is_numeric(input.kind))
            .count()
    }

    /// Name of every feature, `column` or `column=category`.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.n_features());
        for input in &self.inputs {
            match &input.step {
                Step::Scale { .. } => names.push(input.name.clone()),
                Step::OneHot { categories } => {
                    names.extend(
                        categories
                            .iter()
                            .map(|category| format!("{}={category}", input.name)),
                    );
                    names.push(format!("{}=<missing>", input.name));
                    names.push(format!("{}=<other>", input.name));
                }
            }
        }
        names
    }

    /// Looks at the rows of a frame through this transformer.
    ///
    /// # Errors
    /// All missing columns at once.
    pub fn view<'a>(&'a self, frame: &'a DataFrame, rows: &'a [u32]) -> Result<View<'a>, Error> {
        let missing: Vec<_> = self
            .inputs
            .iter()
            .filter(|input| frame.column(&input.name).is_err())
            .map(|input| input.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Error::MissingColumns(missing));
        }
        let mut offset = 0;
        let mut numbers = Vec::new();
        let mut texts = Vec::new();
        for input in &self.inputs {
            let column = frame
                .column(&input.name)
                .map_err(|_| Error::MissingColumns(vec![input.name.clone()]))?;
            let cells = Cells::of(column)?;
            match &input.step {
                Step::Scale { mean, scale } => {
                    numbers.push((cells, *mean, (1.0 / scale).min(f64::MAX)))
                }
                Step::OneHot { categories } => texts.push(TextColumn {
                    cells,
                    offset: offset as u32,
                    index: index_of(categories),
                }),
            }
            offset += input.width();
        }
        Ok(View {
            rows,
            n_features: offset,
            numbers,
            texts,
        })
    }
}

/// Category → position.
pub fn index_of(categories: &[String]) -> HashMap<&str, u32> {
    categories
        .iter()
        .enumerate()
        .map(|(position, category)| (category.as_str(), position as u32))
        .collect()
}

struct TextColumn<'a> {
    cells: Cells<'a>,
    offset: u32,
    index: HashMap<&'a str, u32>,
}

impl TextColumn<'_> {
    fn feature(&self, row: usize) -> u32 {
        let n = self.index.len() as u32;
        self.offset
            + match self.cells.text(row) {
                None => n,
                Some(text) => self.index.get(text.as_ref()).copied().unwrap_or(n + 1),
            }
    }
}

/// Some rows of a frame, seen as features, without a matrix of them all.
pub struct View<'a> {
    rows: &'a [u32],
    n_features: usize,
    /// Cells, mean, 1 / scale.
    numbers: Vec<(Cells<'a>, f64, f64)>,
    texts: Vec<TextColumn<'a>>,
}

/// The features of a stretch of rows: numbers as a dense row-major block, each text column as the index of its one
/// feature that is 1.
#[derive(Debug, Default, Clone)]
pub struct Chunk {
    /// Rows in the chunk.
    pub n_rows: usize,
    /// `(n_rows, n_dense)` row-major.
    pub dense: Vec<f64>,
    /// `(n_rows, n_text)` row-major feature indices.
    pub ones: Vec<u32>,
    /// `(n_rows + 1)` where each row's stretch of `sparse` begins; empty where no column has sparse features.
    pub sparse_starts: Vec<u32>,
    /// `(feature, value)` of the features of texts that are not 0.
    pub sparse: Vec<(u32, f32)>,
}

impl View<'_> {
    /// Rows seen.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// Features of each row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Leading features that are plain numbers.
    pub fn n_dense(&self) -> usize {
        self.numbers.len()
    }

    /// Text columns, each of which has exactly one feature that is 1.
    pub fn n_text(&self) -> usize {
        self.texts.len()
    }

    /// The frame rows seen.
    pub fn rows(&self) -> &[u32] {
        self.rows
    }

    /// Fills `chunk` with the features of rows `start..end` of the view.
    pub fn fill(&self, start: usize, end: usize, chunk: &mut Chunk) {
        let rows = &self.rows[start..end];
        let (n_dense, n_text) = (self.numbers.len(), self.texts.len());
        chunk.n_rows = rows.len();
        chunk.dense.clear();
        chunk.dense.resize(rows.len() * n_dense, 0.0);
        for (column, (cells, mean, per_scale)) in self.numbers.iter().enumerate() {
            let slots = chunk.dense[column..].iter_mut().step_by(n_dense);
            // The common case in a loop of its own, which the compiler keeps tight; it gives the same as the other.
            if let Cells::Float(values, validity) = cells {
                for (slot, &row) in slots.zip(rows) {
                    let row = row as usize;
                    let number = values[row];
                    if number.is_finite() && validity.is_none_or(|bits| bits.get_bit(row)) {
                        *slot = scaled(number, *mean, *per_scale);
                    }
                }
                continue;
            }
            for (slot, &row) in slots.zip(rows) {
                if let Some(number) = cells.number(row as usize) {
                    *slot = scaled(number, *mean, *per_scale);
                }
            }
        }
        chunk.ones.clear();
        chunk.ones.resize(rows.len() * n_text, 0);
        for (column, text) in self.texts.iter().enumerate() {
            for (at, &row) in rows.iter().enumerate() {
                chunk.ones[at * n_text + column] = text.feature(row as usize);
            }
        }
    }

    /// All rows as a dense matrix `(n_rows, n_features)` row-major. For small data and for looking at.
    pub fn dense(&self) -> Vec<f64> {
        let all: Vec<u32> = (0..self.n_rows() as u32).collect();
        self.dense_of(&all)
    }

    /// Chosen rows of the view as a dense matrix `(picked.len(), n_features)` row-major.
    pub fn dense_of(&self, picked: &[u32]) -> Vec<f64> {
        let n_dense = self.n_dense();
        let mut matrix = vec![0.0; picked.len() * self.n_features];
        for (features, &at) in matrix.chunks_mut(self.n_features.max(1)).zip(picked) {
            let row = self.rows[at as usize] as usize;
            for (slot, (cells, mean, per_scale)) in
                features[..n_dense].iter_mut().zip(&self.numbers)
            {
                *slot = cells
                    .number(row)
                    .map_or(0.0, |number| scaled(number, *mean, *per_scale));
            }
            for text in &self.texts {
                features[text.feature(row) as usize] = 1.0;
            }
        }
        matrix
    }
}

/// The standardised number: the one formula of training. `per_scale` is `1 / scale`, since divisions are slow.
#[inline]
pub fn scaled(number: f64, mean: f64, per_scale: f64) -> f64 {
    let distance = number - mean;
    if distance.is_finite() {
        distance * per_scale
    } else {
        // Two numbers near 1e308 on both sides of zero: each alone is a few scales.
        number * per_scale - mean * per_scale
    }
}
