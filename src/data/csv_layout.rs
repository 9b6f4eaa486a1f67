//! How a CSV file is laid out: which separator splits its lines alike, and which lines above the header are no data.

use super::cells::{parse_boolean, parse_number, trim};
use super::csv_part::{FlawKind, next_field};
use super::numbers::is_number_in_any_form;
use super::table::Bad;
use super::text_options::TextOptions;

/// What may separate fields where nothing is set.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Records that are looked at.
const MOST_RECORDS: usize = 200;
/// Lines above the header that may be titles.
const MOST_TITLES: usize = 30;

/// Where the header is and what separates its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub separator: u8,
    /// Where the header begins, or the first record where there is none.
    pub header: usize,
    /// Lines above it that are passed over: titles.
    pub titles: u64,
    /// Lines above it that are passed over: comments.
    pub comments: u64,
}

/// A record as a separator splits it.
struct Record {
    at: usize,
    fields: usize,
    filled: usize,
    /// Fields that are numbers, truth values or times, not names.
    typed: usize,
    is_comment: bool,
    is_broken: bool,
}

/// What a separator makes of the first records.
struct SeparatorFit {
    separator: u8,
    records: Vec<Record>,
    /// Fields that records mostly have.
    fields: usize,
    /// Which record is the header.
    header: usize,
}

/// Finds the layout of a file whose first bytes are `block`, from `start` on. `is_tsv` by the file's name.
///
/// # Errors
/// When several separators split the lines alike, or what is above the records is neither title nor header.
pub(super) fn find(
    block: &[u8],
    mut start: usize,
    at_end: bool,
    options: &TextOptions,
    is_tsv: bool,
) -> Result<Shape, Bad> {
    let mut set = options.delimiter;
    if let Some((separator, next)) = sep_line(block, start) {
        set = set.or(Some(separator));
        start = next;
    }
    if set.is_none() && is_tsv && line(block, start).contains(&b'\t') {
        set = Some(b'\t');
    }
    if let Some(row) = options.header_row.filter(|row| *row > 0) {
        start = line_start(block, row).ok_or_else(|| {
            Bad::new(format!(
                "`ingest.header_row` is {row}, and the file has fewer lines"
            ))
        })?;
    }
    let is_fixed = options.header_row.is_some();
    let separators = set.map_or(CANDIDATES.to_vec(), |byte| vec![byte]);
    let whole = if at_end {
        block.len()
    } else {
        memchr::memrchr(b'\n', block).map_or(start, |at| at + 1)
    };
    let splits = separators.iter().filter_map(|&separator| {
        let records = records(&block[..whole], start, separator, options);
        SeparatorFit::of(separator, records, is_fixed)
    });
    let mut splits: Vec<SeparatorFit> = splits.collect();
    // The fewest lines passed over, then the most fields.
    splits.sort_by_key(|split| (split.header, usize::MAX - split.fields));
    let shape = |separator, header| Shape {
        separator,
        header,
        titles: 0,
        comments: 0,
    };
    let Some(best) = splits.first() else {
        let separator = set.unwrap_or_else(|| in_first_line(block, start));
        return Ok(shape(separator, first_record(block, start, options)));
    };
    let rivals: Vec<&SeparatorFit> = splits
        .iter()
        .filter(|it| (it.header, it.fields) == (best.header, best.fields))
        .collect();
    let best = match rivals[..] {
        [only] => only,
        _ => clearest(&rivals)?,
    };
    let above = &best.records[..best.header];
    if best.header > 0 {
        check_titles(block, best)?;
    }
    Ok(Shape {
        titles: above.iter().filter(|record| !record.is_comment).count() as u64,
        comments: above.iter().filter(|record| record.is_comment).count() as u64,
        ..shape(best.separator, best.records[best.header].at)
    })
}

impl SeparatorFit {
    /// `None` where the separator does not split most of the records alike, and into more than one field.
    fn of(separator: u8, records: Vec<Record>, is_fixed: bool) -> Option<SeparatorFit> {
        let mut counts: Vec<usize> = records.iter().map(|record| record.fields).collect();
        counts.retain(|count| *count > 1);
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b);
        let fields = runs.max_by_key(|run| run.len())?[0];
        let header = if is_fixed {
            0
        } else {
            header_of(&records, fields)
        };
        let below = &records[header..];
        let alike = below
            .iter()
            .filter(|record| record.fields == fields)
            .count();
        let is_like = below[0].fields == fields || is_fixed;
        (is_like && alike * 5 >= below.len() * 4).then_some(SeparatorFit {
            separator,
            records,
            fields,
            header,
        })
    }
}

/// The first record that can be the header of records with so many fields. A record that is broken is never passed over.
fn header_of(records: &[Record], fields: usize) -> usize {
    let is_padded = |record: &Record| fields >= 3 && record.filled * 3 <= fields;
    let mut at = 0;
    while at + 1 < records.len() && at < MOST_TITLES {
        let (record, below) = (&records[at], &records[at + 1]);
        if record.is_broken {
            break;
        }
        let is_short = record.fields < fields && (record.filled * 2 <= fields || record.is_comment);
        // Titles that a spreadsheet has filled up with separators, and comments that look like a header but have one below.
        let names_below =
            |it: &Record| it.fields == fields && it.typed == 0 && it.filled + 1 >= fields;
        let mut rest = records[at + 1..].iter().take(MOST_TITLES);
        let is_title = record.fields == fields && is_padded(record) && rest.any(names_below);
        let is_comment = record.is_comment
            && record.fields == fields
            && names_below(below)
            && records.get(at + 2).is_some_and(|it| it.typed > 0);
        if !(is_short || is_title || is_comment) {
            break;
        }
        at += 1;
    }
    at
}

/// Says what is wrong where the record below the titles is not a header.
fn check_titles(block: &[u8], split: &SeparatorFit) -> Result<(), Bad> {
    let header = &split.records[split.header];
    let only_comments = split.records[..split.header].iter().all(|it| it.is_comment);
    if only_comments || (header.typed == 0 && header.filled + 1 >= header.fields) {
        return Ok(());
    }
    let first = &split.records[0];
    let line = memchr::memchr_iter(b'\n', &block[..first.at]).count() as u64 + 1;
    let (has, fields) = (first.fields, split.fields);
    let reason = format!(
        "{has} field{} where the lines below have {fields}, and no line of names between them; set `ingest.header_row` to the \
         line of the header, or to `none`",
        if has == 1 { "" } else { "s" }
    );
    Err(Bad::new(reason).line(Some(line)))
}

/// Of splits that are alike, the one with the most fields that are values.
fn clearest<'a>(rivals: &[&'a SeparatorFit]) -> Result<&'a SeparatorFit, Bad> {
    let typed = |split: &SeparatorFit| -> usize {
        let below = split.records[split.header..].iter().skip(1);
        below.map(|record| record.typed).sum()
    };
    let mut ranked: Vec<(usize, &SeparatorFit)> =
        rivals.iter().map(|it| (typed(it), *it)).collect();
    ranked.sort_by_key(|(typed, _)| usize::MAX - typed);
    if ranked[0].0 > ranked[1].0 {
        return Ok(ranked[0].1);
    }
    let names: Vec<String> = rivals
        .iter()
        .map(|it| separator_name(it.separator))
        .collect();
    Err(Bad::new(format!(
        "{} split the lines alike; set `ingest.delimiter` to the one that separates the fields",
        names.join(" and ")
    ))
    .line(Some(1)))
}

/// A separator in words.
pub(super) fn separator_name(separator: u8) -> String {
    match separator {
        b'\t' => "tab".to_string(),
        byte => format!("`{}`", char::from(byte)),
    }
}

/// The records from `start` on as a separator splits them; blank ones are left out.
fn records(block: &[u8], start: usize, separator: u8, options: &TextOptions) -> Vec<Record> {
    let mut records = Vec::new();
    let mut scratch = Vec::new();
    let mut at = start;
    while at < block.len() && records.len() < MOST_RECORDS {
        if let Some(next) = passed_over(block, at, options) {
            at = next;
            continue;
        }
        let is_comment = options.comment.is_none() && block[at] == b'#';
        let mut record = Record {
            at,
            fields: 0,
            filled: 0,
            typed: 0,
            is_comment,
            is_broken: false,
        };
        loop {
            match next_field(block, at, separator) {
                Ok(field) => {
                    let cell = trim(field.cell(block, &mut scratch));
                    record.fields += 1;
                    record.filled += usize::from(!cell.is_empty());
                    record.typed += usize::from(is_typed(cell));
                    at = field.next;
                    if field.ends_record {
                        break;
                    }
                }
                Err(FlawKind::Unclosed) => return records,
                Err(_) => {
                    record.is_broken = true;
                    at = next_line(block, at);
                    break;
                }
            }
        }
        if record.fields > 1 || record.filled > 0 || record.is_broken {
            records.push(record);
        }
    }
    records
}

/// Whether a cell is a value rather than a name.
fn is_typed(cell: &[u8]) -> bool {
    parse_number(cell).is_some()
        || parse_boolean(cell).is_some()
        || std::str::from_utf8(cell).is_ok_and(is_number_in_any_form)
}

/// Where the next line begins if this one is blank or a comment by the settings.
fn passed_over(block: &[u8], at: usize, options: &TextOptions) -> Option<usize> {
    let rest = &block[at..];
    let is_comment = options
        .comment
        .as_ref()
        .is_some_and(|it| !it.is_empty() && rest.starts_with(it.as_bytes()));
    (is_comment || matches!(rest, [b'\n', ..] | [b'\r', b'\n', ..])).then(|| next_line(block, at))
}

/// The first record that is not blank and no comment by the settings.
fn first_record(block: &[u8], mut at: usize, options: &TextOptions) -> usize {
    while at < block.len() {
        match passed_over(block, at, options) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

fn next_line(block: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |feed| at + feed + 1)
}

fn line(block: &[u8], at: usize) -> &[u8] {
    trim(&block[at..next_line(block, at)])
}

/// The start of a line, counted from 1.
fn line_start(block: &[u8], line: u32) -> Option<usize> {
    let skip = if block.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let mut at = skip;
    for _ in 1..line {
        at = next_line(block, at);
    }
    (at < block.len()).then_some(at)
}

/// The separator that a first line `sep=;` names, as spreadsheets write it, and where the next line begins.
fn sep_line(block: &[u8], start: usize) -> Option<(u8, usize)> {
    let end = next_line(block, start);
    let first = block[start..end]
        .strip_suffix(b"\n")
        .unwrap_or(&block[start..end]);
    let first = first.strip_suffix(b"\r").unwrap_or(first);
    let first = first
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(first);
    match first {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => Some((*separator, end)),
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', b'\\', b't'] => Some((b'\t', end)),
        _ => None,
    }
}

/// The separator that the first line shows, where the lines below do not.
fn in_first_line(block: &[u8], start: usize) -> u8 {
    let line = line(block, start);
    let found = CANDIDATES.into_iter().find(|byte| line.contains(byte));
    found.unwrap_or(b',')
}
