//! The prediction log: sampled requests with their predictions, row by row, in rotating files of compressed NDJSON. A
//! request hands over what it has read; columns, predictions and text are made of it on a thread of the log's own.

mod entry;
mod files;
mod kept;
mod place;
mod upload;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64;

use super::error::Error;
use super::rows::Rows;
use super::served::Served;
use crate::clock::Clock;
use crate::config::Server;
use crate::config::server::PredictionLog as Settings;
use crate::logs::queue::Queue;
use crate::model_types::Location;
pub use kept::{Counts, Kept};
pub use place::Place;

/// Bytes of rows that may wait, however few requests they came in.
const MOST_WAITING: usize = 64 << 20;

/// Takes predictions.
pub struct PredictionLog {
    queue: Queue<Box<Kept>>,
    counts: Arc<Counts>,
    clock: Clock,
    /// A request whose hash is at most this is kept.
    bound: u64,
}

impl PredictionLog {
    /// Starts it in its place, where the settings want one. A log that cannot be written is tried again and counted: serving continues.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn open(
        server: &Server,
        place: &Location,
        project: &Path,
        clock: Clock,
    ) -> Result<Option<Self>, Error> {
        let settings = &server.prediction_log;
        if settings.sample <= 0.0 {
            return Ok(None);
        }
        let place = match place {
            Location::Folder(folder) => Place::Folder(folder.clone()),
            Location::Store(store) => Place::Store {
                waiting: server.path(project, &settings.waiting_folder),
                store: store.clone(),
            },
        };
        let log = PredictionLog::start(settings, place, clock);
        log.map(Some).map_err(Error::Log)
    }

    /// Starts the thread that writes. What it finds unfinished in the folder, it finishes first.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: &Settings, place: Place, clock: Clock) -> std::io::Result<Self> {
        let counts = Arc::new(Counts::default());
        let writer = writer::Writer::new(settings, place, clock, counts.clone())?;
        Ok(PredictionLog {
            queue: Queue::start("prediction-log", settings.queue, move |inbox| {
                writer.work(&inbox);
            })?,
            counts,
            clock,
            bound: bound(settings.sample),
        })
    }

    /// How it goes.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Writes what waits and closes the files.
    pub fn close(&self, time: Duration) -> bool {
        self.queue.close(time)
    }

    /// Takes the rows of an answered request over, if the request is in the sample. Predictions are not handed over: the log's
    /// thread makes them again from the same rows and version, which gives the same bits.
    pub fn offer(
        &self,
        request_id: &str,
        unique: &str,
        served: &Arc<Served>,
        rows: Arc<Rows>,
        threshold: Option<f64>,
    ) {
        if rows.n_rows == 0 || xxh3_64(unique.as_bytes()) > self.bound {
            return;
        }
        let kept = Kept {
            at: self.clock.now(),
            request_id: request_id.to_string(),
            unique: unique.to_string(),
            served: served.clone(),
            rows,
            threshold: threshold.unwrap_or(served.bundle.threshold),
        };
        let (n_rows, bytes) = (kept.rows.n_rows, kept.bytes());
        let before = self.counts.waiting.fetch_add(bytes, Ordering::Relaxed);
        // One request alone may be larger than what may wait together.
        let has_room = before == 0 || before + bytes <= MOST_WAITING;
        if !(has_room && self.queue.offer(Box::new(kept))) {
            self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.counts.drop_rows(n_rows);
        }
    }
}

/// The largest hash that is kept for a share of requests, which is more than 0.
fn bound(sample: f64) -> u64 {
    // A float beyond the largest number becomes the largest number.
    (sample * u64::MAX as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_a_share_of_the_requests() {
        assert_eq!(bound(1.0), u64::MAX);
        let ids = (0..100_000).map(|count| format!("019abcdef00deadbeef{count:06x}"));
        let kept = ids
            .filter(|id| xxh3_64(id.as_bytes()) <= bound(0.1))
            .count();
        // Four standard deviations around 10 000.
        assert!((9_620..=10_380).contains(&kept), "{kept}");
    }
}
