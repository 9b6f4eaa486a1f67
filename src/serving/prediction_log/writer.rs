//! The thread of the prediction log: lines are gathered, compressed and appended; a disk that is full is waited for, up to a
//! bound, and never by a request.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::RngCore;
use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use super::entry::write_lines;
use super::files::{Files, LogFile};
use super::kept::{Counts, Kept};
use super::place::Place;
use super::upload::Upload;
use crate::clock::Clock;
use crate::config::server::PredictionLog as Settings;
use crate::logs::queue::{Inbox, Next};

/// How long a line may wait for others before it is written.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait after a failure.
const RETRY: Duration = Duration::from_secs(2);
/// Bytes of text that are compressed together.
const FRAME_BYTES: u64 = 1 << 20;
/// Bytes of text that wait for a disk that cannot be written; what comes then is dropped.
const MOST_PENDING: usize = 16 << 20;
const LEVEL: i32 = 3;

/// What writes.
pub struct Writer {
    files: Files,
    counts: Arc<Counts>,
    frame_bytes: usize,
    models: BTreeMap<String, Pending>,
    /// When to try again, after a failure.
    retry_at: Option<Instant>,
    /// What brings closed files into a store, and after how long a file is closed for it.
    upload: Option<(Upload, Duration)>,
}

/// Lines of a model that are not yet written, and the file that they go to.
#[derive(Default)]
struct Pending {
    lines: Vec<u8>,
    rows: usize,
    due: Option<Instant>,
    file: Option<LogFile>,
    /// When the file is closed, however little is in it.
    closes: Option<Instant>,
}

impl Writer {
    /// One that has done nothing yet.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(
        settings: &Settings,
        place: Place,
        clock: Clock,
        counts: Arc<Counts>,
    ) -> io::Result<Self> {
        let files =
            |folder: PathBuf| Files::new(folder, clock, settings.file_bytes, settings.files);
        let (files, upload) = match place {
            Place::Folder(folder) => (files(folder), None),
            Place::Store { waiting, store } => {
                let most = settings.files;
                let upload = Upload::start(waiting.clone(), store, most, counts.clone())?;
                let own = format!("{:08x}", rand::rng().next_u32());
                let after = Duration::from_secs_f64(settings.segment_seconds);
                (files(waiting).on_the_way(own), Some((upload, after)))
            }
        };
        Ok(Writer {
            files,
            counts,
            frame_bytes: settings.file_bytes.min(FRAME_BYTES) as usize,
            models: BTreeMap::new(),
            retry_at: None,
            upload,
        })
    }

    /// Writes until the end, then closes the files.
    pub fn work(mut self, inbox: &Inbox<Box<Kept>>) {
        if let Err(error) = self.files.recover() {
            self.failed(&error);
        }
        self.wake();
        loop {
            match inbox.next(self.due()) {
                Next::Item(kept) => {
                    self.take(&kept);
                    self.take_all(inbox);
                    inbox.rest();
                }
                Next::Due => {}
                Next::End => break,
            }
            self.write_what_is_due();
            self.close_what_is_old();
        }
        self.end();
    }

    /// Tells who brings files into a store that there may be one.
    fn wake(&self) {
        if let Some((upload, _)) = &self.upload {
            upload.wake();
        }
    }

    /// Closes files that have been written to for long enough.
    fn close_what_is_old(&mut self) {
        let now = Instant::now();
        let mut done = Ok(());
        let mut is_any = false;
        for pending in self.models.values_mut() {
            if pending.closes.is_some_and(|at| at <= now) {
                pending.closes = None;
                is_any = true;
                let closed = pending.file.take().map(|file| self.files.close(file));
                done = done.and(closed.unwrap_or(Ok(())));
            }
        }
        if is_any {
            self.wake();
        }
        if let Err(error) = done {
            self.failed(&error);
        }
    }

    /// Takes what has gathered, until something is to be written.
    fn take_all(&mut self, inbox: &Inbox<Box<Kept>>) {
        while self.due().is_none_or(|due| Instant::now() < due)
            && let Some(kept) = inbox.at_hand()
        {
            self.take(&kept);
        }
    }

    fn take(&mut self, kept: &Kept) {
        let waiting = &self.counts.waiting;
        waiting.fetch_sub(kept.bytes(), Ordering::Relaxed);
        let model = &kept.served.model;
        if !self.models.contains_key(model) {
            self.models.insert(model.clone(), Pending::default());
        }
        let Some(pending) = self.models.get_mut(model) else {
            return;
        };
        if pending.lines.len() >= MOST_PENDING {
            return self.counts.drop_rows(kept.rows.n_rows);
        }
        write_lines(&mut pending.lines, kept);
        pending.rows += kept.rows.n_rows;
        if pending.due.is_none() {
            pending.due = Some(Instant::now() + PATIENCE);
        }
        if pending.lines.len() >= self.frame_bytes {
            pending.due = Some(Instant::now());
        }
    }

    /// When something has to be written: never, as long as nothing waits.
    fn due(&self) -> Option<Instant> {
        let first = self.models.values().filter_map(|pending| pending.due).min();
        let writes = first.map(|first| first.max(self.retry_at.unwrap_or(first)));
        let closes = self.models.values().filter_map(|pending| pending.closes);
        closes.chain(writes).min()
    }

    fn write_what_is_due(&mut self) {
        let now = Instant::now();
        if self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        let mut outcome = None;
        for (model, pending) in &mut self.models {
            if pending.due.is_some_and(|due| due <= now) {
                outcome = Some(write(&mut self.files, &self.counts, model, pending));
                let after = self.upload.as_ref().map(|(_, after)| *after);
                pending.closes = match (&pending.file, after) {
                    (Some(_), Some(after)) => pending.closes.or(Some(now + after)),
                    // It was full and is closed.
                    _ => None,
                };
                if let Some(Err(_)) = outcome {
                    break;
                }
            }
        }
        match outcome {
            Some(Err(error)) => self.failed(&error),
            Some(Ok(())) => {
                self.retry_at = None;
                self.wake();
            }
            None => {}
        }
    }

    /// Counts a failure, and says so when it is the first after things went well.
    fn failed(&mut self, error: &io::Error) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
        if self.retry_at.replace(Instant::now() + RETRY).is_none() {
            tracing::error!("the prediction log cannot be written, and is tried again: {error}");
        }
    }

    fn end(mut self) {
        for (model, mut pending) in std::mem::take(&mut self.models) {
            let written = write(&mut self.files, &self.counts, &model, &mut pending);
            let closed = pending.file.take().map(|file| self.files.close(file));
            self.counts.drop_rows(pending.rows);
            if let Err(error) = written.and(closed.unwrap_or(Ok(()))) {
                self.failed(&error);
            }
        }
        if let Some((upload, _)) = self.upload.take() {
            upload.end();
        }
    }
}

/// Appends what is pending as one frame. After an error it is pending still.
fn write(files: &mut Files, counts: &Counts, model: &str, pending: &mut Pending) -> io::Result<()> {
    if pending.lines.is_empty() {
        return Ok(());
    }
    // The folder may have been removed.
    let there = pending.file.take().filter(LogFile::is_there);
    let mut file = match there {
        Some(file) => file,
        None => files.begin(model)?,
    };
    let appended = compressed(&pending.lines).and_then(|frame| file.append(&frame));
    let is_full = files.is_full(&file);
    pending.file = Some(file);
    appended?;
    counts
        .written
        .fetch_add(pending.rows as u64, Ordering::Relaxed);
    pending.lines.clear();
    pending.lines.shrink_to(2 * FRAME_BYTES as usize);
    (pending.rows, pending.due) = (0, None);
    match pending.file.take_if(|_| is_full) {
        Some(full) => files.close(full),
        None => Ok(()),
    }
}

/// A frame that knows whether it is damaged.
fn compressed(lines: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressor = Compressor::new(LEVEL)?;
    compressor.set_parameter(CParameter::ChecksumFlag(true))?;
    compressor.compress(lines)
}
