//! Fields and records of CSV, and one part of a file parsed straight into columns.
//!
//! A part begins at a record and reads all records that begin before its end. Whether a guessed beginning was right shows
//! when the part before it ends: a wrong guess is read again, so the result never depends on the guess.

use super::cells::{Nulls, trim};
use super::header_again::is_name_again;
use super::part_column::{NotUtf8, PartColumn};
use super::schema::Kind;

/// What is wrong with the text of a record, and at which byte.
#[derive(Debug)]
pub(super) struct Flaw {
    pub at: usize,
    pub what: FlawKind,
}

#[derive(Debug)]
pub(super) enum FlawKind {
    /// A quoted field reaches the end of the bytes.
    Unclosed,
    AfterQuote {
        field: usize,
    },
    Fields {
        found: usize,
    },
    NotUtf8 {
        field: usize,
    },
}

/// One field: its bytes, and what comes after.
pub(super) struct Field {
    pub from: usize,
    pub to: usize,
    /// Doubled quotes are inside.
    pub escaped: bool,
    /// Where the next field or record begins.
    pub next: usize,
    pub ends_record: bool,
}

impl Field {
    /// The field's content; `scratch` holds it when quotes were doubled.
    pub fn cell<'a>(&self, bytes: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let raw = &bytes[self.from..self.to];
        if !self.escaped {
            return raw;
        }
        scratch.clear();
        let mut rest = raw;
        while let Some(quote) = memchr::memchr(b'"', rest) {
            scratch.extend_from_slice(&rest[..=quote]);
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        scratch.extend_from_slice(rest);
        scratch
    }
}

/// Reads the field that begins at `at`. The end of `bytes` ends the record.
#[inline(always)]
pub(super) fn next_field(bytes: &[u8], at: usize, separator: u8) -> Result<Field, FlawKind> {
    if bytes.get(at) == Some(&b'"') {
        return quoted_field(bytes, at, separator);
    }
    let end = field_end(bytes, at, separator);
    let ends_record = bytes.get(end) != Some(&separator);
    let carriage_return = ends_record && end > at && bytes[end - 1] == b'\r';
    Ok(Field {
        from: at,
        to: end - usize::from(carriage_return),
        escaped: false,
        next: (end + 1).min(bytes.len()),
        ends_record,
    })
}

fn quoted_field(bytes: &[u8], at: usize, separator: u8) -> Result<Field, FlawKind> {
    let from = at + 1;
    let mut escaped = false;
    let mut to = from;
    loop {
        to +=
            memchr::memchr(b'"', bytes.get(to..).unwrap_or_default()).ok_or(FlawKind::Unclosed)?;
        if bytes.get(to + 1) != Some(&b'"') {
            break;
        }
        escaped = true;
        to += 2;
    }
    let mut after = to + 1;
    while bytes.get(after) == Some(&b' ') && separator != b' ' {
        after += 1;
    }
    let (next, ends_record) = match bytes.get(after..).unwrap_or_default() {
        [] | [b'\r'] => (bytes.len(), true),
        [b'\n', ..] => (after + 1, true),
        [b'\r', b'\n', ..] => (after + 2, true),
        [byte, ..] if *byte == separator => (after + 1, false),
        _ => return Err(FlawKind::AfterQuote { field: 0 }),
    };
    Ok(Field {
        from,
        to,
        escaped,
        next,
        ends_record,
    })
}

/// The next separator or line feed at or after `from`, or the end: eight bytes at a time.
#[inline(always)]
fn field_end(bytes: &[u8], from: usize, separator: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let separators = ONES * u64::from(separator);
    let feeds = ONES * u64::from(b'\n');
    let mut at = from;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*eight);
        let (a, b) = (word ^ separators, word ^ feeds);
        // The lowest set bit marks the first zero byte of `a` or `b`.
        let hits = ((a.wrapping_sub(ONES) & !a) | (b.wrapping_sub(ONES) & !b)) & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while at < bytes.len() && bytes[at] != separator && bytes[at] != b'\n' {
        at += 1;
    }
    at
}

/// How the records of a file look.
pub(super) struct Layout {
    pub separator: u8,
    pub fields: usize,
    pub nulls: Nulls,
    /// The names of the header: a record of the same names is none. Empty for none.
    pub header: Vec<String>,
    /// What a line begins with that is passed over. Empty for nothing.
    pub comment: Vec<u8>,
}

impl Layout {
    /// Where the next record begins if the one at `at` is a comment or the header once more, and whether it is the header.
    #[inline(always)]
    fn passed_over(&self, bytes: &[u8], at: usize) -> Option<(usize, bool)> {
        let first = bytes[at];
        if self.may_begin_header(bytes, at) {
            let mark = if bytes[at..].starts_with(b"\xEF\xBB\xBF") {
                3
            } else {
                0
            };
            if let Some(next) = self.after_header(bytes, at + mark) {
                return Some((next, true));
            }
        }
        if self.comment.first() == Some(&first) && bytes[at..].starts_with(&self.comment) {
            let end = memchr::memchr(b'\n', &bytes[at..]);
            return Some((end.map_or(bytes.len(), |feed| at + feed + 1), false));
        }
        None
    }

    /// Whether the header once more may stand here, by its first letter alone.
    #[inline(always)]
    fn may_begin_header(&self, bytes: &[u8], at: usize) -> bool {
        let Some(name) = self.header.first() else {
            return false;
        };
        let first = match &bytes[at..] {
            [b'"', first, ..] => *first,
            [first, ..] => *first,
            [] => return false,
        };
        match name.as_bytes().first() {
            Some(letter) if letter.is_ascii() => {
                letter.eq_ignore_ascii_case(&first) || matches!(first, b' ' | b'\t' | 0xC2..=0xEF)
            }
            _ => true,
        }
    }

    /// Where the next record begins, if the header stands here once more.
    fn after_header(&self, bytes: &[u8], mut at: usize) -> Option<usize> {
        let mut scratch = Vec::new();
        for (index, name) in self.header.iter().enumerate() {
            let field = next_field(bytes, at, self.separator).ok()?;
            let is_last = index + 1 == self.header.len();
            if field.ends_record != is_last {
                return None;
            }
            let cell = std::str::from_utf8(field.cell(bytes, &mut scratch)).ok()?;
            if !is_name_again(cell, name, index) {
                return None;
            }
            at = field.next;
        }
        Some(at)
    }
}

/// The records of one part, in columns.
pub(super) struct Part {
    pub columns: Vec<PartColumn>,
    pub rows: usize,
    /// Where the record begins that comes next.
    pub end: usize,
    /// The record at `end` is not whole, or wrong.
    pub flaw: Option<Flaw>,
    /// Records that are the header once more, which are left out, and where the first of them begins.
    pub headers: u64,
    pub header_at: Option<usize>,
    /// Lines that were passed over as comments.
    pub comments: u64,
}

/// Reads the records of `bytes` that begin in `from..to`, each column beginning with its kind in `kinds`.
pub(super) fn parse_part(
    bytes: &[u8],
    from: usize,
    to: usize,
    layout: &Layout,
    kinds: &[Option<Kind>],
) -> Part {
    let part = parse_once(bytes, from, to, layout, kinds);
    if part.flaw.is_some() && part.rows == 0 || !part.columns.iter().any(|column| column.conflict) {
        return part;
    }
    // Numbers, then text: read again, this time with those columns as text from the beginning.
    let kinds: Vec<Option<Kind>> = part
        .columns
        .iter()
        .zip(kinds)
        .map(|(column, &kind)| {
            if column.conflict {
                Some(Kind::Text)
            } else {
                kind
            }
        })
        .collect();
    let mut again = parse_once(bytes, from, to, layout, &kinds);
    for (column, before) in again.columns.iter_mut().zip(&part.columns) {
        column.first_at = before.first_at;
        column.text_at = before.text_at;
    }
    again
}

fn parse_once(
    bytes: &[u8],
    from: usize,
    to: usize,
    layout: &Layout,
    kinds: &[Option<Kind>],
) -> Part {
    let mut columns: Vec<PartColumn> = kinds.iter().map(|&kind| PartColumn::new(kind)).collect();
    let mut scratch = Vec::new();
    let (mut rows, mut end) = (0, from);
    let mut flaw = None;
    let (mut headers, mut header_at, mut comments) = (0, None, 0);
    while end < to {
        match &bytes[end..] {
            [b'\n', ..] => end += 1,
            [b'\r', b'\n', ..] => end += 2,
            _ => {
                if let Some((next, is_header)) = layout.passed_over(bytes, end) {
                    headers += u64::from(is_header);
                    comments += u64::from(!is_header);
                    header_at = header_at.or(is_header.then_some(end));
                    end = next;
                    continue;
                }
                match parse_record(bytes, end, layout, &mut columns, &mut scratch) {
                    Ok((next, true)) => {
                        rows += 1;
                        end = next;
                    }
                    Ok((next, false)) => {
                        columns.iter_mut().for_each(|column| column.truncate(rows));
                        end = next;
                    }
                    Err(found) => {
                        columns.iter_mut().for_each(|column| column.truncate(rows));
                        flaw = Some(found);
                        break;
                    }
                }
            }
        }
    }
    Part {
        columns,
        rows,
        end,
        flaw,
        headers,
        header_at,
        comments,
    }
}

/// Pushes one record; answers where the next begins, and false for a line of blanks.
#[inline(always)]
fn parse_record(
    bytes: &[u8],
    record: usize,
    layout: &Layout,
    columns: &mut [PartColumn],
    scratch: &mut Vec<u8>,
) -> Result<(usize, bool), Flaw> {
    let mut at = record;
    let mut found = 0;
    loop {
        let field = next_field(bytes, at, layout.separator).map_err(|what| match what {
            FlawKind::AfterQuote { .. } => Flaw {
                at,
                what: FlawKind::AfterQuote { field: found },
            },
            what => Flaw { at, what },
        })?;
        if let Some(column) = columns.get_mut(found) {
            let pushed = if field.escaped {
                column.push(field.cell(bytes, scratch), at, &layout.nulls)
            } else {
                column.push(&bytes[field.from..field.to], at, &layout.nulls)
            };
            pushed.map_err(|NotUtf8(within)| Flaw {
                at: field.from + within,
                what: FlawKind::NotUtf8 { field: found },
            })?;
        }
        found += 1;
        at = field.next;
        if field.ends_record {
            break;
        }
    }
    if found == layout.fields {
        return Ok((at, true));
    }
    if found == 1 && trim(&bytes[record..at]).is_empty() {
        return Ok((at, false));
    }
    Err(Flaw {
        at: record,
        what: FlawKind::Fields { found },
    })
}
