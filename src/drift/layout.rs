//! The fixed bins of a column: where each cell is counted.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::data::trim_text;
use crate::predictors::packed;

/// Bins of numbers between the smallest and the largest value of the reference, at most.
pub const MOST_BINS: usize = 20;
/// Categories with a bin of their own, at most.
pub const MOST_LABELS: usize = 30;
/// Rarer categories that are known to have been there, at most.
const MOST_RARE: usize = 2000;
/// Position of the missing cells among the counts, in every layout.
pub const MISSING: usize = 0;

/// The bins of a column. Counts are in the order: missing, then what is named here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Numbers: missing, below the range, the bins, above the range.
    Numbers {
        /// Smallest value of the reference; 0 without any.
        lowest: f64,
        /// Upper edge of each bin, inclusive and ascending; the last is the largest value. Empty without any value.
        uppers: Vec<f64>,
    },
    /// Categories: missing, the labels, rarer ones, new ones.
    Labels {
        /// The most frequent categories of the reference, most frequent first.
        labels: Vec<String>,
        /// Hashes of its other categories, ascending.
        #[serde(with = "packed")]
        rare: Vec<u32>,
        /// Whether there were more, so that a new one cannot be told from a rare one.
        is_open: bool,
    },
}

impl Layout {
    /// Bins of some numbers, sorted ascending: at the quantiles of the values, ties in one bin.
    pub fn of_numbers(sorted: &[f64]) -> Layout {
        let n = sorted.len();
        let at_quantile = |bin: usize| sorted[(n * (bin + 1)).div_ceil(MOST_BINS).max(1) - 1];
        let mut uppers: Vec<f64> = match n {
            0 => Vec::new(),
            _ => (0..MOST_BINS).map(at_quantile).collect(),
        };
        uppers.dedup();
        Layout::Numbers {
            lowest: sorted.first().copied().unwrap_or(0.0),
            uppers,
        }
    }

    /// Bins of categories, given with their counts.
    pub fn of_labels(mut counted: Vec<(&str, u64)>) -> Layout {
        counted.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let rest = counted.split_off(counted.len().min(MOST_LABELS));
        let is_open = rest.len() > MOST_RARE;
        let mut rare: Vec<u32> = if is_open {
            Vec::new()
        } else {
            rest.iter().map(|(label, _)| hash(label)).collect()
        };
        rare.sort_unstable();
        rare.dedup();
        let labels = counted.into_iter().map(|(label, _)| label.to_string());
        Layout::Labels {
            labels: labels.collect(),
            rare,
            is_open,
        }
    }

    /// Number of counts: the bins and those of what is beside them.
    pub fn width(&self) -> usize {
        match self {
            Layout::Numbers { uppers, .. } => uppers.len() + 3,
            Layout::Labels { labels, .. } => labels.len() + 3,
        }
    }

    /// Whether it can be counted in: edges ascend and are finite.
    pub fn is_sound(&self) -> bool {
        match self {
            Layout::Numbers { lowest, uppers } => {
                let ascend = uppers.windows(2).all(|pair| pair[0] < pair[1]);
                let fits = uppers.first().is_none_or(|first| lowest <= first);
                ascend && fits && lowest.is_finite() && uppers.iter().all(|it| it.is_finite())
            }
            Layout::Labels { rare, .. } => rare.is_sorted(),
        }
    }

    /// Where a number is counted.
    #[inline]
    pub fn place_number(&self, number: Option<f64>) -> usize {
        let (Layout::Numbers { lowest, uppers }, Some(x)) = (self, number) else {
            return MISSING;
        };
        if x < *lowest {
            1
        } else {
            // All edges are compared: they are few, and no branch depends on the number.
            2 + uppers
                .iter()
                .map(|upper| usize::from(*upper < x))
                .sum::<usize>()
        }
    }
}

/// Finds the bin of a number quickly: the edges of a layout at a fixed length, so that all of them are compared at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edges {
    lowest: f64,
    /// Infinite behind the last edge: no number is beyond them.
    uppers: [f64; MOST_BINS],
}

impl Edges {
    /// Made from a layout; `None` for one of labels, or of more bins than there are made.
    pub fn of(layout: &Layout) -> Option<Edges> {
        let Layout::Numbers { lowest, uppers } = layout else {
            return None;
        };
        let mut fixed = [f64::INFINITY; MOST_BINS];
        fixed.get_mut(..uppers.len())?.copy_from_slice(uppers);
        Some(Edges {
            lowest: *lowest,
            uppers: fixed,
        })
    }

    /// Where a finite number is counted, as [`Layout::place_number`] says.
    #[inline]
    pub fn place(&self, x: f64) -> usize {
        let beyond: u64 = self.uppers.iter().map(|upper| u64::from(*upper < x)).sum();
        let inside = 2 + beyond as usize;
        if x < self.lowest { 1 } else { inside }
    }
}

/// Finds the bin of a category quickly.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    places: HashMap<Box<str>, usize>,
    rare: Vec<u32>,
    is_open: bool,
}

impl Labels {
    /// Made from a layout of labels; of numbers nothing is known.
    pub fn of(layout: &Layout) -> Labels {
        match layout {
            Layout::Numbers { .. } => Labels::default(),
            Layout::Labels {
                labels,
                rare,
                is_open,
            } => Labels {
                places: labels
                    .iter()
                    .enumerate()
                    .map(|(at, label)| (label.as_str().into(), at + 1))
                    .collect(),
                rare: rare.clone(),
                is_open: *is_open,
            },
        }
    }

    /// Where a category is counted.
    pub fn place(&self, label: Option<&str>) -> usize {
        let Some(label) = label.map(trim_text) else {
            return MISSING;
        };
        let other = self.places.len() + 1;
        match self.places.get(label) {
            Some(&place) => place,
            None if self.is_open || self.rare.binary_search(&hash(label)).is_ok() => other,
            None => other + 1,
        }
    }
}

/// What a rare category or a word is known by: half of its XXH3.
pub fn hash(text: &str) -> u32 {
    (xxh3_64(text.as_bytes()) >> 32) as u32
}
