//! The header of a CSV file: names, and which separator they tell of.

use std::collections::BTreeSet;
use std::path::Path;

use super::cells::Nulls;
use super::csv_part::{Field, FlawKind, Layout, next_field};
use super::options::ReadOptions;
use super::source;
use super::table::{Bad, TableError};

/// A longer name is no name but a file of some other kind.
const MOST_NAME_BYTES: usize = 20_000;

/// The column names, how records look, and where the first record begins.
pub(super) fn read_header(
    path: &Path,
    block: &[u8],
    start: usize,
    options: &ReadOptions,
) -> Result<(Vec<String>, Layout, usize), TableError> {
    let bad = |reason: &str| Bad::new(reason).line(source::line_at(path, start as u64));
    let mut separator = b',';
    let mut fields = header_fields(block, start, separator).map_err(&bad)?;
    if fields.len() == 1 {
        let first_line = fields[0].0.as_str();
        if let Some(other) = [b';', b'\t']
            .into_iter()
            .find(|&byte| first_line.contains(char::from(byte)))
        {
            separator = other;
        } else if block[start..].first() == Some(&b'"') {
            separator = after_quote(block, start).unwrap_or(separator);
        }
        fields = header_fields(block, start, separator).map_err(&bad)?;
    }
    let body = fields.last().map_or(start, |(_, next)| *next);
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    let mut known = BTreeSet::new();
    for (index, (name, _)) in fields.into_iter().enumerate() {
        let name = if name.is_empty() {
            format!("column_{}", index + 1)
        } else {
            name
        };
        if name.len() > MOST_NAME_BYTES {
            return Err(bad("the header has a name that is too long to be one").into());
        }
        if name.contains('\0') {
            return Err(bad("the header has zero bytes (UTF-16?)").into());
        }
        if name.contains('\r') {
            return Err(bad("lines end with a lone carriage return").into());
        }
        if !known.insert(name.clone()) {
            return Err(bad("the header has this name twice").column(&name).into());
        }
        names.push(name);
    }
    let layout = Layout {
        separator,
        fields: names.len(),
        nulls: Nulls::new(&options.null_values),
    };
    Ok((names, layout, body))
}

/// The separator behind a quoted first name.
fn after_quote(block: &[u8], start: usize) -> Option<u8> {
    [b';', b'\t'].into_iter().find(|&separator| {
        matches!(
            next_field(block, start, separator),
            Ok(Field {
                ends_record: false,
                ..
            })
        )
    })
}

/// The header's names without blanks around them, each with where the next field begins.
fn header_fields(
    block: &[u8],
    start: usize,
    separator: u8,
) -> Result<Vec<(String, usize)>, &'static str> {
    let mut fields = Vec::new();
    let mut scratch = Vec::new();
    let mut at = start;
    loop {
        let field = match next_field(block, at, separator) {
            Ok(field) => field,
            // The name before a foreign separator is quoted: the caller tries the others.
            Err(FlawKind::AfterQuote { .. })
                if fields.is_empty()
                    && separator == b','
                    && after_quote(block, start).is_some() =>
            {
                return Ok(vec![(String::new(), start)]);
            }
            Err(FlawKind::AfterQuote { .. }) => {
                return Err("text after a closing quote in the header");
            }
            Err(_) => return Err("the header has a quote that is never closed"),
        };
        let name = std::str::from_utf8(field.cell(block, &mut scratch))
            .map_err(|_| "the header is not UTF-8")?;
        fields.push((name.trim().to_owned(), field.next));
        at = field.next;
        if field.ends_record {
            return Ok(fields);
        }
    }
}
