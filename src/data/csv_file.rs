//! A CSV file to a table, in blocks: one is parsed on all cores while the next is read, so no file is ever held whole.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;

use super::column_builder::ColumnBuilder;
use super::csv_header::read_header;
use super::csv_part::{Flaw, FlawKind, Layout, Part, parse_part};
use super::encoding::TextFile;
use super::options::ReadOptions;
use super::read_error::read_error;
use super::schema::Kind;
use super::segments::Segments;
use super::source;
use super::source::too_large;
use super::table::{Bad, Table, TableColumn, TableError, TextFacts};

/// Bytes read at a time. In tests all sizes are small, so that small files meet every edge.
const BLOCK: usize = if cfg!(test) { 64 << 10 } else { 8 << 20 };
/// Room before a block for the record that the block before it cut.
const HEAD: usize = if cfg!(test) { 16 } else { 64 << 10 };
/// No record is longer; a quote that opens and never closes must not pull the file into memory.
const LONGEST_RECORD: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// Smaller parts are not worth a thread.
const SMALLEST_PART: usize = if cfg!(test) { 4 << 10 } else { 256 << 10 };

/// Reads a CSV file, plain or compressed. Columns in `as_text` are text whatever they hold.
pub(super) fn read_csv(
    path: &Path,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Result<Table, TableError> {
    let file = TextFile::find(path, options.text.encoding)?;
    let (first, aside, facts) = read_once(&file, options, as_text)?;
    let turned: Vec<&Head> = first.iter().filter(|head| head.builder.conflict).collect();
    if turned.is_empty() {
        return with_facts(aside.finish(finish(first)), facts);
    }
    drop(aside);
    // Text came late in these columns, when their first cells had already become numbers: once more, as text.
    let as_text = as_text
        .iter()
        .cloned()
        .chain(turned.iter().map(|head| head.name.clone()))
        .collect();
    let places: Vec<_> = first
        .into_iter()
        .map(|head| (head.builder.first_at, head.builder.text_at))
        .collect();
    let (mut again, aside, facts) = read_once(&file, options, &as_text)?;
    for (head, (first_at, text_at)) in again.iter_mut().zip(places) {
        head.builder.first_at = head.builder.first_at.or(first_at);
        head.builder.text_at = head.builder.text_at.or(text_at);
    }
    with_facts(aside.finish(finish(again)), facts)
}

/// A file must not need more memory than it may, by its rows and the text that is not put aside yet.
fn check_size(rows: usize, bytes: u64, columns: usize, options: &ReadOptions) -> Result<(), Bad> {
    const PER_CELL: u64 = 12;
    const PER_ROW: u64 = 64;
    let per_row = columns as u64 * PER_CELL + PER_ROW;
    let held = (rows as u64).saturating_mul(per_row).saturating_add(bytes);
    match options.most_bytes {
        Some(most) if held > most => {
            let what = format!("more than {rows} rows of {columns} columns");
            Err(Bad::new(too_large(&what, most)))
        }
        _ => Ok(()),
    }
}

/// The columns so far; what comes next begins with what is known of them.
fn renewed(heads: &mut [Head]) -> Vec<Head> {
    let renew = |head: &mut Head| {
        let old = &head.builder;
        let mut builder = ColumnBuilder::new(old.kind());
        (builder.first_at, builder.text_at) = (old.first_at, old.text_at);
        builder.conflict = old.conflict;
        Head {
            name: head.name.clone(),
            builder: std::mem::replace(&mut head.builder, builder),
        }
    };
    heads.iter_mut().map(renew).collect()
}

/// The table with how its file is written.
fn with_facts(table: Result<Table, super::Error>, facts: TextFacts) -> Result<Table, TableError> {
    let mut table = table.map_err(bad_frame)?;
    table.text = Some(facts);
    Ok(table)
}

/// Tables of this module always fit together.
fn bad_frame(error: super::Error) -> TableError {
    Bad::new(error.to_string()).into()
}

/// Where the header begins: behind a byte order mark and blank lines.
pub(super) fn begin(block: &[u8]) -> usize {
    let start = if block.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let blanks = block[start..].iter();
    start
        + blanks
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count()
}

/// A column's name and its cells so far.
struct Head {
    name: String,
    builder: ColumnBuilder,
}

fn finish(heads: Vec<Head>) -> Table {
    let columns: Vec<TableColumn> = heads
        .into_par_iter()
        .map(|Head { name, builder }| {
            let (non_finite, first_at, text_at) =
                (builder.non_finite, builder.first_at, builder.text_at);
            let (kind, cells) = builder.finish(&name);
            TableColumn {
                name,
                kind,
                cells,
                non_finite,
                first_at,
                text_at,
                hint: None,
            }
        })
        .collect();
    Table {
        rows: columns.first().map_or(0, |column| column.cells.len()),
        columns,
        dropped: 0,
        text: None,
    }
}

fn read_once(
    file: &TextFile<'_>,
    options: &ReadOptions,
    as_text: &BTreeSet<String>,
) -> Result<(Vec<Head>, Segments, TextFacts), TableError> {
    let path = file.path;
    let mut aside = Segments::default();
    let mut bytes_held = 0_u64;
    let reader = match file.encoding {
        None => source::open_head(path, options.head),
        Some(_) => file.open(),
    };
    let mut reader = reader.map_err(|error| read_error(path, error))?;
    let mut block = Vec::new();
    let mut at_end = fill(&mut *reader, &mut block, 0).map_err(|error| read_error(path, error))?;
    let mut start = begin(&block);
    if block[start..].trim_ascii().is_empty() && at_end {
        return Err(Bad::new("file is empty").into());
    }
    let header = read_header(file, &block, start, at_end, options)?;
    let mut facts = TextFacts {
        encoding: file.encoding_name(),
        separator: header.shape.separator,
        header_line: 1 + memchr::memchr_iter(b'\n', &block[..header.shape.header]).count() as u64,
        body: header.body as u64,
        has_header: options.text.header_row != Some(0),
        titles: header.shape.titles,
        comments: header.shape.comments,
        headers: 0,
        header_again: None,
        numbers_in_header: header.numbers,
        names: header.names.clone(),
    };
    let (names, layout, body) = (header.names, header.layout, header.body);
    if body >= block.len() && !at_end {
        return Err(Bad::new("the header is longer than 8 MB")
            .line(Some(1))
            .into());
    }
    let mut heads: Vec<Head> = names
        .into_iter()
        .map(|name| Head {
            builder: ColumnBuilder::new(as_text.contains(&name).then_some(Kind::Text)),
            name,
        })
        .collect();
    // `base` is what to add to a place in the block to get the place in the file.
    let mut base: i128 = 0;
    start = body;
    let mut next = Vec::new();
    loop {
        let kinds: Vec<Option<Kind>> = heads.iter().map(|head| head.builder.kind()).collect();
        let limit = if at_end {
            block.len()
        } else {
            memchr::memrchr(b'\n', &block).map_or(start, |feed| (feed + 1).max(start))
        };
        let (parts, filled) = rayon::join(
            || parse_block(&block[..limit], start, at_end, &layout, &kinds),
            || {
                if at_end {
                    Ok(true)
                } else {
                    fill(&mut *reader, &mut next, HEAD)
                }
            },
        );
        let parts =
            parts.map_err(|flaw| describe(file, flaw, base, &heads, &block, layout.fields))?;
        for part in &parts {
            facts.headers += part.headers;
            facts.comments += part.comments;
            let place = |at: usize| u64::try_from(base + at as i128).unwrap_or(0);
            facts.header_again = facts.header_again.or(part.header_at.map(place));
        }
        heads.par_iter_mut().enumerate().for_each(|(index, head)| {
            for part in &parts {
                head.builder
                    .append(&part.columns[index], u64::try_from(base).unwrap_or(0));
            }
        });
        if at_end {
            return Ok((heads, aside, facts));
        }
        let rows = heads.first().map_or(0, |head| head.builder.rows());
        check_size(rows + aside.rows(), bytes_held, heads.len(), options)?;
        bytes_held += block.len() as u64;
        // Rules count the rows that break them, equal ones, too.
        if options.dedupe && options.rules.is_empty() && aside.is_due(rows) {
            aside.put(finish(renewed(&mut heads))).map_err(bad_frame)?;
            bytes_held = 0;
        }
        at_end = filled.map_err(|error| read_error(path, error))?;
        let rest = parts.last().map_or(start, |part| part.end);
        let tail = &block[rest..];
        if tail.len() > LONGEST_RECORD {
            let line = file.line_at(u64::try_from(base + rest as i128).unwrap_or(0));
            return Err(
                Bad::new("a quote opens in this record and is not closed within 64 MB")
                    .line(line)
                    .into(),
            );
        }
        let moved = base + rest as i128;
        start = put_before(&mut next, tail);
        base = moved - start as i128;
        std::mem::swap(&mut block, &mut next);
    }
}

/// Appends up to a block behind `head` reserved bytes; true at the end of the file.
pub(super) fn fill(reader: &mut dyn Read, block: &mut Vec<u8>, head: usize) -> io::Result<bool> {
    block.clear();
    block.resize(head, 0);
    let read = reader.take(BLOCK as u64).read_to_end(block)?;
    Ok(read < BLOCK)
}

/// Puts the cut record before the block that `fill` made with room for it; answers where it begins.
fn put_before(block: &mut Vec<u8>, tail: &[u8]) -> usize {
    if let Some(start) = HEAD.checked_sub(tail.len()) {
        block[start..HEAD].copy_from_slice(tail);
        return start;
    }
    block.splice(..HEAD, tail.iter().copied());
    0
}

/// Parses all whole records of a block. A record that is cut at the end is left, at the end of the file it is a flaw.
fn parse_block(
    bytes: &[u8],
    start: usize,
    at_end: bool,
    layout: &Layout,
    kinds: &[Option<Kind>],
) -> Result<Vec<Part>, Flaw> {
    let bounds = part_bounds(bytes, start);
    let guesses: Vec<Part> = bounds
        .par_windows(2)
        .map(|bound| parse_part(bytes, bound[0], bound[1], layout, kinds))
        .collect();
    let mut parts: Vec<Part> = Vec::with_capacity(guesses.len());
    let mut end = start;
    for (guess, bound) in guesses.into_iter().zip(bounds.windows(2)) {
        let part = if bound[0] == end {
            guess
        } else {
            parse_part(bytes, end, bound[1], layout, kinds)
        };
        end = part.end;
        match part.flaw {
            Some(Flaw {
                what: FlawKind::Unclosed,
                ..
            }) if !at_end => {
                parts.push(part);
                break;
            }
            Some(flaw) => return Err(flaw),
            None => parts.push(part),
        }
    }
    Ok(parts)
}

/// Where parts begin: at line feeds that seem to be outside of quotes, about as far from each other. First and last are
/// the bounds of all.
fn part_bounds(bytes: &[u8], start: usize) -> Vec<usize> {
    let length = bytes.len().saturating_sub(start);
    let parts = (length / SMALLEST_PART).clamp(1, 4 * rayon::current_num_threads().max(1));
    let mut bounds = vec![start];
    let mut seen = start;
    let mut quoted = false;
    for index in 1..parts {
        let target = start + length / parts * index;
        if target <= seen {
            continue;
        }
        quoted ^= memchr::memchr_iter(b'"', &bytes[seen..target]).count() % 2 == 1;
        seen = target;
        for at in memchr::memchr2_iter(b'"', b'\n', &bytes[target..]) {
            seen = target + at + 1;
            match bytes[target + at] {
                b'"' => quoted = !quoted,
                _ if quoted => {}
                _ => {
                    bounds.push(seen);
                    break;
                }
            }
        }
    }
    if bounds.last() != Some(&bytes.len()) || bounds.len() == 1 {
        bounds.push(bytes.len());
    }
    bounds
}

/// Whether bytes are what is behind the end of some text files, and nothing else.
fn is_padding(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, 0 | 0x1a | b'\n' | b'\r'))
}

fn describe(
    file: &TextFile<'_>,
    flaw: Flaw,
    base: i128,
    heads: &[Head],
    block: &[u8],
    expected: usize,
) -> TableError {
    let at = u64::try_from(base + flaw.at as i128).unwrap_or(0);
    let name = |field: usize| heads.get(field).map(|head| head.name.clone());
    let (reason, column) = match flaw.what {
        FlawKind::Unclosed => ("a quote opens here and is never closed".to_owned(), None),
        FlawKind::AfterQuote { field } => ("text after a closing quote".to_owned(), name(field)),
        FlawKind::Fields { .. } if is_padding(block.get(flaw.at..).unwrap_or_default()) => {
            let what = "behind the last record are only bytes that are not text (zero bytes, or Ctrl-Z), as after a crash or of an \
                old program; remove them";
            (what.to_owned(), None)
        }
        FlawKind::Fields { found } => {
            let plural = if found == 1 { "" } else { "s" };
            let hint = match block.get(flaw.at) {
                Some(b'#') => "; lines that begin with `#` are passed over with `ingest.comment`",
                _ => "",
            };
            (
                format!("{found} field{plural} where the header has {expected}{hint}"),
                None,
            )
        }
        FlawKind::NotUtf8 { field } => (file.not_utf_8(at), name(field)),
    };
    Bad {
        line: file.line_at(at),
        column,
        reason,
    }
    .into()
}
