//! The end of a run's log, compressed or not: to show it, or to find the run's last message.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Whether a log is there, compressed or not.
pub fn log_is_there(path: &Path) -> bool {
    path.exists() || compressed(path).exists()
}

/// The whole lines at the end of a log, at most this many bytes of them. One that is not there may have been compressed.
///
/// # Errors
/// When neither form is there, or the one that is cannot be read.
pub fn log_end(path: &Path, most: u64) -> io::Result<String> {
    let (mut bytes, is_cut) = match File::open(path) {
        Ok(file) => end_of_plain(file, most)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            end_of_compressed(File::open(compressed(path))?, most)?
        }
        Err(error) => return Err(error),
    };
    if is_cut {
        let begin = bytes.iter().position(|byte| *byte == b'\n');
        bytes.drain(..begin.map_or(bytes.len(), |at| at + 1));
    }
    // The last line may be half written.
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(end.map_or(0, |at| at + 1));
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn compressed(path: &Path) -> PathBuf {
    path.with_extension("ndjson.gz")
}

/// The end of a file, and whether there is more before it.
fn end_of_plain(mut file: File, most: u64) -> io::Result<(Vec<u8>, bool)> {
    let skipped = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(skipped))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok((bytes, skipped > 0))
}

/// The same of a compressed one, which has to be read from its beginning; no more than twice the end is held.
fn end_of_compressed(file: File, most: u64) -> io::Result<(Vec<u8>, bool)> {
    let mut unpacked = flate2::read::MultiGzDecoder::new(file);
    let (mut bytes, mut is_cut) = (Vec::new(), false);
    loop {
        let read = unpacked.by_ref().take(most).read_to_end(&mut bytes)?;
        let surplus = bytes.len().saturating_sub(most as usize);
        is_cut |= surplus > 0;
        bytes.drain(..surplus);
        if read == 0 {
            return Ok((bytes, is_cut));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_told_and_of_a_long_log_the_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        for (text, most, expected) in [
            ("", 100, ""),
            ("one\ntwo\n", 100, "one\ntwo\n"),
            ("one\ntw", 100, "one\n"),
            ("one\ntwo\n", 6, "two\n"),
            ("one\ntwo\nthr", 8, "two\n"),
            ("a line that is too long", 4, ""),
        ] {
            std::fs::write(&path, text).expect("writes");
            let end = log_end(&path, most).expect("reads");
            assert_eq!(end, expected, "{text:?} {most}");
            let compressed = std::fs::File::create(folder.path().join("other.ndjson.gz"));
            let mut compressed =
                flate2::write::GzEncoder::new(compressed.expect("makes"), Default::default());
            std::io::Write::write_all(&mut compressed, text.as_bytes()).expect("compresses");
            compressed.finish().expect("compresses");
            let end = log_end(&folder.path().join("other.ndjson"), most).expect("reads");
            assert_eq!(end, expected, "compressed {text:?} {most}");
        }
    }
}
