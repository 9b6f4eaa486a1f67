//! The files of the prediction log: `<model>_<stamp>_<number>.ndjson.zst`, with `.part` behind it while it is written. On its way into a
//! store, where many servers write, a file has `-<server>` behind its number. Each
//! piece that is appended is a whole zstd frame, so that a file that breaks off reads up to its last one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use zstd::zstd_safe::find_frame_compressed_size;

use crate::clock::{Clock, stamp};
use crate::config::checked::plain_name;

const WHOLE: &str = ".ndjson.zst";
const PART: &str = ".ndjson.zst.part";

/// Where files go, and how many.
#[derive(Debug)]
pub struct Files {
    folder: PathBuf,
    clock: Clock,
    file_bytes: u64,
    most: usize,
    begun: u32,
    /// What only this server's names end in, where the files go into a store: there no folder keeps two names apart.
    own: Option<String>,
}

/// A file that is being written. While it is open it is locked, so that another server leaves it alone.
#[derive(Debug)]
pub struct LogFile {
    file: File,
    part: PathBuf,
    bytes: u64,
}

impl Files {
    /// Files of about `file_bytes`, of which the newest `most` are kept.
    pub fn new(folder: PathBuf, clock: Clock, file_bytes: u64, most: usize) -> Self {
        Files {
            folder,
            clock,
            file_bytes,
            most,
            begun: 0,
            own: None,
        }
    }

    /// The same on their way into a store: with names of this server's own. None is removed but by who brings them there.
    pub fn on_the_way(self, own: String) -> Self {
        Files {
            own: Some(own),
            ..self
        }
    }

    /// Finishes what a server that died has left: cut off after the last whole frame, and named as a closed file.
    ///
    /// # Errors
    /// What the system says.
    pub fn recover(&self) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        for (part, _) in self.named(PART)? {
            let mut file = OpenOptions::new().read(true).write(true).open(&part)?;
            match file.try_lock() {
                Ok(()) => finish_left_over(&mut file, &part)?,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        self.prune()
    }

    /// Begins a file of a model.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(&mut self, model: &str) -> io::Result<LogFile> {
        fs::create_dir_all(&self.folder)?;
        if self.own.is_some() && closed_in(&self.folder).len() >= self.most {
            let why =
                "as many files wait for the store as may be kept (server.prediction_log.files)";
            return Err(io::Error::other(why));
        }
        let stamp = stamp(self.clock.now());
        let own = self
            .own
            .as_ref()
            .map_or(String::new(), |own| format!("-{own}"));
        loop {
            self.begun += 1;
            let name = format!("{}_{stamp}_{:06}{own}", plain_name(model), self.begun);
            let part = self.folder.join(format!("{name}{PART}"));
            if self.folder.join(format!("{name}{WHOLE}")).exists() {
                continue;
            }
            let mut options = OpenOptions::new();
            // It holds callers' rows.
            options.append(true).create_new(true).mode(0o600);
            match options.open(&part) {
                Ok(file) => {
                    file.lock()?;
                    let begun = LogFile {
                        file,
                        part,
                        bytes: 0,
                    };
                    // Before the lock, another server may have taken it for one that was left over.
                    if begun.is_there() {
                        return Ok(begun);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether a file is as large as it shall be.
    pub fn is_full(&self, file: &LogFile) -> bool {
        file.bytes >= self.file_bytes
    }

    /// Closes a file, and removes the oldest where there are too many.
    ///
    /// # Errors
    /// What the system says.
    pub fn close(&self, file: LogFile) -> io::Result<()> {
        file.file.sync_data()?;
        fs::rename(&file.part, whole_name(&file.part))?;
        self.prune()
    }

    fn prune(&self) -> io::Result<()> {
        if self.own.is_some() {
            return Ok(());
        }
        let mut closed = self.named(WHOLE)?;
        closed.sort_by(|a, b| a.1.cmp(&b.1));
        let too_many = closed.len().saturating_sub(self.most);
        for (path, _) in &closed[..too_many] {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// Our files with this ending, each with what sorts it by age: stamp and number.
    fn named(&self, ending: &str) -> io::Result<Vec<(PathBuf, String)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let stem = name.and_then(|name| name.strip_suffix(ending));
            if let Some(age) = stem.and_then(age_of_stem) {
                found.push((path, age));
            }
        }
        Ok(found)
    }
}

/// The closed files in a folder, oldest first; none where it cannot be listed.
pub fn closed_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut closed: Vec<(String, PathBuf)> = entries
        .filter_map(|entry| Some((age_of(entry.file_name().to_str()?)?, entry.path())))
        .collect();
    closed.sort();
    closed.into_iter().map(|(_, path)| path).collect()
}

/// What sorts a closed file by its age, by its name: stamp and number. `None` of other names.
pub fn age_of(name: &str) -> Option<String> {
    age_of_stem(name.strip_suffix(WHOLE)?)
}

fn age_of_stem(stem: &str) -> Option<String> {
    let mut parts = stem.rsplitn(3, '_');
    let (number, stamp, _model) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{stamp}_{number:0>10}"))
}

impl LogFile {
    /// Whether the file still is in its folder.
    pub fn is_there(&self) -> bool {
        self.part.exists()
    }

    /// Appends a frame whole, or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn append(&mut self, frame: &[u8]) -> io::Result<()> {
        match self.file.write_all(frame) {
            Ok(()) => {
                self.bytes += frame.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.file.set_len(self.bytes)?;
                Err(error)
            }
        }
    }
}

fn finish_left_over(file: &mut File, part: &Path) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let whole = whole_frames(&bytes);
    if whole == 0 {
        return fs::remove_file(part);
    }
    file.set_len(whole as u64)?;
    file.sync_data()?;
    fs::rename(part, whole_name(part))
}

/// Bytes up to the end of the last whole frame.
fn whole_frames(bytes: &[u8]) -> usize {
    let mut end = 0;
    while end < bytes.len() {
        match find_frame_compressed_size(&bytes[end..]) {
            Ok(length) if length > 0 => end += length,
            _ => break,
        }
    }
    end
}

/// The name without `.part`.
fn whole_name(part: &Path) -> PathBuf {
    part.with_extension("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    fn clock(seconds: i64) -> Clock {
        Clock::Fixed(chrono::DateTime::from_timestamp(seconds, 0).expect("in range"))
    }

    #[test]
    fn the_oldest_go_whatever_their_models() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_path_buf();
        fs::write(path.join("notes.txt"), "stays").expect("writes");
        for (seconds, model) in [(1, "z"), (2, "a"), (2, "b_c"), (3, "../a")] {
            let mut files = Files::new(path.clone(), clock(seconds), 1, 3);
            let mut file = files.begin(model).expect("begins");
            assert!(!files.is_full(&file));
            file.append(b"frame").expect("appends");
            assert!(files.is_full(&file) && file.is_there());
            files.close(file).expect("closes");
        }
        let expected = [
            "---a_19700101T000003Z_000001.ndjson.zst",
            "a_19700101T000002Z_000001.ndjson.zst",
            "b_c_19700101T000002Z_000001.ndjson.zst",
            "notes.txt",
        ];
        assert_eq!(names(&path), expected);
        let mode = fs::metadata(path.join(expected[0])).expect("a file");
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
            0o600
        );
    }

    #[test]
    fn what_a_dead_server_left_is_cut_to_whole_frames_and_finished() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_path_buf();
        let frame = |text: &str| zstd::bulk::compress(text.as_bytes(), 3).expect("compresses");
        let two = [frame("one\n"), frame("two\n")].concat();
        let torn = [two.as_slice(), &frame("three\n")[..9]].concat();
        fs::write(path.join("m_20260101T000000Z_000001.ndjson.zst.part"), torn).expect("writes");
        fs::write(path.join("m_20260101T000000Z_000002.ndjson.zst.part"), b"").expect("writes");
        let mut files = Files::new(path.clone(), clock(0), 1, 9);
        let living = files.begin("m").expect("begins");
        files.recover().expect("recovers");
        let expected = [
            "m_19700101T000000Z_000001.ndjson.zst.part",
            "m_20260101T000000Z_000001.ndjson.zst",
        ];
        assert_eq!(names(&path), expected);
        let bytes = fs::read(path.join(expected[1])).expect("reads");
        assert_eq!(
            zstd::decode_all(&bytes[..]).expect("unpacks"),
            b"one\ntwo\n"
        );
        assert!(living.is_there(), "another server's file is left alone");
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().to_path_buf();
        for _ in 0..2 {
            let mut files = Files::new(path.clone(), clock(0), 1, 9);
            let file = files.begin("m").expect("begins");
            files.close(file).expect("closes");
        }
        assert_eq!(names(&path).len(), 2);
    }
}
