//! Rows to counters.

use super::column::{Answered, Column, Measure};
use super::layout::{Labels, Layout};
use super::words;

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
