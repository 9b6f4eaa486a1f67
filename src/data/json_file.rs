//! A JSON array of flat objects, or objects one after the other (NDJSON), to a table.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;

use polars::prelude::{self as pl, IntoColumn as _, NewChunkedArray as _};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, error::Category};

use super::schema::Kind;
use super::source;
use super::table::{Bad, Table, TableColumn, TableError, read_error};

/// Reads a JSON file, plain or packed.
pub(super) fn read_json(path: &Path) -> Result<Table, TableError> {
    let reader = source::open(path).map_err(|error| read_error(path, error))?;
    let mut reader = BufReader::with_capacity(1 << 18, reader);
    let (first, skipped) = first_byte(&mut reader).map_err(|error| read_error(path, error))?;
    let mut rows = Rows::default();
    let outcome = match first {
        None => return Err(Bad::new("file is empty").into()),
        Some(b'[') => read_array(reader, &mut rows),
        Some(_) => read_objects(reader, skipped, &mut rows),
    };
    outcome.map_err(|error| {
        let refused = rows.refused.take().map(|(bad, at)| {
            let line = at.and_then(|at| source::line_at(path, at));
            bad.line(line)
        });
        describe(path, error, refused)
    })?;
    if rows.columns.is_empty() {
        return Err(Bad::new("no object with a key is in the file").into());
    }
    Ok(rows.finish())
}

/// Tables out of JSON: an object of table name → list of flat objects, each list a table. Names of `at` (a file, a body) stand
/// in errors, cells do not.
///
/// # Errors
/// [`Error::BadFile`](super::Error::BadFile) when it is not of this form.
pub fn json_tables(
    at: &str,
    bytes: &[u8],
) -> Result<BTreeMap<String, pl::DataFrame>, super::Error> {
    struct Named<'a>(&'a mut Vec<(String, Rows)>);
    impl<'de> Visitor<'de> for Named<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of table name to list of objects")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(name) = map.next_key::<String>()? {
                if self.0.iter().any(|(known, _)| *known == name) {
                    return Err(A::Error::custom("a table stands there twice"));
                }
                self.0.push((name, Rows::default()));
                if let Some((_, rows)) = self.0.last_mut() {
                    map.next_value_seed(Elements(rows))?;
                }
            }
            Ok(())
        }
    }
    let mut tables = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = json
        .deserialize_map(Named(&mut tables))
        .and_then(|()| json.end());
    if let Err(error) = read {
        let line = (error.line() > 0).then_some(error.line() as u64);
        let refused = tables.last_mut().and_then(|(name, rows)| {
            let (bad, _) = rows.refused.take()?;
            let short = |name: &str| name.chars().take(64).collect::<String>();
            let reason = format!("{} in a record of {}", bad.reason, short(name));
            Some((reason, bad.column.as_deref().map(short)))
        });
        let (reason, column) = match (error.classify(), refused) {
            (_, Some(refused)) => refused,
            (Category::Eof, _) => ("it ends in the middle of a value".to_string(), None),
            (Category::Syntax | Category::Io, _) => ("it is not valid JSON".to_string(), None),
            (Category::Data, _) => {
                let form = "it is not an object of table name to list of objects, each table once";
                (form.to_string(), None)
            }
        };
        return Err(super::Error::BadFile {
            path: at.to_string(),
            line,
            column,
            reason,
        });
    }
    let framed = tables.into_iter().map(|(name, rows)| {
        let table = rows.finish();
        let columns = table.columns.into_iter().map(|column| column.cells);
        Ok((name, pl::DataFrame::new(table.rows, columns.collect())?))
    });
    framed.collect()
}

/// The elements of a list, each a row.
struct Elements<'a>(&'a mut Rows);

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(value) = elements.next_element::<Value>()? {
            self.0.push(value, None).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Elements<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

/// The first byte that is neither blank nor part of a byte order mark, left unread, and how many came before.
fn first_byte(reader: &mut impl BufRead) -> std::io::Result<(Option<u8>, u64)> {
    let mut skipped = 0;
    loop {
        let Some(&byte) = reader.fill_buf()?.first() else {
            return Ok((None, skipped));
        };
        if !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF) {
            return Ok((Some(byte), skipped));
        }
        // Line feeds that are skipped here are not counted in an error's line; files do not begin so.
        reader.consume(1);
        skipped += 1;
    }
}

fn read_objects(reader: impl BufRead, skipped: u64, rows: &mut Rows) -> serde_json::Result<()> {
    let mut stream = serde_json::Deserializer::from_reader(reader).into_iter::<Value>();
    loop {
        let at = skipped + stream.byte_offset() as u64;
        match stream.next() {
            None => return Ok(()),
            // The offset stands behind the value before: the next byte is on this value's line or is its line feed.
            Some(value) => rows
                .push(value?, Some(at + 1))
                .map_err(serde_json::Error::custom)?,
        }
    }
}

fn read_array(reader: impl BufRead, rows: &mut Rows) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    json.deserialize_seq(Elements(rows))?;
    json.end()
}

/// Says what is wrong without a value of the data: only syntax messages of the parser are passed on, they have none.
fn describe(path: &Path, error: serde_json::Error, refused: Option<Bad>) -> TableError {
    let line = (error.line() > 0).then_some(error.line() as u64);
    match (error.classify(), refused) {
        (Category::Io, _) => read_error(path, error.into()),
        (_, Some(bad)) => {
            let line = bad.line.or(line);
            bad.line(line).into()
        }
        (Category::Eof, _) => Bad::new("the file ends in the middle of a value")
            .line(line)
            .into(),
        (Category::Syntax, _) => {
            let message = error.to_string();
            let what = message.split(" at line").next().unwrap_or_default();
            Bad::new(format!("not valid JSON: {what}"))
                .line(line)
                .into()
        }
        (Category::Data, _) => Bad::new("not an array of objects").line(line).into(),
    }
}

/// The rows so far, in columns.
#[derive(Default)]
struct Rows {
    columns: Vec<JsonColumn>,
    index: HashMap<String, usize>,
    rows: usize,
    /// Why a value is no row, and where it stands.
    refused: Option<(Bad, Option<u64>)>,
}

struct JsonColumn {
    name: String,
    cells: Cells,
    first_at: Option<u64>,
    text_at: Option<u64>,
}

enum Cells {
    Missing(usize),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Boolean(Vec<Option<bool>>),
    Text(Vec<Option<String>>),
}

impl Rows {
    /// Takes one row; a refusal is kept in `refused`.
    fn push(&mut self, value: Value, at: Option<u64>) -> Result<(), &'static str> {
        let Value::Object(object) = value else {
            self.refused = Some((Bad::new("an element that is not an object"), at));
            return Err("refused");
        };
        for (name, cell) in object {
            if matches!(cell, Value::Array(_) | Value::Object(_)) {
                self.refused = Some((Bad::new("a nested value").column(&name), at));
                return Err("refused");
            }
            let index = match self.index.get(&name) {
                Some(&index) => index,
                None => {
                    self.columns.push(JsonColumn {
                        name: name.clone(),
                        cells: Cells::Missing(self.rows),
                        first_at: None,
                        text_at: None,
                    });
                    self.index.insert(name, self.columns.len() - 1);
                    self.columns.len() - 1
                }
            };
            self.columns[index].push(cell, at);
        }
        self.rows += 1;
        for column in &mut self.columns {
            column.cells.pad(self.rows);
        }
        Ok(())
    }

    fn finish(self) -> Table {
        let columns = self.columns.into_iter().map(JsonColumn::finish).collect();
        Table {
            columns,
            rows: self.rows,
        }
    }
}

impl JsonColumn {
    fn push(&mut self, cell: Value, at: Option<u64>) {
        let kind = match &cell {
            Value::Bool(_) => Kind::Boolean,
            Value::Number(number) if number.as_i64().is_some() => Kind::Integer,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::Text,
            // A missing cell is padded once the row is whole.
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        if self.first_at.is_none() {
            self.first_at = at;
        }
        let cells = std::mem::replace(&mut self.cells, Cells::Missing(0));
        self.cells = cells.widened_for(kind);
        if matches!(self.cells, Cells::Text(_)) && self.text_at.is_none() {
            self.text_at = at;
        }
        match (&mut self.cells, cell) {
            (Cells::Integer(cells), Value::Number(number)) => cells.push(number.as_i64()),
            (Cells::Number(cells), Value::Number(number)) => cells.push(number.as_f64()),
            (Cells::Boolean(cells), Value::Bool(value)) => cells.push(Some(value)),
            (Cells::Text(cells), Value::String(text)) => {
                cells.push(Some(text).filter(|text| !text.trim().is_empty()))
            }
            (Cells::Text(cells), other) => cells.push(Some(other.to_string())),
            _ => {}
        }
    }

    fn finish(self) -> TableColumn {
        let name: pl::PlSmallStr = self.name.as_str().into();
        let (kind, cells) = match self.cells {
            Cells::Missing(rows) => (
                None,
                pl::Series::full_null(name, rows, &pl::DataType::Float64).into_column(),
            ),
            Cells::Integer(cells) => (
                Some(Kind::Integer),
                pl::Int64Chunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            Cells::Number(cells) => (
                Some(Kind::Number),
                pl::Float64Chunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            Cells::Boolean(cells) => (
                Some(Kind::Boolean),
                pl::BooleanChunked::from_iter_options(name, cells.into_iter()).into_column(),
            ),
            Cells::Text(cells) => (
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
        }
    }
}

impl Cells {
    fn pad(&mut self, rows: usize) {
        match self {
            Cells::Missing(own) => *own = rows,
            Cells::Integer(cells) => cells.resize(rows, None),
            Cells::Number(cells) => cells.resize(rows, None),
            Cells::Boolean(cells) => cells.resize(rows, None),
            Cells::Text(cells) => cells.resize(rows, None),
        }
    }

    /// The same cells in a kind that also takes `kind`.
    fn widened_for(self, kind: Kind) -> Cells {
        match (self, kind) {
            (Cells::Missing(rows), Kind::Integer) => Cells::Integer(vec![None; rows]),
            (Cells::Missing(rows), Kind::Number) => Cells::Number(vec![None; rows]),
            (Cells::Missing(rows), Kind::Boolean) => Cells::Boolean(vec![None; rows]),
            (Cells::Missing(rows), Kind::Text) => Cells::Text(vec![None; rows]),
            (Cells::Integer(cells), Kind::Number) => Cells::Number(
                cells
                    .into_iter()
                    .map(|cell| cell.map(|value| value as f64))
                    .collect(),
            ),
            (Cells::Integer(cells), Kind::Boolean | Kind::Text) => Cells::Text(as_text(cells)),
            (Cells::Number(cells), Kind::Boolean | Kind::Text) => Cells::Text(as_text(cells)),
            (Cells::Boolean(cells), Kind::Integer | Kind::Number | Kind::Text) => {
                Cells::Text(as_text(cells))
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
