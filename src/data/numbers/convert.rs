//! The cells of a column of texts as numbers of a form, and what is none.

use std::collections::BTreeMap;

use polars::prelude::{self as pl, IntoColumn as _, NewChunkedArray as _};

use super::super::schema::Kind;
use super::form::{CellRead, NumberForm};
use super::words::looks_like;

/// Where something stands: file and row.
pub(super) type Place = (usize, usize);

/// Cells of a column that are not numbers.
#[derive(Default)]
pub(super) struct Odd {
    pub(super) n: u64,
    pub(super) first: Option<Place>,
    /// What they look like, or are where they are marks.
    pub(super) looks: BTreeMap<String, u64>,
}

/// A column of texts as numbers.
pub(super) struct Converted {
    pub(super) cells: pl::Column,
    pub(super) kind: Option<Kind>,
    pub(super) numbers: u64,
    pub(super) markers: Odd,
    pub(super) others: Odd,
    pub(super) non_finite: u64,
}

/// Reads all cells of a column of texts by a form.
pub(super) fn convert(at: usize, cells: &pl::StringChunked, form: &NumberForm) -> Converted {
    // Marks are told apart from what is not a number, whether they were seen before or not.
    let form = NumberForm {
        markers: true,
        ..form.clone()
    };
    let mut integers: Option<Vec<Option<i64>>> = Some(Vec::with_capacity(cells.len()));
    let mut numbers: Vec<Option<f64>> = Vec::with_capacity(cells.len());
    let (mut markers, mut others) = (Odd::default(), Odd::default());
    let (mut read, mut non_finite) = (0, 0);
    for (row, text) in cells.iter().enumerate() {
        let Some(text) = text else {
            numbers.push(None);
            integers.iter_mut().for_each(|it| it.push(None));
            continue;
        };
        let (integer, number) = match form.read(text) {
            CellRead::Integer(value) => (Some(value), Some(value as f64)),
            CellRead::Number(value) if value.is_finite() => {
                integers = None;
                (None, Some(value))
            }
            CellRead::Number(_) => {
                non_finite += 1;
                (None, None)
            }
            CellRead::Missing => {
                markers.add(
                    (at, row),
                    format!("`{}`", super::super::cells::trim_text(text)),
                );
                (None, None)
            }
            CellRead::Unreadable => {
                others.add((at, row), looks_like(text).to_string());
                (None, None)
            }
        };
        read += u64::from(number.is_some());
        numbers.push(number);
        integers.iter_mut().for_each(|it| it.push(integer));
    }
    let name = cells.name().clone();
    let (kind, column) = match integers {
        _ if read == 0 => (
            None,
            pl::Float64Chunked::from_iter_options(name, numbers.into_iter()).into_column(),
        ),
        Some(integers) => (
            Some(Kind::Integer),
            pl::Int64Chunked::from_iter_options(name, integers.into_iter()).into_column(),
        ),
        None => (
            Some(Kind::Number),
            pl::Float64Chunked::from_iter_options(name, numbers.into_iter()).into_column(),
        ),
    };
    Converted {
        cells: column,
        kind,
        numbers: read,
        markers,
        others,
        non_finite,
    }
}

impl Odd {
    pub(super) fn add(&mut self, place: Place, looks: String) {
        self.n += 1;
        self.first = self.first.or(Some(place));
        // Marks are few, and forms are a closed set; still no file may make this grow.
        if self.looks.len() < 12 || self.looks.contains_key(&looks) {
            *self.looks.entry(looks).or_default() += 1;
        }
    }

    /// Removes one that is reported elsewhere.
    pub(super) fn forget(&mut self, place: Place) {
        if self.first == Some(place) {
            self.n -= 1;
            self.first = None;
        }
    }

    pub(super) fn join(&mut self, other: &Odd) {
        if other.n == 0 {
            return;
        }
        self.n += other.n;
        self.first = self.first.or(other.first);
        for (looks, n) in &other.looks {
            *self.looks.entry(looks.clone()).or_default() += n;
        }
    }

    pub(super) fn listed(&self) -> String {
        let looks: Vec<&str> = self.looks.keys().take(5).map(String::as_str).collect();
        looks.join(", ")
    }
}
