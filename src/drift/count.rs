//! Rows to counters.

use std::borrow::Cow;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::column::{Answered, Column, Measure, Reference};
use super::counts::Counts;
use super::layout::{Edges, Labels, Layout};
use super::words;
use crate::data::Kind;
use crate::features::{Cells, label_of};

/// Where answers are counted.
pub fn count_answers(layout: &Layout, answered: Answered<'_>, counts: &mut [u64]) {
    match answered {
        Answered::Numbers(numbers) => {
            for number in numbers {
                let number = Some(*number).filter(|it| it.is_finite());
                counts[layout.place_number(number)] += 1;
            }
        }
        Answered::Classes(labels, classes) => {
            let of = Labels::of(layout);
            let places: Vec<usize> = classes.iter().map(|class| of.place(Some(class))).collect();
            for label in labels {
                if let Some(&place) = places.get(*label as usize) {
                    counts[place] += 1;
                }
            }
        }
    }
}

/// A cell on its way to being counted.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// Nothing there.
    Missing,
    /// A number.
    Number(f64),
    /// A category or a text.
    Text(&'a str),
}

/// Where a cell is counted in a column, whose categories `labels` finds.
pub fn place(column: &Column, labels: &Labels, seen: Seen<'_>) -> usize {
    match (column.measure, seen) {
        (_, Seen::Missing) => super::layout::MISSING,
        (Measure::Number, Seen::Number(number)) => column
            .layout
            .place_number(Some(number).filter(|it| it.is_finite())),
        (Measure::Length, Seen::Text(text)) => {
            column.layout.place_number(Some(words::length(text)))
        }
        (Measure::UnknownWords, Seen::Text(text)) => column
            .layout
            .place_number(words::unknown_share(&column.words, text)),
        (Measure::Category, Seen::Text(text)) => labels.place(Some(text)),
        // Not how such a column is read.
        (_, Seen::Number(_) | Seen::Text(_)) => super::layout::MISSING,
    }
}

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
