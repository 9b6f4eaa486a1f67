//! Rows of frames to counters.

use std::borrow::Cow;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::column::{Measure, Reference};
use super::count::{Seen, place};
use super::counts::Counts;
use super::layout::{Edges, Labels};
use crate::data::Kind;
use crate::features::{Cells, label_of};

/// Counts rows in the bins of a reference.
pub struct Binner<'a> {
    reference: &'a Reference,
    labels: Vec<Labels>,
}

impl<'a> Binner<'a> {
    /// Makes the look-ups.
    pub fn new(reference: &'a Reference) -> Binner<'a> {
        let columns = reference.columns.iter();
        Binner {
            labels: columns.map(|column| Labels::of(&column.layout)).collect(),
            reference,
        }
    }

    /// Where a cell is counted in the column at a position of the reference.
    fn place(&self, position: usize, seen: Seen<'_>) -> usize {
        place(
            &self.reference.columns[position],
            &self.labels[position],
            seen,
        )
    }

    /// Adds all rows of a frame. A column that is not there, or is of another type, counts nothing.
    pub fn count(&self, frame: &DataFrame, counts: &mut Counts) {
        counts.rows += frame.height() as u64;
        let columns = self.reference.columns.par_iter().enumerate();
        columns
            .zip(&mut counts.columns)
            .for_each(|((position, column), counts)| {
                let cells = frame.column(&column.name).ok();
                if let Some(cells) = cells.and_then(|it| Cells::of(it).ok()) {
                    self.count_column(position, &cells, frame.height(), counts);
                }
            });
    }

    fn count_column(&self, position: usize, cells: &Cells<'_>, n_rows: usize, counts: &mut [u64]) {
        let column = &self.reference.columns[position];
        match column.measure {
            Measure::Number => {
                let mut missing = n_rows as u64;
                let mut count = |place: usize| {
                    counts[place] += 1;
                    missing -= 1;
                };
                match Edges::of(&column.layout) {
                    Some(edges) => {
                        cells.each_number(0..n_rows, |number| count(edges.place(number)));
                    }
                    None => cells.each_number(0..n_rows, |number| {
                        count(column.layout.place_number(Some(number)));
                    }),
                }
                counts[super::layout::MISSING] += missing;
            }
            Measure::Category if !column.is_of_numbers => {
                let encoded = cells.encode(n_rows);
                let labels = &self.labels[position];
                let distinct = encoded.distinct.iter();
                let places: Vec<usize> = distinct.map(|label| labels.place(Some(label))).collect();
                for code in encoded.codes {
                    counts[code.map_or(super::layout::MISSING, |code| places[code as usize])] += 1;
                }
            }
            Measure::Category | Measure::Length | Measure::UnknownWords => {
                for row in 0..n_rows {
                    let text: Option<Cow<'_, str>> = match column.measure {
                        Measure::Category => label_of(cells, Kind::Number, row),
                        _ => cells.text(row),
                    };
                    let seen = text.as_deref().map_or(Seen::Missing, Seen::Text);
                    counts[self.place(position, seen)] += 1;
                }
            }
        }
    }
}
