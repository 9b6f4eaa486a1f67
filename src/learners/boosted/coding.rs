//! How features become bytes: each number by its bin, each one-hot block by the feature that is 1.
//!
//! Columns of few codes share a byte: four flags, say, are one of sixteen numbers. A row then costs one addition for all of
//! them, and the sums of each are read off those of the byte.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::cuts::{Finder, MOST_BINS, cuts};
use super::table::{Stretch, Table};

/// Rows whose numbers tell where to cut, about, and how many of them stand together.
const SAMPLED: usize = 100_000;
const SAMPLED_TOGETHER: usize = 64;
/// Places of a one-hot block that share a column; one code is for all others.
const PLACES: u32 = 255;
/// Bins of all columns together, about: what the histograms of a tree's leaves have room for.
const MOST_IN_ALL: usize = 1 << 20;
/// Different bytes.
const BYTES: usize = 256;

/// What the codes of a column stand for.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// The bin of a number, then, where there is one, the code of missing ones.
    Numbers {
        /// Its place among the numbers of a stretch.
        at: usize,
        /// The feature.
        feature: u32,
        /// Ascending; see `cuts`.
        cuts: Vec<f32>,
        /// Whether missing numbers have a code.
        has_missing: bool,
    },
    /// Which of some features of a one-hot block is 1, then, where the block has more of them, one code for the others.
    Ones {
        /// The block.
        block: usize,
        /// The first of its places that is meant.
        from: u32,
        /// The feature of that place.
        feature: u32,
        /// How many follow each other.
        width: u32,
        /// Whether the block has other places.
        has_others: bool,
    },
}

impl Column {
    /// Different codes.
    pub fn n_codes(&self) -> usize {
        match self {
            Column::Numbers {
                cuts, has_missing, ..
            } => cuts.len() + 1 + usize::from(*has_missing),
            Column::Ones {
                width, has_others, ..
            } => *width as usize + usize::from(*has_others),
        }
    }

    /// What finds the codes of numbers.
    pub fn finder(&self) -> Option<Finder> {
        match self {
            Column::Numbers { cuts, .. } => Some(Finder::new(cuts)),
            Column::Ones { .. } => None,
        }
    }
}

/// Where the code of a column stands: `byte / divisor % n_codes`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// Which of the bytes.
    pub byte: usize,
    /// Product of the counts of codes that are before it in the byte.
    pub divisor: usize,
    /// Different codes.
    pub n_codes: usize,
}

/// How features become bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Coding {
    /// Those with a byte of their own first.
    pub columns: Vec<Column>,
    /// `(n_columns)`; columns that share a byte follow one another.
    pub places: Vec<Place>,
    /// Bytes of a row.
    pub n_bytes: usize,
}

impl Coding {
    /// Cuts the numbers of a table by a sample of its rows, spread evenly.
    pub fn of(table: &dyn Table) -> Self {
        let features = table.numbers();
        let most = (MOST_IN_ALL / features.len().max(1)).clamp(15, MOST_BINS);
        let samples = sample(table).into_par_iter().enumerate();
        let numbers = samples.map(|(at, mut sample)| {
            let n_sampled = sample.len();
            sample.retain(|number| !number.is_nan());
            let has_missing = sample.len() < n_sampled;
            sample.sort_unstable_by(f32::total_cmp);
            Column::Numbers {
                at,
                feature: features[at],
                cuts: cuts(&sample, most),
                has_missing,
            }
        });
        let mut columns: Vec<Column> = numbers.collect();
        for (block, &(first, width)) in table.blocks().iter().enumerate() {
            columns.extend(
                (0..width)
                    .step_by(PLACES as usize)
                    .map(|from| Column::Ones {
                        block,
                        from,
                        feature: first + from,
                        width: (width - from).min(PLACES),
                        has_others: width > PLACES,
                    }),
            );
        }
        Coding::packed(columns)
    }

    /// The same, with codes for missing numbers in these columns too.
    pub fn with_missing(mut self, these: &BTreeSet<usize>) -> Self {
        for &at in these {
            if let Column::Numbers { has_missing, .. } = &mut self.columns[at] {
                *has_missing = true;
            }
        }
        Coding::packed(self.columns)
    }

    /// Gives each column its place in a byte.
    fn packed(mut columns: Vec<Column>) -> Self {
        let is_small = |column: &Column| column.n_codes() * column.n_codes() <= BYTES;
        columns.sort_by_key(is_small);
        let mut places: Vec<Place> = Vec::new();
        let mut n_bytes = 0;
        for column in &columns {
            let n_codes = column.n_codes();
            let divisor = places
                .last()
                .map_or(BYTES, |last| last.divisor * last.n_codes);
            let is_shared = is_small(column) && divisor * n_codes <= BYTES;
            n_bytes += usize::from(!is_shared);
            places.push(Place {
                byte: n_bytes - 1,
                divisor: if is_shared { divisor } else { 1 },
                n_codes,
            });
        }
        Coding {
            columns,
            places,
            n_bytes,
        }
    }

    /// Whether each byte goes left, where `left` says it of a column's codes.
    pub fn bytes(&self, column: usize, left: &[bool; BYTES]) -> [bool; BYTES] {
        let place = self.places[column];
        std::array::from_fn(|byte| left[byte / place.divisor % place.n_codes])
    }
}

/// The sampled numbers of each feature.
fn sample(table: &dyn Table) -> Vec<Vec<f32>> {
    let (n_rows, n_numbers) = (table.n_rows(), table.numbers().len());
    let step = (n_rows / SAMPLED).max(1) * SAMPLED_TOGETHER;
    let starts = (0..n_rows).step_by(step);
    let n_sampled = starts.len() * SAMPLED_TOGETHER;
    let mut samples = vec![Vec::new(); n_numbers];
    samples
        .iter_mut()
        .for_each(|sample| sample.reserve_exact(n_sampled.min(n_rows)));
    let mut stretch = Stretch::default();
    for start in starts {
        table.read(start, (start + SAMPLED_TOGETHER).min(n_rows), &mut stretch);
        for (at, sample) in samples.iter_mut().enumerate() {
            sample.extend(stretch.numbers[at..].iter().step_by(n_numbers));
        }
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(n: usize, cuts: usize, has_missing: bool) -> Vec<Column> {
        let column = |at: usize| Column::Numbers {
            at,
            feature: at as u32,
            cuts: (0..cuts).map(|cut| cut as f32).collect(),
            has_missing,
        };
        (0..n).map(column).collect()
    }

    #[test]
    fn columns_of_few_codes_share_a_byte_and_others_have_one_of_their_own() {
        let coding = Coding::packed(flags(9, 1, false));
        assert_eq!(coding.n_bytes, 2);
        let divisors: Vec<usize> = coding.places.iter().map(|place| place.divisor).collect();
        assert_eq!(divisors, [1, 2, 4, 8, 16, 32, 64, 128, 1]);
        assert_eq!(Coding::packed(flags(6, 1, true)).n_bytes, 2);
        assert_eq!(Coding::packed(flags(3, 254, true)).n_bytes, 3);
        let mixed =
            Coding::packed([flags(1, 1, false), flags(1, 99, true), flags(1, 1, true)].concat());
        assert_eq!((mixed.n_bytes, mixed.columns[0].n_codes()), (2, 101));
    }

    #[test]
    fn a_byte_goes_the_way_of_its_columns_code() {
        let coding = Coding::packed(flags(3, 1, true));
        let mut left = [false; BYTES];
        left[1] = true;
        let bytes = coding.bytes(1, &left);
        for (byte, goes_left) in bytes.iter().enumerate().take(27) {
            assert_eq!(*goes_left, byte / 3 % 3 == 1, "{byte}");
        }
    }

    #[test]
    fn a_column_that_has_missing_numbers_after_all_gets_a_code_for_them() {
        let coding = Coding::packed(flags(8, 1, false)).with_missing(&BTreeSet::from([2]));
        let n_codes: Vec<usize> = coding.columns.iter().map(Column::n_codes).collect();
        assert_eq!(n_codes, [2, 2, 3, 2, 2, 2, 2, 2]);
        assert_eq!(coding.n_bytes, 2);
    }
}
