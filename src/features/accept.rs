//! Which cells a column takes. Training reads what is there; a request and `predict` reject what the column cannot be, by the
//! one rule that stands here: how the training data was read, whatever else a cell or its file may look like.

use std::collections::BTreeMap;

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
