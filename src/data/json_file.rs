//! A JSON array of flat objects, or objects one after the other (NDJSON), to a table.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use polars::prelude as pl;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Value, error::Category};

use super::cells::Nulls;
use super::encoding::TextFile;
use super::json_columns::{Rows, as_numbers};
use super::json_keys::{Record, no_number_at};
use super::json_layout::other_layout;
use super::options::ReadOptions;
use super::read_error::read_error;
use super::table::{Bad, Table, TableError};

/// Reads a JSON file, plain or packed: a list of records, one record after the other, or one of the layouts of
/// [`layout_of`]. Texts that are all numbers are numbers, as in a CSV file, but for those of `as_text`.
pub(super) fn read_json(
    path: &Path,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Result<Table, TableError> {
    let file = TextFile::find(path, options.text.encoding)?;
    let reader = file
        .open_bounded(options.most_bytes)
        .map_err(|error| read_error(path, error))?;
    let head = options.head.unwrap_or(u64::MAX);
    let mut reader = BufReader::with_capacity(1 << 18, reader.take(head));
    let (first, skipped) = first_byte(&mut reader).map_err(|error| read_error(path, error))?;
    let mut rows = Rows {
        unread: options.drop.iter().cloned().collect(),
        ..Rows::default()
    };
    // Where the last whole record of a file of records ends.
    let mut behind = 0;
    let outcome = match first {
        None => return Err(Bad::new("file is empty").into()),
        Some(b'[') => read_array(&mut reader, &mut rows),
        Some(first) if first != b'{' => {
            let why = "not JSON of records: it begins neither with `[` nor with `{`";
            return Err(Bad::new(why).line(Some(1)).into());
        }
        Some(_) => read_objects(&mut reader, skipped, &mut rows, &mut behind),
    };
    if let Err(error) = outcome {
        let is_over = reader.get_ref().limit() == 0;
        if is_over && rows.rows == 0 && rows.rejected.is_none() {
            // One record or object is longer than the beginning that was requested.
            let whole = ReadOptions {
                head: None,
                ..options.clone()
            };
            return read_json(path, &whole, as_text);
        }
        if is_over && error.is_eof() && rows.rejected.is_none() {
            return Ok(table_of(rows, options, as_text));
        }
        // A table in another layout is one object, and fails as a record of nested values.
        let is_one = first == Some(b'{') && rows.rows == 0 && rows.rejected.is_some();
        let other = if is_one {
            laid_out(&file, options)?
        } else {
            None
        };
        match other {
            Some(other) => rows = other,
            None => {
                let rejected = rows.rejected.take().map(|(bad, at)| {
                    let line = at.and_then(|at| file.line_at(at));
                    bad.line(line)
                });
                let is_comma = rows.rows > 0 && error.is_syntax() && has_comma_at(&file, behind);
                if is_comma && rejected.is_none() {
                    let line = file.line_at(behind);
                    return Err(Bad::new(COMMAS).line(line).into());
                }
                return Err(describe(&file, error, rejected));
            }
        }
    }
    if rows.columns.is_empty() {
        return Err(Bad::new("no object with a key is in the file").into());
    }
    Ok(table_of(rows, options, as_text))
}

fn table_of(rows: Rows, options: &ReadOptions, as_text: &BTreeSet<String>) -> Table {
    let mut table = rows.finish();
    let nulls = Nulls::new(&options.null_values);
    for column in &mut table.columns {
        if !as_text.contains(&column.name) {
            as_numbers(column, &nulls);
        }
    }
    table
}

/// The records of a file that is one object in another layout; `None` when it is none.
fn laid_out(file: &TextFile<'_>, options: &ReadOptions) -> Result<Option<Rows>, TableError> {
    let Some(records) = other_layout(file, options)? else {
        return Ok(None);
    };
    let mut rows = Rows {
        unread: options.drop.iter().cloned().collect(),
        ..Rows::default()
    };
    for record in records {
        let parse = |(name, value): (String, Box<RawValue>)| {
            Some((name, serde_json::from_str(value.get()).ok()?))
        };
        let record: Option<Vec<(String, Value)>> = record.into_iter().map(parse).collect();
        let pushed = record.map(|record| rows.push(Record::Members(record), None));
        if !matches!(pushed, Some(Ok(()))) {
            let rejected = rows.rejected.take().map(|(bad, _)| bad);
            return Err(rejected
                .unwrap_or_else(|| Bad::new("not valid JSON"))
                .into());
        }
    }
    Ok(Some(rows))
}

/// Tables out of JSON, of no more cells (rows times columns) than a bound: an object of table name → list of flat objects, each
/// list a table. Names of `at` (a file, a body) are in errors, cells do not.
///
/// # Errors
/// [`Error::BadFile`](super::Error::BadFile) when it is not of this form.
pub fn json_tables(
    at: &str,
    bytes: &[u8],
    most_cells: usize,
) -> Result<BTreeMap<String, pl::DataFrame>, super::Error> {
    struct Named<'a>(&'a mut Vec<(String, Rows)>, usize);
    impl<'de> Visitor<'de> for Named<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of table name to list of objects")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            let mut known = HashSet::new();
            while let Some(name) = map.next_key::<String>()? {
                if !known.insert(name.clone()) {
                    return Err(A::Error::custom("a table is there twice"));
                }
                let cells = self.0.iter().map(|(_, rows)| rows.n_cells()).sum::<usize>();
                let rows = Rows {
                    most_cells: Some(self.1.saturating_sub(cells)),
                    ..Rows::default()
                };
                self.0.push((name, rows));
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
        .deserialize_map(Named(&mut tables, most_cells))
        .and_then(|()| json.end());
    if let Err(error) = read {
        let line = (error.line() > 0).then_some(error.line() as u64);
        let rejected = tables.last_mut().and_then(|(name, rows)| {
            let (bad, _) = rows.rejected.take()?;
            let short = |name: &str| name.chars().take(64).collect::<String>();
            let what = bad.reason.split(';').next().unwrap_or_default();
            let reason = format!("{what} in a record of {}", short(name));
            Some((reason, bad.column.as_deref().map(short)))
        });
        let (reason, column) = match (error.classify(), rejected) {
            (_, Some(rejected)) => rejected,
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
        while let Some(value) = elements.next_element::<Record>()? {
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
pub(super) fn first_byte(reader: &mut impl BufRead) -> std::io::Result<(Option<u8>, u64)> {
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

fn read_objects(
    reader: impl BufRead,
    skipped: u64,
    rows: &mut Rows,
    behind: &mut u64,
) -> serde_json::Result<()> {
    let mut stream = serde_json::Deserializer::from_reader(reader).into_iter::<Record>();
    loop {
        let at = skipped + stream.byte_offset() as u64;
        *behind = at;
        match stream.next() {
            None => return Ok(()),
            // The offset is behind the value before: the next byte is on this value's line or is its line feed.
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

const COMMAS: &str = "a comma between records that stand in no list; write each on a line of its own without commas, or put `[` \
    before the first and `]` behind the last";

/// Whether the first byte that is not a blank from here on is a comma.
fn has_comma_at(file: &TextFile<'_>, at: u64) -> bool {
    let Ok(mut reader) = file.open() else {
        return false;
    };
    let skipped = std::io::copy(&mut reader.by_ref().take(at), &mut std::io::sink());
    let mut reader = BufReader::new(reader);
    skipped.is_ok() && first_byte(&mut reader).is_ok_and(|(byte, _)| byte == Some(b','))
}

/// The word at a place of a file, where it is one that programs write for no number.
fn word_at(file: &TextFile<'_>, line: usize, column: usize) -> Option<&'static str> {
    let mut reader = BufReader::new(file.open().ok()?);
    for _ in 1..line {
        reader.skip_until(b'\n').ok()?;
    }
    let before = (column as u64).saturating_sub(16);
    std::io::copy(&mut reader.by_ref().take(before), &mut std::io::sink()).ok()?;
    let mut around = Vec::new();
    reader.take(32).read_to_end(&mut around).ok()?;
    no_number_at(&around, column - before as usize)
}

/// Says what is wrong without a value of the data: only syntax messages of the parser are passed on, they have none.
fn describe(file: &TextFile<'_>, error: serde_json::Error, rejected: Option<Bad>) -> TableError {
    let line = (error.line() > 0).then_some(error.line() as u64);
    match (error.classify(), rejected) {
        (Category::Io, _) => read_error(file.path, error.into()),
        (_, Some(bad)) => {
            let line = bad.line.or(line);
            bad.line(line).into()
        }
        (Category::Eof, _) => Bad::new("the file ends in the middle of a value")
            .line(line)
            .into(),
        (Category::Syntax, _) => {
            if let Some(word) = word_at(file, error.line(), error.column()) {
                let why = format!("JSON has no {word}; write `null` for a missing value");
                return Bad::new(why).line(line).into();
            }
            let message = error.to_string();
            let what = message.split(" at line").next().unwrap_or_default();
            Bad::new(format!("not valid JSON: {what}"))
                .line(line)
                .into()
        }
        (Category::Data, _) => Bad::new("not an array of objects").line(line).into(),
    }
}
