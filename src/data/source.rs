//! A file's format by its name, and its bytes without their compression.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// What is inside a file, after decompression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Parquet,
}

impl Format {
    /// Its name in plans.
    pub fn name(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Parquet => "parquet",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Plain,
    Gzip,
    Zstd,
}

/// The format that goes with a file name; `None` for unknown extensions. `data.gz` is taken for CSV.
pub(super) fn format_of(path: &Path) -> Option<Format> {
    let (format, compression) = split_name(path)?;
    (format != Format::Parquet || compression == Compression::Plain).then_some(format)
}

fn split_name(path: &Path) -> Option<(Format, Compression)> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let (stem, compression) = match name.rsplit_once('.')? {
        (stem, "gz") => (stem, Compression::Gzip),
        (stem, "zst") => (stem, Compression::Zstd),
        _ => (name.as_str(), Compression::Plain),
    };
    let format = match stem.rsplit_once('.') {
        Some((_, "csv" | "tsv")) => Format::Csv,
        Some((_, "json" | "ndjson" | "jsonl")) => Format::Json,
        Some((_, "parquet")) => Format::Parquet,
        None if compression != Compression::Plain => Format::Csv,
        _ => return None,
    };
    Some((format, compression))
}

/// How a file is compressed by its first bytes, whatever its name.
fn compression_of(path: &Path) -> io::Result<Compression> {
    let mut head = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut head)?;
    Ok(match head[..] {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
        _ => Compression::Plain,
    })
}

/// How a file is compressed: `gzip`, `zstd`, or not at all.
pub(super) fn compression(path: &Path) -> Option<&'static str> {
    match compression_of(path).ok()? {
        Compression::Plain => None,
        Compression::Gzip => Some("gzip"),
        Compression::Zstd => Some("zstd"),
    }
}

/// Opens a file for reading its decompressed bytes. All members of a gzip file and all frames of a zstd file are read.
pub(super) fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    let compression = compression_of(path)?;
    let file = File::open(path)?;
    Ok(match compression {
        Compression::Plain => Box::new(file),
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(
            io::BufReader::with_capacity(1 << 18, file),
        )),
        Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(file)?),
    })
}

/// As [`open`], but no more than about `most` bytes, up to the end of a row. What is not text of one byte per separator
/// (UTF-16) is read whole.
pub(super) fn open_head(path: &Path, most: Option<u64>) -> io::Result<Box<dyn Read + Send>> {
    let mut reader = open(path)?;
    let Some(most) = most else {
        return Ok(reader);
    };
    let mut head = Vec::new();
    reader.by_ref().take(most).read_to_end(&mut head)?;
    let is_utf16 = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
    if (head.len() as u64) < most || is_utf16 {
        return Ok(Box::new(io::Cursor::new(head).chain(reader)));
    }
    match end_of_last_row(&head) {
        0 => Ok(Box::new(io::Cursor::new(head).chain(reader))),
        end => {
            head.truncate(end);
            Ok(Box::new(io::Cursor::new(head)))
        }
    }
}

/// Where the last whole row ends: behind a line feed with an even number of quotes before it; 0 where there is none.
fn end_of_last_row(head: &[u8]) -> usize {
    let (mut end, mut is_open) = (0, false);
    for at in memchr::memchr2_iter(b'"', b'\n', head) {
        match head[at] {
            b'"' => is_open = !is_open,
            _ if !is_open => end = at + 1,
            _ => {}
        }
    }
    end
}

/// A reader with an error of the kind `FileTooLarge` where there are more bytes than `most`.
pub(super) fn bounded(reader: Box<dyn Read + Send>, most: Option<u64>) -> Box<dyn Read + Send> {
    match most {
        None => reader,
        Some(most) => Box::new(Bounded {
            reader,
            left: most,
            most,
        }),
    }
}

/// A reader that does not continue forever.
struct Bounded {
    reader: Box<dyn Read + Send>,
    left: u64,
    most: u64,
}

impl Read for Bounded {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => {
                self.left = left;
                Ok(read)
            }
            None => {
                let why = too_large("its decompressed contents", self.most);
                Err(io::Error::new(io::ErrorKind::FileTooLarge, why))
            }
        }
    }
}

/// True when reading fails because the compressed bytes are wrong, not because the disk is.
pub(super) fn is_packed(path: &Path) -> bool {
    compression(path).is_some()
}

/// The 1-based line in which byte `offset` of a reader stands; `None` if it cannot be read.
pub(super) fn count_lines(reader: impl Read, offset: u64) -> Option<u64> {
    let mut reader = reader.take(offset);
    let mut buffer = vec![0; 1 << 16];
    let mut line = 1;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Some(line),
            Ok(n) => line += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Why a file is not read that would not fit into memory.
pub(super) fn too_large(what: &str, most: u64) -> String {
    let most = most >> 20;
    format!(
        "{what} need more than the {most} MB that one file may; `ingest.max_file_mb` is the bound"
    )
}
