//! Which cells a column takes. Training reads what is there; a request and `predict` reject what the column cannot be, by the
//! one rule that stands here: how the training data was read, whatever else a cell or its file may look like.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame};

use super::Transformer;
use super::cell::CellRef;
use crate::data::{CellRead, Kind, NumberForm, TimeForm, trim_text};

/// The cell as a version takes it; `None` when it cannot. A text in a column of numbers is read in the form that the training
/// data has (`reading`; else as a plain number), and counts as missing where it is blank, one of `nulls` or not finite, as in
/// training.
#[inline]
pub fn taken<'c>(
    kind: Kind,
    reading: Option<&NumberForm>,
    nulls: &[String],
    cell: CellRef<'c>,
) -> Option<CellRef<'c>> {
    match (kind, cell) {
        (Kind::Integer | Kind::Number, CellRef::Text(text)) => number_in(text, reading, nulls),
        _ => fitting(kind, cell),
    }
}

fn number_in<'c>(
    text: &'c str,
    reading: Option<&NumberForm>,
    nulls: &[String],
) -> Option<CellRef<'c>> {
    let trimmed = trim_text(text);
    if trimmed.is_empty() || nulls.iter().any(|null| null.trim() == trimmed) {
        return Some(CellRef::Missing);
    }
    let finite = |number: f64| {
        if number.is_finite() {
            CellRef::Number(number)
        } else {
            CellRef::Missing
        }
    };
    let Some(form) = reading else {
        return match (trimmed.parse(), trimmed.parse()) {
            (Ok(whole), _) => Some(CellRef::Integer(whole)),
            (_, Ok(number)) => Some(finite(number)),
            _ => None,
        };
    };
    match form.read_alone(text) {
        CellRead::Integer(number) => Some(CellRef::Integer(number)),
        CellRead::Number(number) => Some(finite(number)),
        CellRead::Missing => Some(CellRef::Missing),
        CellRead::Unreadable => None,
    }
}

/// The cell as its column takes it; `None` when it cannot.
#[inline]
fn fitting(kind: Kind, cell: CellRef<'_>) -> Option<CellRef<'_>> {
    match (kind, cell) {
        (_, CellRef::Missing) | (Kind::Text, _) => Some(cell),
        (Kind::Boolean, CellRef::Boolean(_)) => Some(cell),
        (Kind::Boolean, CellRef::Text(text)) => match text.trim() {
            text if text.eq_ignore_ascii_case("true") => Some(CellRef::Boolean(true)),
            text if text.eq_ignore_ascii_case("false") => Some(CellRef::Boolean(false)),
            _ => None,
        },
        (Kind::Boolean, number) => {
            let flag = number.number();
            flag.filter(|&it| it == 0.0 || it == 1.0).map(|_| number)
        }
        (Kind::Integer | Kind::Number, CellRef::Boolean(_)) => None,
        (Kind::Integer | Kind::Number, cell) => cell.number().map(|_| cell),
    }
}

/// What a column of the data takes, in words.
pub fn wanted(kind: Kind, time: Option<&TimeForm>) -> String {
    let is_numeric = super::is_encoded_as_number(kind);
    match (kind, time) {
        (_, Some(form)) => format!("a time is expected: {}", form.says(is_numeric)),
        (Kind::Integer | Kind::Number, None) => "a number is expected".to_string(),
        (Kind::Boolean, None) => "true or false is expected".to_string(),
        (Kind::Text, None) => "a text is expected".to_string(),
    }
}

impl CellRef<'_> {
    /// Whether it is missing, or a time in the form of its column.
    pub fn is_time(self, kind: Kind, form: &TimeForm) -> bool {
        match (kind, self) {
            (_, CellRef::Missing) => true,
            (Kind::Text, cell) => cell.text().is_none_or(|text| form.text(&text).is_some()),
            (_, CellRef::Integer(number)) => form.unit.integer(number).is_some(),
            (_, cell) => cell
                .number()
                .is_none_or(|it| form.unit.number(it).is_some()),
        }
    }
}

/// A column of the data that a model reads, and what its cells must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Reads {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: Kind,
    /// How they are read as times, where they are.
    pub time: Option<TimeForm>,
    /// How its numbers are written, where they are not plain.
    pub reading: Option<NumberForm>,
}

impl Reads {
    /// Whether the column takes the cell.
    pub fn takes(&self, nulls: &[String], cell: CellRef<'_>) -> bool {
        let Some(cell) = taken(self.kind, self.reading.as_ref(), nulls, cell) else {
            return false;
        };
        self.time
            .as_ref()
            .is_none_or(|form| cell.is_time(self.kind, form))
    }
}

impl Transformer {
    /// The columns of the data that rows must have; `reading` is how the version's numbers are written.
    pub fn reads(&self, reading: &BTreeMap<String, NumberForm>) -> Vec<Reads> {
        let form = |name: &str, kind: Kind| {
            let form = reading.get(name).filter(|_| kind.is_numeric());
            form.cloned()
        };
        if self.prepare.is_empty() {
            let inputs = self.inputs.iter();
            let reads = inputs.map(|input| Reads {
                name: input.name.clone(),
                kind: input.kind,
                time: None,
                reading: form(&input.name, input.kind),
            });
            return reads.collect();
        }
        let raw = self.prepare.raw.iter();
        let reads = raw.map(|column| Reads {
            name: column.name.clone(),
            kind: column.kind,
            time: self.prepare.time_of(&column.name),
            reading: form(&column.name, column.kind),
        });
        reads.collect()
    }
}

/// The cells of a column that it does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The column.
    pub column: String,
    /// What it takes, in words.
    pub wanted: String,
    /// The rows of such cells, ascending, from 0.
    pub rows: Vec<u32>,
    /// Cells that are not missing.
    pub of: u64,
}

impl Unreadable {
    /// Whether there is no cell that can be read.
    pub fn is_whole(&self) -> bool {
        self.rows.len() as u64 == self.of
    }

    /// One line, without a cell.
    pub fn says(&self) -> String {
        let Unreadable {
            column,
            wanted,
            rows,
            of,
        } = self;
        if self.is_whole() {
            format!("no cell of `{column}` can be read ({wanted})")
        } else {
            format!(
                "{} of {of} cells of `{column}` cannot be read ({wanted})",
                rows.len()
            )
        }
    }
}

/// What of a frame the columns do not take; a column that is not there has no such cell.
pub fn unreadable(frame: &DataFrame, reads: &[Reads], nulls: &[String]) -> Vec<Unreadable> {
    let look = |read: &Reads| {
        let column = frame.column(&read.name).ok()?;
        let found = Kind::of(column.dtype());
        let is_plain = read.time.is_none() && (read.kind == Kind::Text || found == Some(read.kind));
        let is_number = read.time.is_none()
            && read.kind != Kind::Boolean
            && found.is_some_and(Kind::is_numeric);
        if is_plain || is_number {
            return None;
        }
        let column = column.rechunk();
        let cells = super::Cells::of(&column).ok()?;
        let mut rows = Vec::new();
        for row in 0..column.len() {
            if !read.takes(nulls, cells.cell(row).by_ref()) {
                rows.push(row as u32);
            }
        }
        let of = (column.len() - column.null_count()) as u64;
        let found = Unreadable {
            column: read.name.clone(),
            wanted: wanted(read.kind, read.time.as_ref()),
            rows,
            of,
        };
        (!found.rows.is_empty()).then_some(found)
    };
    reads.iter().filter_map(look).collect()
}

/// The frame with columns of texts as numbers where numbers are read: what their columns do not take is missing.
///
/// # Errors
/// When a column is of a type that ingest never makes.
pub fn as_taken(
    frame: DataFrame,
    reads: &[Reads],
    nulls: &[String],
) -> Result<DataFrame, super::Error> {
    let mut frame = frame;
    for read in reads {
        let Ok(column) = frame.column(&read.name) else {
            continue;
        };
        let is_text = Kind::of(column.dtype()) == Some(Kind::Text);
        if !is_text || !matches!(read.kind, Kind::Integer | Kind::Number) {
            continue;
        }
        let column = column.rechunk();
        let cells = super::Cells::of(&column)?;
        let mut whole: Vec<Option<i64>> = Vec::with_capacity(column.len());
        let mut numbers: Vec<Option<f64>> = Vec::with_capacity(column.len());
        let mut is_whole = true;
        for row in 0..column.len() {
            let cell = cells.cell(row);
            let taken = taken(read.kind, read.reading.as_ref(), nulls, cell.by_ref());
            match taken {
                Some(CellRef::Integer(number)) => {
                    whole.push(Some(number));
                    numbers.push(Some(number as f64));
                }
                taken => {
                    let number = taken.and_then(CellRef::number);
                    is_whole &= number.is_none();
                    whole.push(None);
                    numbers.push(number);
                }
            }
        }
        let name = read.name.as_str().into();
        let made = if is_whole && read.kind == Kind::Integer {
            Column::new(name, whole)
        } else {
            Column::new(name, numbers)
        };
        frame
            .with_column(made)
            .map_err(|_| super::Error::MissingColumns(vec![read.name.clone()]))?;
    }
    Ok(frame)
}
