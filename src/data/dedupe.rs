//! Rows that were there before, by their hashes.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use polars::prelude::{BooleanChunked, DataFrame};
use rayon::prelude::*;

/// Hashes are looked for among those that begin with the same bits, each such shard on one core.
const SHARD_BITS: u32 = 3;
const SHARDS: u128 = 1 << SHARD_BITS;

/// Keeps the first of rows with equal hashes, in order; the number is of those dropped. Copies nothing if none are.
pub fn dedupe(frame: DataFrame, hashes: Vec<u128>) -> (DataFrame, Vec<u128>, u64) {
    let repeated = repeated(&hashes);
    let dropped = repeated.len();
    // A frame of another height cannot go with these hashes: leave it as it is.
    if dropped == 0 || frame.height() != hashes.len() {
        return (frame, hashes, 0);
    }
    let mut keep = vec![true; hashes.len()];
    repeated.iter().for_each(|&row| keep[row] = false);
    let height = hashes.len() - dropped;
    let mask: BooleanChunked = keep.iter().map(|&keep| Some(keep)).collect();
    // Taken apart, so that each old column goes as soon as its new one stands.
    let columns = frame.into_columns().into_iter();
    let columns = columns
        .map(|column| {
            column
                .filter(&mask)
                .expect("the mask is as long as the column")
        })
        .collect();
    let filtered = DataFrame::new(height, columns).expect("all columns were filtered alike");
    let kept = hashes
        .into_iter()
        .zip(keep)
        .filter_map(|(hash, keep)| keep.then_some(hash))
        .collect();
    (filtered, kept, dropped as u64)
}

/// The rows whose hash an earlier row has, in no order.
fn repeated(hashes: &[u128]) -> Vec<usize> {
    let of_shard = |shard: u128| -> Vec<usize> {
        let expected = hashes.len() / SHARDS as usize * 9 / 8;
        let mut seen: HashSet<u128, BuildHasherDefault<LowBits>> =
            HashSet::with_capacity_and_hasher(expected, BuildHasherDefault::default());
        let rows = hashes.iter().enumerate();
        rows.filter(|(_, hash)| *hash >> (u128::BITS - SHARD_BITS) == shard)
            .filter(|(_, hash)| !seen.insert(**hash))
            .map(|(row, _)| row)
            .collect()
    };
    (0..SHARDS)
        .into_par_iter()
        .flat_map_iter(of_shard)
        .collect()
}

/// Hashes of rows that were met already.
#[derive(Default)]
pub(super) struct Seen(HashSet<u128, BuildHasherDefault<LowBits>>);

impl Seen {
    /// Which of the rows are new; they count as met from now on.
    pub fn keep_new(&mut self, hashes: &[u128]) -> Vec<bool> {
        hashes.iter().map(|hash| self.0.insert(*hash)).collect()
    }
}

/// How many of `these` rows are equal to one of `those`.
pub fn count_shared(these: &[u128], those: &[u128]) -> u64 {
    let known: HashSet<u128, BuildHasherDefault<LowBits>> = these.iter().copied().collect();
    let shared: Vec<u128> = those
        .par_iter()
        .copied()
        .filter(|hash| known.contains(hash))
        .collect();
    let shared: HashSet<u128, BuildHasherDefault<LowBits>> = shared.into_iter().collect();
    these.iter().filter(|hash| shared.contains(hash)).count() as u64
}

/// A hasher for values that are hashes already.
#[derive(Default)]
struct LowBits(u64);

impl Hasher for LowBits {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
