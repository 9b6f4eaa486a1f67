//! The header of a CSV file: its names.

use std::collections::BTreeSet;

use super::cells::{Nulls, Parsed, parse_number};
use super::csv_layout::{self, Shape};
use super::csv_part::{FlawKind, Layout, next_field};
use super::encoding::TextFile;
use super::header_again::unnamed;
use super::options::ReadOptions;
use super::table::{Bad, TableError};

/// A longer name is not a name but a file of some other kind.
const MOST_NAME_BYTES: usize = 20_000;

/// What is above the records.
pub(super) struct Header {
    pub names: Vec<String>,
    pub layout: Layout,
    pub shape: Shape,
    /// Where the first record begins.
    pub body: usize,
    /// Names that are numbers, where the header may be a row, as in a file without a header.
    pub numbers: usize,
}

/// The column names, how records look, and where the first record begins.
pub(super) fn read_header(
    file: &TextFile<'_>,
    block: &[u8],
    start: usize,
    at_end: bool,
    options: &ReadOptions,
) -> Result<Header, TableError> {
    let name = file.path.to_string_lossy().to_ascii_lowercase();
    let is_tsv = name.contains(".tsv");
    let shape = csv_layout::find(block, start, at_end, &options.text, is_tsv)?;
    let bad = |reason: &str| Bad::new(reason).line(file.line_at(shape.header as u64));
    let fields =
        header_fields(block, shape.header, shape.separator).map_err(|flaw| match flaw {
            HeaderFlaw::NotUtf8(at) => {
                bad(&format!("the header has {}", file.not_utf_8(at as u64)))
            }
            HeaderFlaw::Other(reason) => bad(reason),
        })?;
    let has_header = options.text.header_row != Some(0);
    let body = if has_header {
        fields.last().map_or(shape.header, |(_, next)| *next)
    } else {
        shape.header
    };
    let mut names: Vec<String> = Vec::with_capacity(fields.len());
    let mut known = BTreeSet::new();
    for (index, (name, _)) in fields.into_iter().enumerate() {
        let name = if name.is_empty() || !has_header {
            unnamed(index)
        } else {
            name
        };
        if name.len() > MOST_NAME_BYTES {
            return Err(bad("the header has a name that is too long to be one").into());
        }
        if name.contains('\0') {
            return Err(bad("the header has zero bytes, as no text file has").into());
        }
        if name.contains('\r') {
            return Err(bad("lines end with a lone carriage return").into());
        }
        if !known.insert(name.clone()) {
            let reason = match parse_number(name.as_bytes()) {
                Some(_) => {
                    "the header has this name twice, and it is a number; where the line is a row, set `ingest.header_row` to `none`"
                }
                None => "the header has this name twice",
            };
            return Err(bad(reason).column(&name).into());
        }
        names.push(name);
    }
    let numbers = if has_header {
        numbers_in_a_row(&names)
    } else {
        0
    };
    let comment = options
        .text
        .comment
        .as_ref()
        .map(|text| text.as_bytes().to_vec());
    let layout = Layout {
        separator: shape.separator,
        fields: names.len(),
        nulls: Nulls::new(&options.null_values),
        // One name alone may well be a value, too.
        header: if has_header && names.len() > 1 {
            names.clone()
        } else {
            Vec::new()
        },
        comment: comment.unwrap_or_default(),
    };
    Ok(Header {
        names,
        layout,
        shape,
        body,
        numbers,
    })
}

/// How many names are numbers, if so many are that the header may be a row: all of them, or half of them with a fraction
/// among them or in no order. Years and months as names rise.
fn numbers_in_a_row(names: &[String]) -> usize {
    let numbers: Vec<Parsed> = names
        .iter()
        .filter_map(|name| parse_number(name.as_bytes()))
        .collect();
    let rise = numbers.windows(2).all(|pair| match pair {
        [Parsed::Integer(one), Parsed::Integer(next)] => one < next,
        _ => false,
    });
    let is_half = numbers.len() * 2 >= names.len() && numbers.len() > 1;
    let may_be = numbers.len() == names.len() || (is_half && !rise);
    if may_be { numbers.len() } else { 0 }
}

enum HeaderFlaw {
    NotUtf8(usize),
    Other(&'static str),
}

/// The header's names without blanks around them, each with where the next field begins.
fn header_fields(
    block: &[u8],
    start: usize,
    separator: u8,
) -> Result<Vec<(String, usize)>, HeaderFlaw> {
    let mut fields = Vec::new();
    let mut scratch = Vec::new();
    let mut at = start;
    loop {
        let field = next_field(block, at, separator).map_err(|flaw| match flaw {
            FlawKind::AfterQuote { .. } => {
                HeaderFlaw::Other("text after a closing quote in the header")
            }
            _ => HeaderFlaw::Other("the header has a quote that is never closed"),
        })?;
        let name = std::str::from_utf8(field.cell(block, &mut scratch))
            .map_err(|error| HeaderFlaw::NotUtf8(field.from + error.valid_up_to()))?;
        fields.push((super::cells::trim_text(name).to_owned(), field.next));
        at = field.next;
        if field.ends_record {
            return Ok(fields);
        }
    }
}
