//! Where a feature's numbers are cut into bins: halfway between neighbours where there are few different ones, else so that
//! bins hold about as many rows each.

/// Most bins of numbers; one more code is for missing ones, so that all of them fit a byte.
pub const MOST_BINS: usize = 255;

/// The cuts between at most `most` bins of these numbers, which are finite and ascending: a number belongs to the bin whose
/// place is the count of cuts that are not above it. Fewer than two different numbers have no cut.
///
/// A number that alone has a bin's share of the rows gets a bin of its own; the others are gathered until they have one.
pub fn cuts(sorted: &[f32], most: usize) -> Vec<f32> {
    let runs = || sorted.chunk_by(|a, b| a == b);
    let is_few = runs().nth(most).is_none();
    let (mut rows_left, mut bins_left) = (sorted.len(), most);
    let mut in_bin = 0;
    let mut cuts = Vec::new();
    for (run, next) in runs().zip(runs().skip(1)) {
        in_bin += run.len();
        let share = rows_left.div_ceil(bins_left);
        // The next number would overfill the bin by more than it lacks now.
        let is_full = in_bin.max(next.len()) >= share || in_bin + next.len() / 2 > share;
        if is_few || (is_full && bins_left > 1) {
            cuts.push(between(run[0], next[0]));
            (rows_left, bins_left) = (rows_left - in_bin, (bins_left - 1).max(1));
            in_bin = 0;
        }
    }
    cuts
}

/// Halfway between two numbers, above the lower one and not above the upper one.
fn between(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if middle > low && middle <= high {
        middle
    } else {
        high
    }
}

/// Cuts that are looked up without a branch.
pub struct Finder {
    /// Padded with infinity, which no number reaches.
    cuts: [f32; 256],
    missing: u8,
}

impl Finder {
    /// Of at most 254 cuts.
    pub fn new(cuts: &[f32]) -> Self {
        let mut padded = [f32::INFINITY; 256];
        padded[..cuts.len()].copy_from_slice(cuts);
        Finder {
            cuts: padded,
            missing: (cuts.len() + 1) as u8,
        }
    }

    /// The bin of a number; the one after the last bin of numbers where it is missing.
    #[inline]
    pub fn bin(&self, number: f32) -> u8 {
        let (mut at, mut step) = (0_usize, 128_usize);
        while step > 0 {
            at += if self.cuts[(at + step - 1) & 255] <= number {
                step
            } else {
                0
            };
            step >>= 1;
        }
        if number.is_nan() {
            self.missing
        } else {
            at as u8
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_different_numbers_are_cut_halfway() {
        assert_eq!(cuts(&[1.0, 1.0, 2.0, 4.0], 255), vec![1.5, 3.0]);
        assert_eq!(cuts(&[3.0; 9], 255), Vec::<f32>::new());
        assert_eq!(cuts(&[], 255), Vec::<f32>::new());
        // Nothing fits between neighbours, and the sum of the largest is not finite.
        let (low, high) = (f32::MAX.next_down(), f32::MAX);
        assert_eq!(cuts(&[low, high], 255), vec![high]);
        assert_eq!(cuts(&[-high, high], 255), vec![0.0]);
    }

    #[test]
    fn many_numbers_are_cut_into_bins_of_about_as_many_rows() {
        let sorted: Vec<f32> = (0..10_000).map(|at| at as f32).collect();
        let found = cuts(&sorted, 100);
        assert_eq!(found.len(), 99);
        let finder = Finder::new(&found);
        let mut rows = [0; 256];
        sorted
            .iter()
            .for_each(|&number| rows[finder.bin(number) as usize] += 1);
        assert!(rows[..100].iter().all(|&rows| rows == 100), "{rows:?}");
    }

    #[test]
    fn a_frequent_number_has_a_bin_of_its_own_and_leaves_the_others_to_the_rest() {
        let mut numbers: Vec<f32> = (0..1000).map(|at| at as f32 / 10.0).collect();
        numbers.extend([50.0; 9000]);
        numbers.sort_by(f32::total_cmp);
        let found = cuts(&numbers, 64);
        assert!(found.len() > 55, "{}", found.len());
        let finder = Finder::new(&found);
        let own = finder.bin(50.0);
        assert!(finder.bin(49.9) < own && finder.bin(50.1) > own);
    }

    #[test]
    fn the_bin_is_the_count_of_cuts_that_are_not_above() {
        let found = [-1.0, 0.5, 2.0];
        let finder = Finder::new(&found);
        for number in [-7.0, -1.0, 0.0, 0.5, 1.9, 2.0, f32::MAX] {
            let wanted = found.iter().filter(|&&cut| cut <= number).count();
            assert_eq!(finder.bin(number) as usize, wanted, "{number}");
        }
        assert_eq!(finder.bin(f32::NAN), 4);
        let most: Vec<f32> = (0..MOST_BINS as u32 - 1).map(|at| at as f32).collect();
        let finder = Finder::new(&most);
        assert_eq!((finder.bin(1e9), finder.bin(f32::NAN)), (254, 255));
    }
}
