//! What is counted of each version that answers: requests, errors and how long answers take, by how many rows they have.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

/// Classes of requests by their number of rows: requests of one class are like enough to compare their times.
const SIZES: [u64; 3] = [1, 15, 255];
/// Four per doubling of the microseconds, the last one for a minute and more.
const TIMES: usize = 104;

/// Counters of one version.
#[derive(Debug)]
pub struct Counts {
    answered: AtomicU64,
    errors: AtomicU64,
    refused: AtomicU64,
    not_finite: AtomicU64,
    times: Box<[AtomicU64]>,
}

impl Default for Counts {
    fn default() -> Self {
        let n_times = TIMES * (SIZES.len() + 1);
        Counts {
            answered: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            not_finite: AtomicU64::new(0),
            times: (0..n_times).map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Counts {
    /// A request ended with a status, after a time, with this many rows predicted.
    pub fn ended(&self, status: u16, time: Duration, rows: u64) {
        let count = match status {
            500.. => &self.errors,
            400..500 => &self.refused,
            _ => &self.answered,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if status < 400 && rows > 0 {
            let size = SIZES.iter().filter(|&&most| rows > most).count();
            self.times[size * TIMES + time_class(time)].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A row was predicted.
    #[inline]
    pub fn look(&self, probabilities: &[f64]) {
        if !probabilities.iter().all(|it| it.is_finite()) {
            self.not_finite.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The time that half of the answers took at most, and that 99 of 100 did, in milliseconds, rounded up by a quarter at most;
    /// nothing without answers.
    pub fn times(&self) -> Option<(f64, f64)> {
        let read = |class: usize| {
            let of = self.times.iter().skip(class).step_by(TIMES);
            of.map(|count| count.load(Ordering::Relaxed)).sum::<u64>()
        };
        let times: Vec<u64> = (0..TIMES).map(read).collect();
        Some((quantile(&times, 0.5)?, quantile(&times, 0.99)?))
    }

    /// What was counted so far.
    pub fn side(&self) -> Side {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let times: Vec<u64> = self.times.iter().map(read).collect();
        Side {
            answered: read(&self.answered),
            errors: read(&self.errors),
            refused: read(&self.refused),
            not_finite: read(&self.not_finite),
            medians: times.chunks(TIMES).map(Median::of).collect(),
        }
    }
}

/// What was counted of a version.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Side {
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that failed at the server.
    pub errors: u64,
    /// Requests that were rejected as the caller's mistake.
    pub refused: u64,
    /// Rows whose prediction is not a number.
    pub not_finite: u64,
    /// Time for an answer per class of requests, from one row to many.
    pub medians: Vec<Median>,
}

/// The time that half of the answers took at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Median {
    /// Answers.
    pub answers: u64,
    /// Milliseconds, rounded up by a quarter at most; 0 without answers.
    pub ms: f64,
}

impl Median {
    fn of(times: &[u64]) -> Self {
        let answers: u64 = times.iter().sum();
        let mut below = 0;
        let class = times.iter().position(|count| {
            below += count;
            below * 2 >= answers
        });
        let ms = class.filter(|_| answers > 0).map_or(0.0, longest_ms);
        Median { answers, ms }
    }
}

/// The time that a share of answers took at most; nothing without answers.
fn quantile(times: &[u64], share: f64) -> Option<f64> {
    let answers: u64 = times.iter().sum();
    let mut below = 0;
    let class = times.iter().position(|count| {
        below += count;
        below as f64 >= share * answers as f64
    });
    class.filter(|_| answers > 0).map(longest_ms)
}

/// Class of a time: its highest bit in microseconds, and the two bits behind it.
fn time_class(time: Duration) -> usize {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(4);
    let octave = micros.ilog2();
    let quarter = (micros >> (octave - 2)) & 3;
    ((octave as usize - 2) * 4 + quarter as usize).min(TIMES - 1)
}

/// The longest time of a class, in milliseconds.
fn longest_ms(class: usize) -> f64 {
    let (octave, quarter) = (class / 4, class % 4);
    ((5 + quarter as u64) << octave) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_in_the_class_that_reaches_a_quarter_beyond_it_at_most() {
        for micros in (4..5_000).chain([10_000, 77_777, 1_000_000, 60_000_000]) {
            let ms = longest_ms(time_class(Duration::from_micros(micros)));
            let exact = micros as f64 / 1e3;
            assert!(
                ms > exact && ms <= exact * 1.25 + 1e-9,
                "{micros} µs: {ms} ms"
            );
        }
        for odd in [Duration::ZERO, Duration::MAX] {
            assert!(time_class(odd) < TIMES, "{odd:?}");
        }
    }

    #[test]
    fn what_ends_is_counted_by_its_status_and_timed_by_its_rows() {
        let counts = Counts::default();
        for millis in [1, 1, 9] {
            counts.ended(200, Duration::from_millis(millis), 1);
        }
        counts.ended(200, Duration::from_millis(100), 1000);
        counts.ended(200, Duration::from_millis(1), 0);
        counts.ended(422, Duration::from_millis(1), 0);
        counts.ended(500, Duration::from_millis(1), 0);
        counts.look(&[0.5]);
        counts.look(&[0.5, f64::NAN]);
        let side = counts.side();
        assert_eq!((side.answered, side.refused, side.errors), (5, 1, 1));
        assert_eq!(side.not_finite, 1);
        let answers: Vec<u64> = side.medians.iter().map(|median| median.answers).collect();
        assert_eq!(answers, [3, 0, 0, 1]);
        assert!((1.0..=1.25).contains(&side.medians[0].ms), "{side:?}");
        assert_eq!(side.medians[1].ms, 0.0);
        let (p50, p99) = counts.times().expect("answers");
        assert!((1.0..=1.25).contains(&p50) && (100.0..=125.0).contains(&p99));
        assert_eq!(Counts::default().times(), None);
    }
}
