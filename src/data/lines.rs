//! Rows of a CSV file to the lines they are in.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::source::{self, Format};

/// The physical line, from 1, in which a row of a CSV file begins; `row` is counted from 0 below the header. `None` where the
/// file is of another format, cannot be read, or does not hold `rows` rows below one header line.
pub fn line_of_row(path: &Path, row: u64, rows: u64) -> Option<u64> {
    if source::format_of(path) != Some(Format::Csv) {
        return None;
    }
    let reader = BufReader::new(source::open(path).ok()?);
    let (found, records) = records(reader, row + 1).ok()?;
    found.filter(|_| records == rows + 1)
}

/// The line in which a record begins, the header being 0, and the number of records. Blank lines are none; a line break
/// between quotes ends none.
fn records(mut reader: impl BufRead, wanted: u64) -> io::Result<(Option<u64>, u64)> {
    let (mut line, mut records, mut found) = (0, 0, None);
    let (mut begin, mut is_blank, mut is_open) = (1, true, false);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let at_end = reader.read_until(b'\n', &mut bytes)? == 0;
        if !at_end {
            line += 1;
            is_blank &= bytes.trim_ascii().is_empty() || bytes.trim_ascii() == b"\xEF\xBB\xBF";
            is_open ^= memchr::memchr_iter(b'"', &bytes).count() % 2 == 1;
        }
        if !is_open || at_end {
            if !is_blank {
                found = found.or((records == wanted).then_some(begin));
                records += 1;
            }
            (begin, is_blank) = (line + 1, true);
        }
        if at_end {
            return Ok((found, records));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_past_blank_lines_and_line_breaks_between_quotes() {
        let text = b"\n a,b\n1,\"x\ny\"\n\n2,z\n3,\"\"\"\"\n";
        let line = |row: u64| records(&text[..], row + 1).expect("reads");
        assert_eq!(line(0), (Some(3), 4));
        assert_eq!(line(1), (Some(6), 4));
        assert_eq!(line(2), (Some(7), 4));
        assert_eq!(line(3), (None, 4));
    }

    #[test]
    fn a_file_with_other_rows_than_were_read_has_no_line() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n1,2\n3,4").expect("writes");
        assert_eq!(line_of_row(&path, 1, 2), Some(3));
        assert_eq!(line_of_row(&path, 1, 3), None);
        assert_eq!(line_of_row(&folder.path().join("a.json"), 1, 2), None);
    }
}
