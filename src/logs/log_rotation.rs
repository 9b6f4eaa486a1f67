//! Log rotation: a file of lines that is large enough is renamed and compressed, and the oldest of those are removed. Several processes
//! may write to it: each holds the file's lock while it writes, and looks first whether the file is still the one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::clock::{Clock, stamp};

/// When a file is put aside, and how many such files are kept.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// Bytes at which it is put aside.
    pub bytes: u64,
    /// Files beside it that are kept.
    pub files: usize,
}

/// What the logs of a server go by.
pub const ROTATION: Rotation = Rotation {
    bytes: 64 << 20,
    files: 8,
};

/// Others that put the file aside between its opening and its lock, at most.
const MOST_TRIES: usize = 100;

/// The file.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    clock: Clock,
    rotation: Rotation,
    mode: u32,
    file: Option<File>,
}

impl LineFile {
    /// Opens it, or makes it with these permissions.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path, mode: u32, clock: Clock, rotation: Rotation) -> io::Result<Self> {
        Ok(LineFile {
            file: Some(open(path, mode)?),
            path: path.to_path_buf(),
            clock,
            rotation,
            mode,
        })
    }

    /// Compresses what a process that ended has rotated and not compressed.
    pub fn tidy(&self) {
        start_packing(self.path.clone(), self.rotation.files);
    }

    /// Appends whole lines, all or none of them.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        for _ in 0..MOST_TRIES {
            let mut file = match self.file.take() {
                Some(file) => file,
                None => open(&self.path, self.mode)?,
            };
            // A terminal or a pipe does not grow, and not every file system has locks.
            if !file.metadata()?.is_file() || file.lock().is_err() {
                let written = file.write_all(lines);
                self.file = Some(file);
                return written;
            }
            if !is_the_one(&self.path, &file) {
                continue;
            }
            let before = file.metadata()?.len();
            let written = file.write_all(lines);
            if written.is_err() {
                file.set_len(before)?;
            } else if before + lines.len() as u64 >= self.rotation.bytes && self.put_aside() {
                // Closing it gives its lock back.
                return Ok(());
            }
            file.unlock()?;
            self.file = Some(file);
            return written;
        }
        Err(io::Error::other("others put it aside again and again"))
    }

    /// Tells whether it was; what is written is in any case.
    fn put_aside(&self) -> bool {
        let Ok(aside) = put_aside(&self.path) else {
            return false;
        };
        let free = beside(&self.path, &next_ending(&aside, &stamp(self.clock.now())));
        if let Err(error) = fs::rename(&self.path, &free) {
            tracing::warn!("a log cannot be put aside and grows on: {error}");
            return false;
        }
        self.tidy();
        true
    }
}

impl Write for LineFile {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.append(lines)?;
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(mode).open(path)
}

/// Whether the file at a path is the one that is open.
fn is_the_one(path: &Path, file: &File) -> bool {
    let (Ok(there), Ok(open)) = (fs::metadata(path), file.metadata()) else {
        return false;
    };
    (there.dev(), there.ino()) == (open.dev(), open.ino())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.{ending}"))
}

fn compressed(path: &Path) -> PathBuf {
    beside(path, "gz")
}

/// Compressing takes a while, and no writer waits for it. What a process leaves undone at its end, the next one does.
fn start_packing(path: PathBuf, most: usize) {
    let thread = std::thread::Builder::new().name("compress-log".to_string());
    let started = thread.spawn(move || {
        if let Err(error) = compress_all(&path, most) {
            tracing::warn!("a rotated log cannot be packed: {error}");
        }
    });
    if let Err(error) = started {
        tracing::warn!("a rotated log is not packed: {error}");
    }
}

/// Compresses every rotated file, and removes the oldest beyond `most`.
fn compress_all(path: &Path, most: usize) -> io::Result<()> {
    let aside = put_aside(path)?;
    let surplus = aside.len().saturating_sub(most);
    for (at, file) in aside.iter().enumerate() {
        if at < surplus {
            remove(file)?;
            remove(&compressed(file))?;
        } else if file.exists() {
            compress(file)?;
        }
    }
    Ok(())
}

/// Rotated files, compressed or not, under the names that they have while they are not; oldest first.
fn put_aside(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut found = Vec::new();
    let own = path.file_name().unwrap_or_default().to_string_lossy();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let rest = name
            .strip_prefix(&*own)
            .and_then(|rest| rest.strip_prefix('.'));
        let Some(rest) = rest else { continue };
        let ending = rest.strip_suffix(".gz").unwrap_or(rest);
        if is_ending(ending) {
            found.push(beside(path, ending));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// What the next file ends in: behind all that are there, even when the clock was set back.
fn next_ending(aside: &[PathBuf], now: &str) -> String {
    let last = aside.last().and_then(|path| path.extension());
    let last = last.map(|ending| ending.to_string_lossy().into_owned());
    let last = last.as_deref().and_then(|ending| ending.split_once('_'));
    match last {
        Some((stamp, number)) if stamp >= now => {
            let number: u32 = number.parse().unwrap_or_default();
            format!("{stamp}_{:06}", (number + 1) % 1_000_000)
        }
        _ => format!("{now}_000000"),
    }
}

/// `20261121T075003Z_000000`.
fn is_ending(text: &str) -> bool {
    let form = "00000000T000000Z_000000";
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

fn compress(aside: &Path) -> io::Result<()> {
    let mut file = match File::open(aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => {}
        // Another process is at it, or writes its last line.
        Err(TryLockError::WouldBlock) => file.lock()?,
        Err(TryLockError::Error(error)) => return Err(error),
    }
    if !is_the_one(aside, &file) {
        return Ok(());
    }
    let part = beside(aside, "part");
    let to = File::create(&part)?;
    // The one is as readable as the other, and no more.
    to.set_permissions(file.metadata()?.permissions())?;
    let mut encoder = GzEncoder::new(to, Compression::default());
    io::copy(&mut file, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&part, compressed(aside))?;
    remove(aside)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const SMALL: Rotation = Rotation {
        bytes: 1000,
        files: 50,
    };

    fn clock() -> Clock {
        Clock::Fixed(chrono::DateTime::UNIX_EPOCH)
    }

    /// All lines of a log, oldest first, compressed or not.
    fn lines(path: &Path) -> Vec<String> {
        let mut text = String::new();
        for aside in put_aside(path).expect("lists") {
            match File::open(compressed(&aside)) {
                Ok(file) => {
                    let mut unpacked = flate2::read::GzDecoder::new(file);
                    unpacked.read_to_string(&mut text).expect("unpacks");
                }
                Err(_) => text += &fs::read_to_string(&aside).expect("reads"),
            }
        }
        text += &fs::read_to_string(path).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }

    #[test]
    fn no_line_is_lost_or_doubled_by_several_that_write() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.ndjson");
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let path = path.clone();
                std::thread::spawn(move || {
                    let mut log = LineFile::open(&path, 0o600, clock(), SMALL).expect("opens");
                    for line in 0..200 {
                        let text = format!("{writer}-{line:04}\n");
                        log.append(text.as_bytes()).expect("appends");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().expect("writes all");
        }
        compress_all(&path, 50).expect("compresses");
        let mut found = lines(&path);
        found.sort();
        let expected: Vec<String> = (0..4)
            .flat_map(|writer| (0..200).map(move |line| format!("{writer}-{line:04}")))
            .collect();
        assert_eq!(found, expected);
        let aside = put_aside(&path).expect("lists");
        assert!(aside.len() >= 5, "{aside:?}");
        for file in aside {
            assert!(!file.exists(), "{} is compressed", file.display());
            let mode = fs::metadata(compressed(&file))
                .expect("is there")
                .permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn the_oldest_go_and_what_is_somebody_elses_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.ndjson");
        let others = ["log.ndjson.bak", "log.ndjson.20260101T000000Z", "other"];
        for name in others {
            fs::write(folder.path().join(name), "stays").expect("writes");
        }
        let few = Rotation { bytes: 1, files: 2 };
        for line in 0..5 {
            let mut log = LineFile::open(&path, 0o644, clock(), few).expect("opens");
            log.append(format!("{line}\n").as_bytes()).expect("appends");
            compress_all(&path, few.files).expect("compresses");
        }
        compress_all(&path, few.files).expect("compresses");
        assert_eq!(lines(&path), ["3", "4"]);
        for name in others {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn the_next_file_is_always_the_newest() {
        let aside = |ending: &str| [PathBuf::from(format!("log.{ending}"))];
        let next = |last: &str| next_ending(&aside(last), "20260101T000000Z");
        assert_eq!(
            next_ending(&[], "20260101T000000Z"),
            "20260101T000000Z_000000"
        );
        assert_eq!(next("20250101T000000Z_000004"), "20260101T000000Z_000000");
        assert_eq!(next("20260101T000000Z_000004"), "20260101T000000Z_000005");
        assert_eq!(next("20270101T000000Z_000004"), "20270101T000000Z_000005");
    }

    #[test]
    fn a_file_that_somebody_took_away_is_made_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.ndjson");
        let mut log = LineFile::open(&path, 0o644, clock(), SMALL).expect("opens");
        log.append(b"one\n").expect("appends");
        fs::rename(&path, folder.path().join("taken")).expect("moves");
        log.append(b"two\n").expect("appends");
        assert_eq!(lines(&path), ["two"]);
    }
}
