//! Records of JSON to columns, each of the kind that takes all of its cells.

use std::collections::{HashMap, HashSet};

use polars::prelude::{self as pl, IntoColumn as _, NewChunkedArray as _};
use serde_json::Value;

use super::cells::{Nulls, Parsed, parse_number, trim};
use super::json_keys::Record;
use super::schema::Kind;
use super::table::{Bad, Table, TableColumn};

/// The rows so far, in columns.
#[derive(Default)]
pub(super) struct Rows {
    pub columns: Vec<JsonColumn>,
    pub index: HashMap<String, usize>,
    pub rows: usize,
    /// Most rows times columns, where there is a bound.
    pub most_cells: Option<usize>,
    /// Columns that are not read: what is nested in them counts as missing.
    pub unread: HashSet<String>,
    /// Why a value is not a row, and where it stands.
    pub rejected: Option<(Bad, Option<u64>)>,
}

pub(super) struct JsonColumn {
    name: String,
    /// Row, counted from 1, that had it last.
    given: usize,
    cells: JsonCells,
    first_at: Option<u64>,
    text_at: Option<u64>,
}

enum JsonCells {
    Missing(usize),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
}

/// What is said of rows beyond their bound.
pub const TOO_MANY_CELLS: &str = "more cells than a request may have: rows times columns";

impl Rows {
    /// Rows times columns.
    pub fn n_cells(&self) -> usize {
        self.rows * self.columns.len()
    }

    /// Takes one row; a rejection is kept in `rejected`.
    pub fn push(&mut self, record: Record, at: Option<u64>) -> Result<(), &'static str> {
        let members = match record {
            Record::Members(members) => members,
            Record::List => {
                let reason = "a record that is a list: its values have no names; write objects, as pandas does with `orient=\"records\"`";
                self.rejected = Some((Bad::new(reason), at));
                return Err("rejected");
            }
            Record::Other => {
                self.rejected = Some((Bad::new("an element that is not an object"), at));
                return Err("rejected");
            }
        };
        if self.most_cells.is_some_and(|most| self.n_cells() > most) {
            self.rejected = Some((Bad::new(TOO_MANY_CELLS), at));
            return Err("rejected");
        }
        for (name, cell) in members {
            let is_nested = matches!(cell, Value::Array(_) | Value::Object(_));
            if is_nested && !self.unread.contains(&name) {
                let reason = "a nested value; flatten it, or name the column in drop";
                self.rejected = Some((Bad::new(reason).column(&name), at));
                return Err("rejected");
            }
            let cell = if is_nested { Value::Null } else { cell };
            let index = match self.index.get(&name) {
                Some(&index) => index,
                None => {
                    self.columns.push(JsonColumn {
                        name: name.clone(),
                        given: 0,
                        cells: JsonCells::Missing(self.rows),
                        first_at: None,
                        text_at: None,
                    });
                    self.index.insert(name, self.columns.len() - 1);
                    self.columns.len() - 1
                }
            };
            let column = &mut self.columns[index];
            if std::mem::replace(&mut column.given, self.rows + 1) == self.rows + 1 {
                let bad = Bad::new("a key that is there twice in one record; write it once");
                self.rejected = Some((bad.column(&column.name), at));
                return Err("rejected");
            }
            column.push(cell, at);
        }
        self.rows += 1;
        for column in &mut self.columns {
            column.cells.pad(self.rows);
        }
        Ok(())
    }

    pub fn finish(self) -> Table {
        let columns = self.columns.into_iter().map(JsonColumn::finish).collect();
        Table {
            columns,
            rows: self.rows,
            dropped: 0,
            text: None,
        }
    }
}

impl JsonColumn {
    fn push(&mut self, cell: Value, at: Option<u64>) {
        let kind = match &cell {
            Value::Bool(_) => Kind::Boolean,
            Value::Number(number) if number.as_i64().is_some() => Kind::Integer,
            // As in CSV: digits that a number would not keep apart are a text.
            Value::Number(number)
                if number.is_u64() && number.as_f64().map(|it| it as u64) != number.as_u64() =>
            {
                Kind::Text
            }
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::Text,
            // A missing cell is padded once the row is whole.
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        if self.first_at.is_none() {
            self.first_at = at;
        }
        let cells = std::mem::replace(&mut self.cells, JsonCells::Missing(0));
        self.cells = cells.widened_for(kind);
        if matches!(self.cells, JsonCells::Text(_)) && self.text_at.is_none() {
            self.text_at = at;
        }
        match (&mut self.cells, cell) {
            (JsonCells::Integer(cells), Value::Number(number)) => cells.push(number.as_i64()),
            (JsonCells::Number(cells), Value::Number(number)) => cells.push(number.as_f64()),
            (JsonCells::Boolean(cells), Value::Bool(value)) => cells.push(Some(value)),
            (JsonCells::Text(cells), Value::String(text)) => {
                cells.push(Some(text).filter(|text| !text.trim().is_empty()));
            }
            (JsonCells::Text(cells), other) => cells.push(Some(other.to_string())),
            _ => {}
        }
    }

    fn finish(self) -> TableColumn {
        let name: pl::PlSmallStr = self.name.as_str().into();
        let (kind, cells) = match self.cells {
            JsonCells::Missing(rows) => (
                None,
                pl::Series::full_null(name, rows, &pl::DataType::Float64).into_column(),
            ),
            JsonCells::Integer(cells) => (
                Some(Kind::Integer),
                pl::Int64Chunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            JsonCells::Number(cells) => (
                Some(Kind::Number),
                pl::Float64Chunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            JsonCells::Boolean(cells) => (
                Some(Kind::Boolean),
                pl::BooleanChunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            JsonCells::Text(cells) => (
                Some(Kind::Text),
                pl::StringChunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
        };
        TableColumn {
            name: self.name,
            kind,
            cells,
            non_finite: 0,
            first_at: self.first_at,
            text_at: self.text_at,
            hint: None,
        }
    }
}

impl JsonCells {
    fn pad(&mut self, rows: usize) {
        match self {
            JsonCells::Missing(own) => *own = rows,
            JsonCells::Integer(cells) => cells.resize(rows, None),
            JsonCells::Number(cells) => cells.resize(rows, None),
            JsonCells::Boolean(cells) => cells.resize(rows, None),
            JsonCells::Text(cells) => cells.resize(rows, None),
        }
    }

    /// The same cells in a kind that also takes `kind`.
    fn widened_for(self, kind: Kind) -> JsonCells {
        match (self, kind) {
            (JsonCells::Missing(rows), Kind::Integer) => JsonCells::Integer(vec![None; rows]),
            (JsonCells::Missing(rows), Kind::Number) => JsonCells::Number(vec![None; rows]),
            (JsonCells::Missing(rows), Kind::Boolean) => JsonCells::Boolean(vec![None; rows]),
            (JsonCells::Missing(rows), Kind::Text) => JsonCells::Text(vec![None; rows]),
            (JsonCells::Integer(cells), Kind::Number) => JsonCells::Number(
                cells
                    .into_iter()
                    .map(|cell| cell.map(|value| value as f64))
                    .collect(),
            ),
            (JsonCells::Integer(cells), Kind::Boolean | Kind::Text) => {
                JsonCells::Text(as_text(cells))
            }
            (JsonCells::Number(cells), Kind::Boolean | Kind::Text) => {
                JsonCells::Text(as_text(cells))
            }
            (JsonCells::Boolean(cells), Kind::Integer | Kind::Number | Kind::Text) => {
                JsonCells::Text(as_text(cells))
            }
            (cells, _) => cells,
        }
    }
}

fn as_text<T: ToString>(cells: Vec<Option<T>>) -> Vec<Option<String>> {
    cells
        .into_iter()
        .map(|cell| cell.map(|value| value.to_string()))
        .collect()
}

/// Makes numbers of a column of texts that all read as such, besides those that mean missing.
pub(super) fn as_numbers(column: &mut TableColumn, nulls: &Nulls) {
    let Ok(texts) = column.cells.str() else {
        return;
    };
    let cells = || {
        texts
            .iter()
            .flatten()
            .map(|text| trim(text.as_bytes()))
            .filter(|cell| !nulls.contains(cell))
    };
    let mut kind = None;
    for cell in cells() {
        kind = match (kind, parse_number(cell)) {
            (_, None) => return,
            (Some(Kind::Number), _) | (_, Some(Parsed::Number(_))) => Some(Kind::Number),
            (_, Some(Parsed::Integer(_))) => Some(Kind::Integer),
        };
    }
    let number = |text: Option<&str>| {
        parse_number(trim(text?.as_bytes()))
            .filter(|_| !nulls.contains(trim(text.unwrap_or_default().as_bytes())))
    };
    let name = texts.name().clone();
    let cells = match kind {
        None => return,
        Some(Kind::Integer) => pl::Int64Chunked::from_iter_options(
            name,
            texts.iter().map(|text| match number(text)? {
                Parsed::Integer(value) => Some(value),
                Parsed::Number(_) => None,
            }),
        )
        .into_column(),
        Some(_) => {
            let value = |text: Option<&str>| match number(text)? {
                Parsed::Integer(value) => Some(value as f64),
                Parsed::Number(value) => Some(value),
            };
            let strange = texts
                .iter()
                .filter(|text| value(*text).is_some_and(|it| !it.is_finite()));
            column.non_finite += strange.count() as u64;
            pl::Float64Chunked::from_iter_options(
                name,
                texts
                    .iter()
                    .map(|text| value(text).filter(|it| it.is_finite())),
            )
            .into_column()
        }
    };
    column.kind = kind;
    column.cells = cells;
    column.text_at = None;
}
