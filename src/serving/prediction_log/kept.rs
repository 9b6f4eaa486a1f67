//! What waits for the log, and how it goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use chrono::{DateTime, Utc};

use crate::bundle::Slot;
use crate::features::Cell;
use crate::serving::rows::Rows;
use crate::serving::served::Served;

/// A request on its way into the log.
pub struct Kept {
    pub(super) at: DateTime<Utc>,
    pub(super) request_id: String,
    pub(super) unique: String,
    pub(super) served: Arc<Served>,
    pub(super) rows: Arc<Rows>,
    /// At which P(positive) the answer said yes.
    pub(super) threshold: f64,
}

impl Kept {
    pub(super) fn bytes(&self) -> usize {
        let texts = self
            .rows
            .unknown_categories
            .iter()
            .map(|(_, _, text)| text.len());
        let given = self.rows.given.iter().map(|cell| match cell {
            Cell::Text(text) => size_of::<Cell>() + text.len(),
            _ => size_of::<Cell>(),
        });
        self.rows.slots.len() * size_of::<Slot>() + texts.chain(given).sum::<usize>()
    }
}

/// How it goes, in rows.
#[derive(Debug, Default)]
pub struct Counts {
    pub(super) written: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) failures: AtomicU64,
    /// Bytes that wait.
    pub(super) waiting: AtomicUsize,
}

impl Counts {
    /// Rows that are in a file.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Rows that were to be kept and are not.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Times that a file could not be written.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn drop_rows(&self, rows: usize) {
        self.dropped.fetch_add(rows as u64, Ordering::Relaxed);
    }
}
