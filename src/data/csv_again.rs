//! A CSV file once more, record by record: for cells as they stand, and for the lines of rows.

use std::io::{self, Read};
use std::path::Path;

use super::cells::{trim, trim_text};
use super::csv_file::{begin, fill};
use super::csv_header::read_header;
use super::encoding::TextFile;
use super::encoding_name::Encoding;
use super::header_again::is_header_again;
use super::options::ReadOptions;
use super::read_error::read_error;
use super::table::{Bad, TableError, TextFacts};
use crate::text::counted;

/// The column names of a CSV file, what separates its cells, and its text from its header on.
pub(super) fn header_of(path: &Path, options: &ReadOptions) -> Result<Above, TableError> {
    let file = TextFile::find(path, options.text.encoding)?;
    let mut reader = file.open().map_err(|error| read_error(path, error))?;
    let mut block = Vec::new();
    let at_end = fill(&mut *reader, &mut block, 0).map_err(|error| read_error(path, error))?;
    let start = begin(&block);
    if block[start..].trim_ascii().is_empty() && at_end {
        return Err(Bad::new("file is empty").into());
    }
    let header = read_header(&file, &block, start, at_end, options)?;
    Ok(Above {
        names: header.names,
        separator: header.layout.separator,
        body: header.body as u64,
        titles: header.shape.titles,
        encoding: file.encoding,
        has_header: options.text.header_row != Some(0),
        comment: options.text.comment.clone().unwrap_or_default(),
    })
}

/// What is above the records of a CSV file.
pub(super) struct Above {
    pub names: Vec<String>,
    pub separator: u8,
    /// Where the records begin.
    pub body: u64,
    pub encoding: Option<Encoding>,
    /// Lines above the header that are passed over as titles.
    pub titles: u64,
    /// Whether the names are in the file.
    pub has_header: bool,
    /// What a line begins with that is passed over; empty for nothing.
    comment: String,
}

impl Above {
    /// Whether a record with this first cell is a comment by the settings.
    pub fn is_comment(&self, first: &str) -> bool {
        !self.comment.is_empty() && first.starts_with(&self.comment)
    }

    /// Whether a record is a line of blanks, which is not a row where rows have several cells.
    pub fn is_blank(&self, cells: usize, first: &str) -> bool {
        cells == 1 && self.names.len() > 1 && trim_text(first).is_empty()
    }

    /// What of the file is not a row, in words: titles, and so many records that are the header once more.
    pub fn passed_over(&self, headers: u64) -> Vec<String> {
        let titles = (self.titles > 0).then(|| {
            let lines = counted(self.titles, "line");
            format!("{lines} above the header passed over as titles (`ingest.header_row` says otherwise)")
        });
        let headers = (headers > 0).then(|| {
            format!(
                "{} equal to the header left out",
                counted(headers, "record")
            )
        });
        titles.into_iter().chain(headers).collect()
    }
}

/// The records of a file below its header, and the number of lines above them.
pub(super) fn records_of(
    path: &Path,
    encoding: Option<Encoding>,
    body: u64,
) -> Result<(Box<dyn Read + Send>, u64), TableError> {
    let file = TextFile { path, encoding };
    let above = file.line_at(body).map_or(0, |line| line - 1);
    let mut reader = file.open().map_err(|error| read_error(path, error))?;
    io::copy(&mut reader.by_ref().take(body), &mut io::sink())
        .map_err(|error| read_error(path, error))?;
    Ok((reader, above))
}

/// The 1-based physical lines of some rows of a file, counted from 0, in ascending order; fewer where it cannot be read again.
pub(super) fn lines_of_rows(
    path: &Path,
    options: &ReadOptions,
    facts: &TextFacts,
    rows: &[u64],
) -> Vec<u64> {
    let mut lines = Vec::new();
    let Ok(file) = TextFile::find(path, options.text.encoding) else {
        return lines;
    };
    let (Some(before), Ok(mut reader)) = (file.line_at(facts.body), file.open()) else {
        return lines;
    };
    if io::copy(&mut reader.by_ref().take(facts.body), &mut io::sink()).is_err() {
        return lines;
    }
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(facts.separator)
        .from_reader(reader);
    let comment = options.text.comment.as_deref().unwrap_or_default();
    let mut header: Option<&[String]> = None;
    let names = facts.names.as_slice();
    if facts.has_header && names.len() > 1 {
        header = Some(names);
    }
    let mut record = csv::ByteRecord::new();
    let mut row = 0;
    while lines.len() < rows.len() && matches!(records.read_byte_record(&mut record), Ok(true)) {
        let first = record.get(0).unwrap_or_default();
        let is_blank = record.len() == 1 && trim(first).is_empty() && names.len() > 1;
        let is_comment = !comment.is_empty() && first.starts_with(comment.as_bytes());
        let is_header = header.is_some_and(|names| {
            // A name that is not UTF-8 is none that the file has.
            let cells = record.iter();
            is_header_again(
                names,
                cells.map(|cell| std::str::from_utf8(cell).unwrap_or("\0")),
            )
        });
        if is_blank || is_comment || is_header {
            continue;
        }
        if rows[lines.len()] == row {
            let line = record.position().map_or(1, csv::Position::line);
            lines.push(before - 1 + line);
        }
        row += 1;
    }
    lines
}
