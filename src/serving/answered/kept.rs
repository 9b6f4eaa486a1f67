//! What is kept of an answered request, and how many came through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::bundle::Slot;
use crate::pipeline::Env;
use crate::serving::rows::Rows;
use crate::serving::said::Said;
use crate::serving::served::Served;

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
