//! Whether a file that cannot be read was cut off: it is still being written, or its writer died.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::source::{self, Format};
use super::table::Bad;

/// Looks at a file that was found bad.
pub(super) fn is_cut(path: &Path, format: Format, bad: &Bad) -> bool {
    match format {
        Format::Parquet => lacks_footer(path).unwrap_or(false),
        Format::Csv | Format::Json => match end_of(path) {
            Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
            Ok(End {
                last: Some(b'\n') | None,
                ..
            }) => false,
            Ok(End { lines, .. }) => match format {
                Format::Json => bad.reason.contains("in the middle of a value"),
                _ => {
                    let is_ragged = bad.reason.contains("where the header has");
                    (is_ragged && bad.line == Some(lines)) || bad.reason.contains("never closed")
                }
            },
        },
    }
}

struct End {
    last: Option<u8>,
    lines: u64,
}

/// The last byte and the number of the last line.
fn end_of(path: &Path) -> io::Result<End> {
    let mut reader = source::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    let mut end = End {
        last: None,
        lines: 1,
    };
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(end),
            Ok(n) => {
                end.last = buffer[..n].last().copied();
                end.lines += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A Parquet file begins and ends with the same four bytes.
fn lacks_footer(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let (mut first, mut last) = ([0; 4], [0; 4]);
    file.read_exact(&mut first)?;
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut last)?;
    Ok(first == *b"PAR1" && last != *b"PAR1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_in_the_middle_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let cut = |name: &str, bytes: &[u8], format: Format, bad: Bad| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("writes");
            is_cut(&path, format, &bad)
        };
        let ragged = |line| Bad::new("1 field where the header has 2").line(Some(line));
        assert!(cut("a.csv", b"x,y\n1,2\n3", Format::Csv, ragged(3)));
        assert!(!cut("b.csv", b"x,y\n3\n1,2", Format::Csv, ragged(2)));
        assert!(!cut("c.csv", b"x,y\n1,2\n3\n", Format::Csv, ragged(3)));
        let open = Bad::new("a quote opens here and is never closed").line(Some(2));
        assert!(cut("d.csv", b"x,y\n1,\"a\nb", Format::Csv, open));
        let middle = || Bad::new("the file ends in the middle of a value");
        assert!(cut(
            "a.json",
            b"[{\"x\": 1}, {\"x\"",
            Format::Json,
            middle()
        ));
        assert!(!cut(
            "b.json",
            b"[{\"x\": 1}, oops]",
            Format::Json,
            Bad::new("not valid JSON: expected value")
        ));
        let mut compressed =
            flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        io::Write::write_all(&mut compressed, &b"x,y\n1,2\n".repeat(1000)).expect("writes");
        let compressed = compressed.finish().expect("ends");
        let damaged = || Bad::new("the compressed data is damaged or cut off");
        assert!(cut(
            "a.csv.gz",
            &compressed[..compressed.len() / 2],
            Format::Csv,
            damaged()
        ));
        assert!(!cut(
            "b.csv.gz",
            &b"x,y\n1,2\n".repeat(9),
            Format::Csv,
            damaged()
        ));
        assert!(cut(
            "a.parquet",
            b"PAR1....",
            Format::Parquet,
            Bad::new("damaged")
        ));
        assert!(!cut(
            "b.parquet",
            b"nothing of the kind",
            Format::Parquet,
            Bad::new("damaged")
        ));
    }
}
