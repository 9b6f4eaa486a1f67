//! Rows of requests on their way to being compared: a request leaves copies of some of its rows and continues; it never waits.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::bundle::Slot;
use crate::serving::rows::Rows;

/// Most rows of one request that are kept, spread over it.
const MOST_OF_ONE: usize = 64;
/// Most rows that wait.
const MOST_WAITING: usize = 4096;

/// A row as the version on probation read it.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRow {
    /// Its cells.
    pub slots: Box<[Slot]>,
    /// Texts that are no category of their own: `(input, text)`.
    pub unknown_categories: Vec<(u32, Box<str>)>,
}

/// Where rows of a version wait.
#[derive(Debug, Default)]
pub struct Sample {
    is_wanted: AtomicBool,
    waiting: Mutex<Vec<SampledRow>>,
}

impl Sample {
    /// Whether rows are wanted.
    pub fn want(&self, is_wanted: bool) {
        self.is_wanted.store(is_wanted, Ordering::Relaxed);
    }

    /// Some rows of a request, if any are wanted and no other request adds some.
    #[inline]
    pub fn offer(&self, rows: &Rows) {
        if self.is_wanted.load(Ordering::Relaxed) && rows.n_rows > 0 {
            self.keep(rows);
        }
    }

    fn keep(&self, rows: &Rows) {
        // A sample may miss rows; a request must not wait.
        let Ok(mut waiting) = self.waiting.try_lock() else {
            return;
        };
        let every = rows.n_rows.div_ceil(MOST_OF_ONE);
        let kept = (0..rows.n_rows).step_by(every);
        let kept = kept.take(MOST_WAITING.saturating_sub(waiting.len()));
        let first = waiting.len();
        waiting.extend(kept.map(|row| SampledRow {
            slots: rows.row(row).into(),
            unknown_categories: Vec::new(),
        }));
        // Each unknown category is looked at once, whatever the number of rows.
        for (row, input, text) in &rows.unknown_categories {
            let row = *row as usize;
            if row.is_multiple_of(every)
                && let Some(sampled) = waiting.get_mut(first + row / every)
            {
                sampled.unknown_categories.push((*input, text.clone()));
            }
        }
    }

    /// What waits.
    pub fn take(&self) -> Vec<SampledRow> {
        let mut waiting = self
            .waiting
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n_rows: usize) -> Rows {
        Rows {
            n_rows,
            slots: (0..n_rows).map(|row| Slot::Number(row as f64)).collect(),
            unknown_categories: vec![(1, 0, "who".into())],
            given: Vec::new(),
            ids: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_kept_unless_it_is_wanted_and_never_too_much() {
        let sample = Sample::default();
        sample.offer(&rows(2));
        assert_eq!(sample.take(), []);
        sample.want(true);
        sample.offer(&rows(2));
        let kept = sample.take();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0].unknown_categories, []);
        assert_eq!(kept[1].unknown_categories, [(0, "who".into())]);
        sample.offer(&rows(10_000));
        assert!((MOST_OF_ONE / 2..=MOST_OF_ONE).contains(&sample.take().len()));
        (0..1000).for_each(|_| sample.offer(&rows(64)));
        assert_eq!(sample.take().len(), MOST_WAITING);
    }
}
