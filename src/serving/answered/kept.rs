//! What is kept of an answered request, and how many came through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::bundle::Slot;
use crate::pipeline::Env;
use crate::serving::rows::Rows;
use crate::serving::served::Served;

/// What a version said of some rows.
#[derive(Debug, Default)]
pub struct Said {
    /// The class of each row; of numbers 0.
    pub labels: Vec<u32>,
    /// `(n_rows, n_outputs)` row-major.
    pub probabilities: Vec<f64>,
}

impl Said {
    /// Room for some rows.
    pub fn with_room(served: &Served, n_rows: usize) -> Said {
        Said {
            labels: Vec::with_capacity(n_rows),
            probabilities: Vec::with_capacity(n_rows * served.scorer.n_outputs()),
        }
    }

    /// Adds a row.
    #[inline]
    pub fn add(&mut self, label: u32, probabilities: &[f64]) {
        self.labels.push(label);
        self.probabilities.extend_from_slice(probabilities);
    }
}

/// An answered request on its way.
pub struct Kept {
    /// When it was answered.
    pub at_ms: i64,
    /// What makes its ids its own.
    pub unique: String,
    /// Registry and settings of the model.
    pub env: Arc<Env>,
    /// The version that answered.
    pub served: Arc<Served>,
    /// The rows.
    pub rows: Arc<Rows>,
    /// What was said of them.
    pub said: Said,
}

impl Kept {
    /// Bytes that it holds, about.
    pub fn bytes(&self) -> usize {
        let texts = self
            .rows
            .unknown_categories
            .iter()
            .map(|(_, _, text)| text.len());
        self.rows.slots.len() * size_of::<Slot>()
            + texts.sum::<usize>()
            + self.said.probabilities.len() * size_of::<f64>()
    }
}

/// How it goes, in rows.
#[derive(Debug, Default)]
pub struct Passed {
    pub(super) counted: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) kept: AtomicU64,
    pub(super) unkept: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) waiting: AtomicUsize,
}

impl Passed {
    /// Rows that were counted.
    pub fn counted(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }

    /// Rows that came too fast.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Answers that were kept.
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// Answers that were not: more came than are kept per second, or they could not be written.
    pub fn unkept(&self) -> u64 {
        self.unkept.load(Ordering::Relaxed)
    }

    /// Times that the registry could not be written.
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}
