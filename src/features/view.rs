//! Some rows of a frame, seen as features chunk by chunk.

use std::collections::HashMap;

use polars::prelude::DataFrame;

use super::cells::label_of;
use super::step::{Step, index_of, known_label};
use super::text::Grams;
use super::{Cells, Error, Transformer, scaled};
use crate::data::Kind;

/// Some rows of a frame, seen as features, without a matrix of them all.
pub struct View<'a> {
    rows: &'a [u32],
    n_features: usize,
    n_dense: usize,
    dense: Vec<DenseColumn<'a>>,
    ones: Vec<Categories<'a>>,
    texts: Vec<TextColumn<'a>>,
}

/// The features of a stretch of rows: numbers as a dense row-major block, each one-hot column as the index of its one
/// feature that is 1, texts as what is in them.
#[derive(Debug, Default, Clone)]
pub struct Chunk {
    /// Rows in the chunk.
    pub n_rows: usize,
    /// `(n_rows, n_dense)` row-major.
    pub dense: Vec<f64>,
    /// `(n_rows, n_one_hot)` row-major feature indices.
    pub ones: Vec<u32>,
    /// `(n_rows + 1)` where each row's stretch of `sparse` begins; empty where no column has sparse features.
    pub sparse_starts: Vec<u32>,
    /// `(feature, value)` of the features of texts that are not 0, ascending within a column.
    pub sparse: Vec<(u32, f32)>,
}

/// A column of plain numbers and where its features begin.
struct DenseColumn<'a> {
    at: usize,
    source: Source<'a>,
}

enum Source<'a> {
    Number {
        cells: Cells<'a>,
        mean: f64,
        per_scale: f64,
        missing: f64,
        indicator: bool,
    },
    /// `(places, width)` row-major: what each place becomes.
    Table {
        cells: Categories<'a>,
        table: Vec<f64>,
        width: usize,
    },
    /// `(rows of the view, width)` row-major: numbers that are there already.
    Given { values: &'a [f64], width: usize },
}

/// A column of categories: its cells are known by their place.
struct Categories<'a> {
    cells: Cells<'a>,
    kind: Kind,
    offset: u32,
    index: HashMap<&'a str, u32>,
}

impl Categories<'_> {
    fn place(&self, row: usize) -> u32 {
        let n = self.index.len() as u32;
        match label_of(&self.cells, self.kind, row) {
            None => n,
            Some(label) => {
                known_label(|label| self.index.get(label).copied(), &label).unwrap_or(n + 1)
            }
        }
    }
}

struct TextColumn<'a> {
    cells: Cells<'a>,
    offset: u32,
    grams: Grams,
}

impl Transformer {
    /// Looks at the rows of a prepared frame through this transformer.
    ///
    /// # Errors
    /// All missing columns at once.
    pub fn view<'a>(&'a self, frame: &'a DataFrame, rows: &'a [u32]) -> Result<View<'a>, Error> {
        View::new(self, frame, rows)
    }
}

impl<'a> View<'a> {
    /// Looks at the rows of a prepared frame.
    pub(super) fn new(
        transformer: &'a Transformer,
        frame: &'a DataFrame,
        rows: &'a [u32],
    ) -> Result<Self, Error> {
        let missing: Vec<_> = transformer
            .inputs
            .iter()
            .filter(|input| frame.column(&input.name).is_err())
            .map(|input| input.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(Error::MissingColumns(missing));
        }
        let mut offset = 0;
        let (mut dense, mut ones, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for input in &transformer.inputs {
            let column = frame
                .column(&input.name)
                .map_err(|_| Error::MissingColumns(vec![input.name.clone()]))?;
            let cells = Cells::of(column)?;
            let categories = |categories: &'a [String]| Categories {
                cells,
                kind: input.kind,
                offset: offset as u32,
                index: index_of(categories),
            };
            match &input.step {
                step @ (Step::Scale { .. } | Step::Number { .. }) => {
                    let (mean, per_scale, missing, indicator) =
                        step.number().unwrap_or((0.0, 1.0, 0.0, false));
                    let source = Source::Number {
                        cells,
                        mean,
                        per_scale,
                        missing,
                        indicator,
                    };
                    dense.push(DenseColumn { at: offset, source });
                }
                step @ (Step::Ordinal {
                    categories: known, ..
                }
                | Step::TargetMean {
                    categories: known, ..
                }) => {
                    let source = Source::Table {
                        cells: categories(known),
                        table: step.table().unwrap_or_default(),
                        width: step.width(),
                    };
                    dense.push(DenseColumn { at: offset, source });
                }
                Step::OneHot { categories: known } => ones.push(categories(known)),
                Step::Text { blocks } => texts.push(TextColumn {
                    cells,
                    offset: offset as u32,
                    grams: Grams::new(blocks),
                }),
            }
            offset += input.width();
        }
        Ok(View {
            rows,
            n_features: offset,
            n_dense: transformer.n_dense(),
            dense,
            ones,
            texts,
        })
    }

    /// Puts numbers in the place of what the dense column that begins at a feature would give: `(n_rows, width)` row-major.
    pub(super) fn give(&mut self, at: usize, values: &'a [f64], width: usize) {
        if let Some(column) = self.dense.iter_mut().find(|column| column.at == at) {
            column.source = Source::Given { values, width };
        }
    }

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
        self.n_dense
    }

    /// One-hot columns, each of which has exactly one feature that is 1.
    pub fn n_one_hot(&self) -> usize {
        self.ones.len()
    }

    /// First feature and width of each one-hot column, in their order.
    pub fn one_hot_blocks(&self) -> Vec<(u32, u32)> {
        let block = |column: &Categories<'_>| (column.offset, column.index.len() as u32 + 2);
        self.ones.iter().map(block).collect()
    }

    /// Whether there are columns whose features are in [`Chunk::sparse`].
    pub fn has_sparse(&self) -> bool {
        !self.texts.is_empty()
    }

    /// The frame rows seen.
    pub fn rows(&self) -> &[u32] {
        self.rows
    }

    /// Fills `chunk` with the features of rows `start..end` of the view.
    pub fn fill(&self, start: usize, end: usize, chunk: &mut Chunk) {
        let rows = &self.rows[start..end];
        let (n_dense, n_ones) = (self.n_dense, self.ones.len());
        chunk.n_rows = rows.len();
        chunk.dense.clear();
        chunk.dense.resize(rows.len() * n_dense, 0.0);
        for column in &self.dense {
            column.fill(start, rows, n_dense, &mut chunk.dense);
        }
        chunk.ones.clear();
        chunk.ones.resize(rows.len() * n_ones, 0);
        for (at_column, column) in self.ones.iter().enumerate() {
            for (at, &row) in rows.iter().enumerate() {
                chunk.ones[at * n_ones + at_column] = column.offset + column.place(row as usize);
            }
        }
        chunk.sparse.clear();
        chunk.sparse_starts.clear();
        if self.has_sparse() {
            let mut found = Vec::new();
            chunk.sparse_starts.push(0);
            for &row in rows {
                self.sparse(row as usize, &mut found, &mut chunk.sparse);
                chunk.sparse_starts.push(chunk.sparse.len() as u32);
            }
        }
    }

    fn sparse(&self, row: usize, found: &mut Vec<(u32, f32)>, into: &mut Vec<(u32, f32)>) {
        for column in &self.texts {
            if let Some(text) = column.cells.text(row) {
                column.grams.weigh(&text, found);
                into.extend(found.iter().map(|(at, value)| (column.offset + at, *value)));
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
        let mut matrix = vec![0.0; picked.len() * self.n_features];
        let (mut found, mut sparse) = (Vec::new(), Vec::new());
        for (features, &at) in matrix.chunks_mut(self.n_features.max(1)).zip(picked) {
            let row = self.rows[at as usize];
            for column in &self.dense {
                column.fill(at as usize, &[row], self.n_dense, features);
            }
            for column in &self.ones {
                features[(column.offset + column.place(row as usize)) as usize] = 1.0;
            }
            sparse.clear();
            self.sparse(row as usize, &mut found, &mut sparse);
            for (feature, value) in &sparse {
                features[*feature as usize] = f64::from(*value);
            }
        }
        matrix
    }
}

impl DenseColumn<'_> {
    /// Fills its features of some rows of a matrix of `n_dense` columns; `start` is the first one's place in the view.
    fn fill(&self, start: usize, rows: &[u32], n_dense: usize, matrix: &mut [f64]) {
        match &self.source {
            _ if rows.is_empty() => {}
            Source::Number {
                cells,
                mean,
                per_scale,
                missing,
                indicator,
            } => {
                let slots = matrix[self.at..].iter_mut().step_by(n_dense);
                // The common cases in loops of their own, which the compiler keeps tight; they give the same as the other.
                let step = |number: f64, is_there: bool| {
                    let is_there = is_there && number.is_finite();
                    if is_there {
                        scaled(number, *mean, *per_scale)
                    } else {
                        *missing
                    }
                };
                if let Cells::Float(values, None) = cells {
                    for (slot, &row) in slots.zip(rows) {
                        *slot = step(values[row as usize], true);
                    }
                } else if let Cells::Float(values, Some(bits)) = cells {
                    for (slot, &row) in slots.zip(rows) {
                        let row = row as usize;
                        *slot = step(values[row], bits.get_bit(row));
                    }
                } else {
                    for (slot, &row) in slots.zip(rows) {
                        let number = cells.number(row as usize);
                        *slot = number.map_or(*missing, |it| scaled(it, *mean, *per_scale));
                    }
                }
                if *indicator {
                    let slots = matrix[self.at + 1..].iter_mut().step_by(n_dense);
                    for (slot, &row) in slots.zip(rows) {
                        *slot = f64::from(cells.number(row as usize).is_none());
                    }
                }
            }
            Source::Table {
                cells,
                table,
                width,
            } => {
                for (at, &row) in rows.iter().enumerate() {
                    let place = cells.place(row as usize) as usize;
                    self.put(
                        at,
                        n_dense,
                        &table[place * width..(place + 1) * width],
                        matrix,
                    );
                }
            }
            Source::Given { values, width } => {
                for at in 0..rows.len() {
                    let from = (start + at) * width;
                    self.put(at, n_dense, &values[from..from + width], matrix);
                }
            }
        }
    }

    fn put(&self, row: usize, n_dense: usize, values: &[f64], matrix: &mut [f64]) {
        let begin = row * n_dense + self.at;
        matrix[begin..begin + values.len()].copy_from_slice(values);
    }
}
