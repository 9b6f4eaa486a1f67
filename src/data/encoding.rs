//! How the bytes of a text file stand for characters: found out or set, and decoded to UTF-8 while reading.

use std::io::{self, Read};
use std::path::Path;

use super::encoding_name::Encoding;
use super::read_error::NotDecodable;
use super::read_error::read_error;
use super::source;
use super::table::{Bad, TableError};

/// Bytes that are looked at to find the encoding out.
const LOOK: usize = 64 << 10;

/// A text file with its encoding; reading it gives UTF-8.
#[derive(Clone, Copy)]
pub(super) struct TextFile<'a> {
    pub path: &'a Path,
    /// `None` for UTF-8, which is not decoded.
    pub encoding: Option<Encoding>,
}

impl<'a> TextFile<'a> {
    /// Finds a file's encoding out: by its byte order mark, by the settings, by zero bytes that only UTF-16 has.
    ///
    /// # Errors
    /// When the file is not a text at all, or cannot be read.
    pub fn find(path: &'a Path, set: Option<Encoding>) -> Result<TextFile<'a>, TableError> {
        let reader = source::open(path).map_err(|error| read_error(path, error))?;
        let mut head = Vec::new();
        let mut reader = reader.take(LOOK as u64);
        reader
            .read_to_end(&mut head)
            .map_err(|error| read_error(path, error))?;
        if let Some(what) = foreign(&head) {
            return Err(Bad::new(what).into());
        }
        let marked = encoding_rs::Encoding::for_bom(&head).map(|(encoding, _)| encoding);
        let set = set.map(|encoding| encoding.0);
        // Not every file of a folder need be in the encoding that is set, and no text in a code page is UTF-8 by chance.
        let set = set.filter(|set| !set.is_single_byte() || !is_clearly_utf_8(&head));
        let encoding = marked.or(set).or_else(|| utf_16_without_mark(&head));
        let is_utf_8 = encoding.is_none_or(|encoding| encoding == encoding_rs::UTF_8);
        if is_utf_8 && has_control_bytes(&head) {
            let why = "not a text file: it has bytes that no text has";
            return Err(Bad::new(why).line(Some(1)).into());
        }
        Ok(TextFile {
            path,
            encoding: encoding.filter(|_| !is_utf_8).map(Encoding),
        })
    }

    /// Opens it for reading UTF-8 bytes (whatever is there, where it is taken for UTF-8).
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let reader = source::open(self.path)?;
        Ok(match self.encoding {
            None => reader,
            Some(Encoding(encoding)) => Box::new(Decoding {
                reader,
                decoder: encoding.new_decoder(),
                input: Vec::new(),
                taken: 0,
                at: 0,
                at_end: false,
                is_done: false,
                left: Vec::new(),
            }),
        })
    }

    /// As [`open`](TextFile::open), with an error of the kind `FileTooLarge` where there are more bytes than `most`.
    pub fn open_bounded(&self, most: Option<u64>) -> io::Result<Box<dyn Read + Send>> {
        Ok(source::bounded(self.open()?, most))
    }

    /// The 1-based physical line in which byte `offset` of what is read stands; `None` if it cannot be read again.
    pub fn line_at(&self, offset: u64) -> Option<u64> {
        source::count_lines(self.open().ok()?, offset)
    }

    /// The name of its encoding.
    pub fn encoding_name(&self) -> String {
        self.encoding
            .map_or_else(|| "utf-8".to_string(), Encoding::name)
    }

    /// What to say of bytes that are not UTF-8, the first of them at `offset`, and which encoding they may be in.
    pub fn not_utf_8(&self, offset: u64) -> String {
        let mut bytes = Vec::new();
        let seen = self.open().and_then(|reader| {
            let from = offset.saturating_sub(LOOK as u64 / 2);
            let mut reader = reader;
            io::copy(&mut reader.by_ref().take(from), &mut io::sink())?;
            reader.take(LOOK as u64).read_to_end(&mut bytes)
        });
        let likely = match seen {
            Ok(_) if !bytes.is_empty() && !has_control_bytes(&bytes) => {
                let mut detector = chardetng::EncodingDetector::new();
                detector.feed(&bytes, true);
                let guess = detector.guess(None, false);
                format!(
                    "; set `ingest.encoding`, likely to `{}`",
                    Encoding(guess).name()
                )
            }
            _ => "; set `ingest.encoding` where it is text in another encoding".to_string(),
        };
        format!(
            "bytes that are not UTF-8, the first at byte {}{likely}",
            offset + 1
        )
    }
}

/// Whether the bytes are UTF-8 and hold characters of several bytes; the last may be cut off.
fn is_clearly_utf_8(head: &[u8]) -> bool {
    let is_whole = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    is_whole && !head.is_ascii()
}

/// What a file is by its first bytes, where it is none that can be read as text.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 16] = [
        (
            b"PK\x03\x04",
            "not a text file but a zip archive, such as an Excel workbook (.xlsx); save the sheet as CSV",
        ),
        (
            b"\xD0\xCF\x11\xE0",
            "not a text file but an Excel workbook of the old form (.xls); save the sheet as CSV",
        ),
        (
            b"PAR1",
            "not a text file but a Parquet file; name it `.parquet`",
        ),
        (b"%PDF", "not a text file but a PDF document"),
        (b"\x89PNG", "not a text file but an image (PNG)"),
        (
            b"BZh",
            "compressed by bzip2, which is not read; gzip and Zstandard are",
        ),
        (
            b"\xFD7zXZ",
            "compressed by xz, which is not read; gzip and Zstandard are",
        ),
        (b"SQLite format 3", "not a text file but an SQLite database"),
        (
            b"ARROW1",
            "not a text file but an Arrow file (Feather), which is not read; save it as Parquet",
        ),
        (
            b"Obj\x01",
            "not a text file but an Avro file, which is not read; save it as Parquet",
        ),
        (
            b"ORC",
            "not a text file but an ORC file, which is not read; save it as Parquet",
        ),
        (
            b"\x89HDF",
            "not a text file but an HDF5 file, which is not read; save it as Parquet",
        ),
        (b"{\\rtf", "not a text file but a document (RTF)"),
        (
            b"7z\xBC\xAF",
            "a 7z archive, which is not read; gzip and Zstandard are",
        ),
        (
            b"\xFF\xFE\0\0",
            "UTF-32, which is not read; save it as UTF-8",
        ),
        (
            b"\0\0\xFE\xFF",
            "UTF-32, which is not read; save it as UTF-8",
        ),
    ];
    // The letters of ORC may well begin a text.
    let is_known = |magic: &[u8]| {
        head.starts_with(magic)
            && (magic != b"ORC" || has_control_bytes(&head[..head.len().min(64)]))
    };
    if let Some((_, what)) = KNOWN.iter().find(|(magic, _)| is_known(magic)) {
        return Some(what);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("an archive of files (tar), which is not read; take the files out of it");
    }
    let start: Vec<u8> = head
        .trim_ascii_start()
        .iter()
        .take(14)
        .map(u8::to_ascii_lowercase)
        .collect();
    let is_page = start.starts_with(b"<!doctype html") || start.starts_with(b"<html");
    is_page
        .then_some("not a data file but a web page (HTML), as a login or error page may be saved")
}

/// Whether more than a twentieth of the bytes are in no text: a stray one in a cell makes no other file of it.
fn has_control_bytes(bytes: &[u8]) -> bool {
    let is_control = |byte: &&u8| matches!(byte, 0..=8 | 14..=25 | 28..=31);
    bytes.iter().filter(is_control).count() * 20 > bytes.len()
}

/// UTF-16 without a mark: nearly every second byte is zero, always on the same side.
fn utf_16_without_mark(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let pairs = head.len() / 2;
    let zeros = |side: usize| {
        let bytes = head.iter().skip(side).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let (first, second) = (zeros(0), zeros(1));
    let most = |zeros: usize| zeros >= 2 && zeros * 10 >= pairs * 6;
    match (first, second) {
        (0, second) if most(second) => Some(encoding_rs::UTF_16LE),
        (first, 0) if most(first) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Decodes while reading.
struct Decoding<R> {
    reader: R,
    decoder: encoding_rs::Decoder,
    input: Vec<u8>,
    /// Bytes of `input` that are decoded.
    taken: usize,
    /// Where `input` begins in the file.
    at: u64,
    at_end: bool,
    is_done: bool,
    /// Decoded bytes that the caller had no room for.
    left: Vec<u8>,
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        // The decoder wants room for at least one character.
        if out.len() < 8 || !self.left.is_empty() {
            if self.left.is_empty() {
                let mut room = [0; 64];
                let n = self.decode(&mut room)?;
                self.left.extend_from_slice(&room[..n]);
            }
            let n = self.left.len().min(out.len());
            out[..n].copy_from_slice(&self.left[..n]);
            self.left.drain(..n);
            return Ok(n);
        }
        self.decode(out)
    }
}

impl<R: Read> Decoding<R> {
    fn decode(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.is_done {
                return Ok(0);
            }
            if self.taken == self.input.len() && !self.at_end {
                self.at += self.input.len() as u64;
                self.input.resize(1 << 16, 0);
                let n = self.reader.read(&mut self.input)?;
                self.input.truncate(n);
                self.taken = 0;
                self.at_end = n == 0;
            }
            let source = &self.input[self.taken..];
            let (result, read, written) =
                self.decoder
                    .decode_to_utf8_without_replacement(source, out, self.at_end);
            self.taken += read;
            match result {
                encoding_rs::DecoderResult::Malformed(..) => {
                    let wrong = NotDecodable {
                        encoding: self.decoder.encoding().name().to_ascii_lowercase(),
                        at: self.at + self.taken as u64,
                    };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
                }
                encoding_rs::DecoderResult::InputEmpty => self.is_done = self.at_end,
                encoding_rs::DecoderResult::OutputFull => {}
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}
