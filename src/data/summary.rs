//! Columns as a few numbers each.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use polars::prelude::{Column, DataFrame, DataType};
use rayon::prelude::*;

use super::column_summary::{ColumnSummary, DISTINCT_CAP};
use super::schema::Kind;

/// How many of the most frequent texts are kept.
const TOP: usize = 10;

/// Summarises all columns, in order.
pub fn summarise(frame: &DataFrame) -> Vec<ColumnSummary> {
    frame.columns().par_iter().map(summarise_column).collect()
}

fn summarise_column(column: &Column) -> ColumnSummary {
    let mut summary = ColumnSummary {
        name: column.name().to_string(),
        kind: Kind::of(column.dtype()).unwrap_or(Kind::Text),
        rows: column.len() as u64,
        missing: column.null_count() as u64,
        mean: None,
        median: None,
        std: None,
        min: None,
        max: None,
        distinct: 0,
        top: Vec::new(),
    };
    if let Ok(texts) = column.str() {
        (summary.distinct, summary.top) = count_texts(texts.iter().flatten());
        return summary;
    }
    let mut values: Vec<f64> = Vec::with_capacity(column.len() - column.null_count());
    match column.dtype() {
        DataType::Float64 => {
            if let Ok(cells) = column.f64() {
                cells
                    .downcast_iter()
                    .for_each(|chunk| match chunk.validity() {
                        None => values.extend_from_slice(chunk.values()),
                        Some(_) => values.extend(chunk.iter().flatten()),
                    });
            }
        }
        DataType::Int64 => {
            if let Ok(cells) = column.i64() {
                cells.downcast_iter().for_each(|chunk| {
                    values.extend(chunk.iter().flatten().map(|value| *value as f64));
                });
            }
        }
        DataType::Boolean => {
            if let Ok(cells) = column.bool() {
                values.extend(
                    cells
                        .iter()
                        .flatten()
                        .map(|value| f64::from(u8::from(value))),
                );
            }
        }
        _ => {}
    }
    summary.distinct = count_distinct(&values);
    describe(&mut values, &mut summary);
    summary
}

/// Fills in mean, median, spread and range. Reorders the values.
fn describe(values: &mut [f64], summary: &mut ColumnSummary) {
    if values.is_empty() {
        return;
    }
    let (min, max) = range(values);
    let count = values.len() as f64;
    // Sums of huge values and squares of huge or tiny ones leave the range of `f64`: a power of two brings them back,
    // exactly.
    let largest = min.abs().max(max.abs());
    let scale = if largest > 1e140 {
        2f64.powi(-600)
    } else if largest > 0.0 && largest < 1e-140 {
        2f64.powi(600)
    } else {
        1.0
    };
    let mean = sum(values, |value| value * scale) / count;
    let squares = sum(values, |value| (value * scale - mean).powi(2));
    summary.mean = Some(mean / scale).filter(|mean| mean.is_finite());
    summary.std = (values.len() > 1)
        .then(|| (squares / (count - 1.0)).sqrt() / scale)
        .filter(|std| std.is_finite());
    summary.min = Some(min);
    summary.max = Some(max);
    summary.median = Some(match around_middle(values, min, max) {
        Some((below, mut inside)) => median(&mut inside, below, values.len()),
        None => {
            let n = values.len();
            median(values, 0, n)
        }
    });
}

/// Values that are looked at together, each in a lane of its own.
const LANES: usize = 8;

/// The smallest and the largest value.
fn range(values: &[f64]) -> (f64, f64) {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for lane in 0..LANES {
            let value = chunk[lane];
            low[lane] = if value < low[lane] { value } else { low[lane] };
            high[lane] = if value > high[lane] {
                value
            } else {
                high[lane]
            };
        }
    }
    let (low, high) = (low.iter().chain(rest), high.iter().chain(rest));
    (
        low.copied().fold(f64::INFINITY, f64::min),
        high.copied().fold(f64::NEG_INFINITY, f64::max),
    )
}

/// Adds a value to a total; what rounding took from it goes to `lost`. Without a branch, so that lanes are added at once.
///
/// Source: D. E. Knuth, "The Art of Computer Programming", volume 2, 4.2.2, theorem B.
#[inline]
fn add(total: &mut f64, lost: &mut f64, value: f64) {
    let next = *total + value;
    let part = next - *total;
    *lost += (*total - (next - part)) + (value - part);
    *total = next;
}

/// Sum of something of each value, in lanes, with the rounding errors carried along.
fn sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (mut totals, mut lost) = ([0.0; LANES], [0.0; LANES]);
    let (whole, rest) = values.as_chunks::<LANES>();
    for chunk in whole {
        for lane in 0..LANES {
            add(&mut totals[lane], &mut lost[lane], of(chunk[lane]));
        }
    }
    for &value in rest {
        add(&mut totals[0], &mut lost[0], of(value));
    }
    let (mut all, mut of_all) = (0.0, 0.0);
    for part in totals.into_iter().chain(lost) {
        add(&mut all, &mut of_all, part);
    }
    all + of_all
}

/// Fewer values are ordered as they are.
const FEW: usize = 1 << 14;

/// Of very many values those around the middle, and how many are below them: a histogram finds them, so that few have to be
/// ordered. `None` where there are few, or most have nearly the same value.
fn around_middle(values: &[f64], min: f64, max: f64) -> Option<(usize, Vec<f64>)> {
    const BINS: usize = 1 << 12;
    let per_width = BINS as f64 / (max - min);
    if values.len() < FEW || !(per_width.is_finite() && per_width > 0.0) {
        return None;
    }
    // Larger values are never in a bin further down: subtraction and multiplication round in one direction for all.
    let bin = |value: f64| (((value - min) * per_width) as usize).min(BINS - 1);
    let mut counts = [0_usize; BINS];
    values.iter().for_each(|&value| counts[bin(value)] += 1);
    let (upper, lower) = (values.len() / 2, (values.len() - 1) / 2);
    let (mut from, mut below) = (0, 0);
    while below + counts[from] <= lower {
        below += counts[from];
        from += 1;
    }
    let (mut to, mut up_to) = (from, below + counts[from]);
    while up_to <= upper {
        to += 1;
        up_to += counts[to];
    }
    if up_to - below > values.len() / 4 {
        return None;
    }
    let mut inside = Vec::with_capacity(up_to - below);
    inside.extend(
        values
            .iter()
            .filter(|&&value| (from..=to).contains(&bin(value))),
    );
    Some((below, inside))
}

/// The median of `n` values, of which `below` are smaller than those that are here, and those in the middle are.
fn median(values: &mut [f64], below: usize, n: usize) -> f64 {
    let middle = n / 2 - below;
    let is_odd = n % 2 == 1;
    let (_, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if is_odd {
        return upper;
    }
    let lower = values[..middle]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let both = lower + upper;
    if both.is_finite() {
        both / 2.0
    } else {
        lower / 2.0 + upper / 2.0
    }
}

fn count_distinct(values: &[f64]) -> u64 {
    let mut seen: HashSet<u64, BuildHasherDefault<Mix>> = HashSet::default();
    for value in values {
        if seen.insert((value + 0.0).to_bits()) && seen.len() as u64 == DISTINCT_CAP {
            break;
        }
    }
    seen.len() as u64
}

fn count_texts<'a>(texts: impl Iterator<Item = &'a str>) -> (u64, Vec<(String, u64)>) {
    let mut counts: HashMap<&str, u64, BuildHasherDefault<Mix>> = HashMap::default();
    for text in texts {
        if let Some(count) = counts.get_mut(text) {
            *count += 1;
        } else if (counts.len() as u64) < DISTINCT_CAP {
            counts.insert(text, 1);
        }
    }
    let distinct = counts.len() as u64;
    let mut top: Vec<(&str, u64)> = counts.into_iter().collect();
    top.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    top.truncate(TOP);
    (
        distinct,
        top.into_iter()
            .map(|(text, count)| (text.to_owned(), count))
            .collect(),
    )
}

/// A quick hasher for tables that live for one column; not for keys that outlast it.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= xxhash_rust::xxh3::xxh3_64(bytes);
    }
    fn write_u8(&mut self, _end_of_text: u8) {}
    fn write_u64(&mut self, value: u64) {
        let mixed = (value ^ (value >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 29);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
