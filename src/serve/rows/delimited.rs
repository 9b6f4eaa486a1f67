//! CSV bodies: a header, then rows, read as ingest reads them: cells are trimmed, empty ones are missing.

use std::collections::HashSet;

use super::quick_csv::{Usual, cell_of};
use super::{Bounds, Collector, Stop, Strictness};
use crate::data::{quote_fault, trim_text};
use crate::http::request::without_mark;
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::{Field, Served};
use crate::text::counted;

/// Rows of a CSV text. `null_values` are the cells that mean "missing", as in `ingest.null_values`.
///
/// # Errors
/// 400 when it is not a CSV; what [`Collector::finish`] says.
pub fn read_csv(
    body: &[u8],
    served: &Served,
    strictness: Strictness,
    null_values: &[String],
    bounds: Bounds<'_>,
) -> Result<Rows, Problem> {
    read_by(true, body, served, strictness, null_values, bounds)
}

/// As [`read_csv`], with the reader for usual rows tried first or not.
pub(super) fn read_by(
    tries_usual: bool,
    body: &[u8],
    served: &Served,
    strictness: Strictness,
    null_values: &[String],
    bounds: Bounds<'_>,
) -> Result<Rows, Problem> {
    let body = without_mark(body);
    let mut collector = Collector::new(served, strictness, bounds);
    // Counted before the reader makes room for each; a comma within quotes counts, too.
    let first = memchr::memchr2(b'\n', b'\r', body).unwrap_or(body.len());
    let columns = memchr::memchr_iter(b',', &body[..first]).count() + 1;
    if collector.look_at_columns(columns).is_err() {
        return collector.finish();
    }
    let separator = separator_of(body, served);
    if let Some((line, what)) = quote_fault(body, separator) {
        let why = format!("the CSV body cannot be read: {what}, at line {line}");
        return Err(Problem::new(Code::BadRequest, why));
    }
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .delimiter(separator)
        .from_reader(body);
    let header = reader.headers().map_err(|error| bad_csv(&error))?;
    if collector.look_at_columns(header.len()).is_err() {
        return collector.finish();
    }
    let mut names = HashSet::with_capacity(header.len());
    if let Some(at) = header.iter().position(|name| !names.insert(name)) {
        let why = if served.fields.contains_key(&header[at]) {
            format!("the header of the CSV body has `{}` twice", &header[at])
        } else {
            format!(
                "the header of the CSV body has the name of column {} twice",
                at + 1
            )
        };
        return Err(Problem::new(Code::BadRequest, why));
    }
    let fields: Vec<Field> = header.iter().map(|name| collector.field(name)).collect();
    if tries_usual && !collector.has_faults() {
        let usual = Usual::new(separator, &fields, served, null_values);
        let mut quick = Collector::new(served, strictness, bounds);
        let below = usize::try_from(reader.position().byte()).unwrap_or(body.len());
        if usual.read(&body[below..], &mut quick).is_some() {
            return quick.finish();
        }
    }
    let mut record = csv::StringRecord::new();
    let mut has_rows = false;
    while reader
        .read_record(&mut record)
        .map_err(|error| bad_csv(&error))?
    {
        if record.len() != fields.len() {
            // A line of blanks is not a row, as in files.
            if record.len() == 1 && trim_text(&record[0]).is_empty() {
                continue;
            }
            let line = record.position().map_or(1, csv::Position::line);
            return Err(uneven(record.len(), fields.len(), line));
        }
        if let Err(Stop) = collector.begin_row() {
            break;
        }
        for (field, cell) in fields.iter().zip(&record) {
            if let Field::Input(position) = *field {
                collector.put(position, cell_of(cell, null_values));
            }
        }
        collector.end_row();
        has_rows = true;
    }
    // A header that lacks columns is no better for having no rows below it.
    if !has_rows {
        let absent = |position: &usize| !fields.contains(&Field::Input(*position));
        let absent = (0..served.inputs.len()).filter(absent);
        absent.for_each(|position| collector.lacks(position));
    }
    collector.finish()
}

/// The separator that makes most names of the first line known to the model; a comma where none does.
fn separator_of(body: &[u8], served: &Served) -> u8 {
    let first = body.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let known = |separator: &u8| {
        let names = first.split(|byte| byte == separator);
        let names = names.filter_map(|name| std::str::from_utf8(name).ok());
        let names = names.map(|name| trim_text(name).trim_matches('"'));
        names
            .filter(|name| served.fields.contains_key(*name))
            .count()
    };
    // The first of several that are alike is a comma.
    let candidates = [b'|', b'\t', b';', b','];
    candidates.into_iter().max_by_key(known).unwrap_or(b',')
}

fn uneven(cells: usize, header: usize, line: u64) -> Problem {
    let cells = counted(cells as u64, "cell");
    let why = format!("the CSV body has {cells} where the header has {header}, at line {line}");
    Problem::new(Code::BadRequest, why)
}

fn bad_csv(error: &csv::Error) -> Problem {
    let what = match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8",
        _ => "cannot be read",
    };
    let line = error.position().map_or(1, csv::Position::line);
    Problem::new(
        Code::BadRequest,
        format!("the CSV body {what}, at line {line}"),
    )
}
