//! Trees against searches by hand and against what is made of them, and the same bits on any number of threads.

mod far;
mod rounds;

use super::bins::{Bins, encode};
use super::coding::{Coding, Column};
use super::groups::Rows;
use super::histograms::{Gradients, histogram};
use super::packed::{Packing, Sum};
use super::rounds::{Boosted, Settings, boost};
use super::shape::Size;
use super::split::{Rules, best};
use super::table::{Stretch, Table};
use super::{Form, trees};
use crate::config::raw::Learner;
use crate::learners::target::Target;
use crate::learners::tests::noise;
use crate::predictors::Trees;

/// A made-up table: numbers with gaps, flags, and a one-hot block.
pub struct Made {
    n_rows: usize,
    features: Vec<u32>,
    blocks: Vec<(u32, u32)>,
    /// `(n_rows, n_numbers)`.
    numbers: Vec<f32>,
    /// `(n_rows, n_blocks)`.
    places: Vec<u32>,
}

impl Made {
    /// Every third column of numbers is a flag without gaps.
    pub fn new(n_rows: usize, n_numbers: usize, width: u32) -> Self {
        let mut random = noise(n_rows as u64 + n_numbers as u64);
        let mut numbers = Vec::with_capacity(n_rows * n_numbers);
        for at in 0..n_rows * n_numbers {
            let x = random();
            numbers.push(match (at % n_numbers % 3, x > 0.8) {
                (1, is_large) => f32::from(u8::from(is_large)),
                (_, true) => f32::NAN,
                _ => x as f32,
            });
        }
        let mut place = |_| ((random() + 1.0) / 2.0 * f64::from(width)) as u32;
        Made {
            n_rows,
            features: (0..n_numbers as u32).collect(),
            blocks: vec![(n_numbers as u32, width)],
            numbers,
            places: (0..n_rows).map(&mut place).collect(),
        }
    }

    fn n_features(&self) -> usize {
        self.features.len() + self.blocks[0].1 as usize
    }

    /// A row as a predictor sees it.
    fn row(&self, at: usize) -> Vec<f32> {
        let n = self.features.len();
        let mut row = self.numbers[at * n..(at + 1) * n].to_vec();
        row.resize(self.n_features(), 0.0);
        row[n + self.places[at] as usize] = 1.0;
        row
    }

    /// A number that the columns tell something of.
    fn signal(&self, at: usize) -> f64 {
        let row = self.row(at);
        let number = f64::from(if row[0].is_nan() { 1.5 } else { row[0] });
        let flag = f64::from(row.get(1).copied().unwrap_or(0.0));
        2.0 * number + flag * number + f64::from(self.places[at] % 3)
    }
}

impl Table for Made {
    fn n_rows(&self) -> usize {
        self.n_rows
    }

    fn numbers(&self) -> &[u32] {
        &self.features
    }

    fn blocks(&self) -> &[(u32, u32)] {
        &self.blocks
    }

    fn read(&self, start: usize, end: usize, into: &mut Stretch) {
        let n = self.features.len();
        into.numbers = self.numbers[start * n..end * n].to_vec();
        into.places = self.places[start..end].to_vec();
    }
}

fn settings(rounds: usize) -> Settings {
    Settings {
        rounds,
        patience: 5,
        learning_rate: 0.3,
        size: Size {
            leaves: 12,
            depth: 5,
        },
        lambda: 1.0,
        min_hessian: 1.0,
    }
}

/// Boosts with each kind of target, and hands over what came of it.
fn each_goal(
    made: &Made,
    rounds: usize,
    check: impl Fn(Target<'_>, &Form, &Coding, &Bins, &Boosted),
) {
    let mut random = noise(9);
    let numbers: Vec<f64> = (0..made.n_rows)
        .map(|row| 1e4 + 50.0 * (made.signal(row) + random()))
        .collect();
    let wobble: Vec<f64> = (0..made.n_rows).map(|_| random()).collect();
    let class = |borders: &[f64]| -> Vec<u32> {
        let of = |row: usize| {
            let signal = made.signal(row) + wobble[row];
            borders.iter().filter(|&&border| signal > border).count() as u32
        };
        (0..made.n_rows).map(of).collect()
    };
    let (two, four) = (class(&[1.0]), class(&[0.0, 1.0, 2.0]));
    for target in [
        Target::Numbers(&numbers),
        Target::Classes(&two, 2),
        Target::Classes(&four, 4),
    ] {
        let form = Form::of(target, &Learner::default());
        let (coding, bins, _) = encode(made, None);
        let boosted = boost(&bins, &coding, form.goal(target), None, &settings(rounds));
        check(target, &form, &coding, &bins, &boosted);
    }
}

#[test]
fn the_same_bits_on_one_two_and_seven_threads() {
    let made = Made::new(30_000, 7, 20);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let all = std::sync::Mutex::new(Vec::new());
        pool.expect("a pool").install(|| {
            each_goal(&made, 3, |_, _, _, _, boosted| {
                all.lock().expect("nobody failed").push(boosted.clone());
            });
        });
        all.into_inner().expect("nobody failed")
    };
    let first = on(1);
    assert!(first.iter().all(|boosted| boosted.rounds.len() == 3));
    assert!(first == on(2), "two threads");
    assert!(first == on(7), "seven threads");
}

#[test]
fn the_predictor_says_what_was_boosted() {
    let made = Made::new(3000, 6, 9);
    each_goal(&made, 8, |_, form, coding, bins, boosted| {
        let trees: Trees = trees(boosted, coding, form, made.n_features());
        assert!(trees.is_sound(made.n_features()), "{trees:?}");
        assert!(trees.gain[0] > 0.0 && trees.gain[6..].iter().any(|&gain| gain > 0.0));
        let bytes: Vec<Vec<u8>> = (0..coding.n_bytes)
            .map(|at| bins.byte(at).to_vec())
            .collect();
        let ways: Vec<_> = boosted
            .rounds
            .iter()
            .flatten()
            .map(|it| it.tree.ways(coding))
            .collect();
        for row in 0..made.n_rows {
            let mut margins = trees.base.clone();
            trees.add(&made.row(row), &mut margins);
            let mut wanted = trees.base.clone();
            for (boost, ways) in boosted.rounds.iter().flatten().zip(&ways) {
                let value = boost.values[boost.tree.leaf(ways, &bytes, row)];
                wanted[boost.output] += form.standard.scale * f64::from(value);
            }
            assert_eq!(margins, wanted, "row {row}");
        }
    });
}

#[test]
fn the_best_split_is_the_one_that_a_search_over_all_finds() {
    for seed in 0..20_u32 {
        // So few rows that every number has a bin of its own.
        let made = Made::new(150 + 4 * seed as usize, 5, 4);
        let (coding, bins, _) = encode(&made, None);
        let mut random = noise(u64::from(seed));
        let packed: Vec<u32> = (0..made.n_rows)
            .map(|_| {
                Packing::pack(
                    (random() * 32_000.0) as i32,
                    1 + (random().abs() * 60_000.0) as u32,
                )
            })
            .collect();
        let gradients = Gradients {
            packing: Packing::Halves,
            packed: &packed,
        };
        let sums = histogram(&bins, gradients, Rows::Run(0, made.n_rows));
        let sum = |goes: &dyn Fn(usize) -> bool| {
            let rows = (0..made.n_rows).filter(|&row| goes(row));
            rows.fold(Sum::default(), |sum, row| {
                sum + Packing::Halves.sum(Packing::halves(packed[row]))
            })
        };
        let total = sum(&|_| true);
        let rules = Rules {
            lambda: 1000.0,
            min_hessian: 300_000,
            min_gain: 0.0,
        };
        let found = best(bins.codes(), &coding, &sums, total, &rules).expect("a split");
        // All thresholds, also between rows, both ways for missing numbers, and every feature of the block.
        let mut most = 0.0_f64;
        let mut look = |goes_left: &dyn Fn(usize) -> bool| {
            let left = sum(goes_left);
            let right = total - left;
            if left.hessian.min(right.hessian) >= rules.min_hessian {
                let gain = rules.score(left) + rules.score(right) - rules.score(total);
                most = most.max(gain);
            }
        };
        for feature in 0..5 {
            let number = |row: usize| made.numbers[row * 5 + feature];
            for row in 0..made.n_rows {
                look(&|other| number(other) <= number(row));
                look(&|other| number(other).is_nan() || number(other) <= number(row));
            }
        }
        (0..4).for_each(|place| look(&|row| made.places[row] != place));
        assert!((found.gain - most).abs() < 1e-6 * most, "{found:?} {most}");
        let goes_left = found.goes_left(&coding);
        let byte = bins.byte(coding.places[found.column].byte);
        assert_eq!(sum(&|row| goes_left[byte[row] as usize]), found.left);
    }
}

#[test]
fn one_category_of_hundreds_is_told_from_the_others() {
    let made = Made::new(4000, 1, 700);
    let (coding, bins, _) = encode(&made, None);
    // Two columns of 255 places and one of 190.
    let widths: Vec<usize> = coding.columns[1..].iter().map(Column::n_codes).collect();
    assert_eq!(widths, [256, 256, 191]);
    for wanted in [0, 254, 255, 300, 699] {
        let class: Vec<u32> = made
            .places
            .iter()
            .map(|&place| u32::from(place == wanted))
            .collect();
        let target = Target::Classes(&class, 2);
        let form = Form::of(target, &Learner::default());
        let few = Settings {
            min_hessian: 0.001,
            ..settings(1)
        };
        let boosted = boost(&bins, &coding, form.goal(target), None, &few);
        let trees = trees(&boosted, &coding, &form, made.n_features());
        assert_eq!(trees.feature[0], 1 + wanted, "{wanted}");
    }
}

#[test]
fn a_gap_that_no_sampled_row_has_is_read_all_the_same() {
    let n_rows = 210_000;
    let flags = |row: usize, at: usize| f32::from(u8::from((row / (at + 1)).is_multiple_of(2)));
    let mut numbers: Vec<f32> = (0..n_rows * 2).map(|at| flags(at / 2, at % 2)).collect();
    numbers[2 * 100 + 1] = f32::NAN;
    let made = Made {
        n_rows,
        features: vec![0, 1],
        blocks: vec![(2, 3)],
        numbers,
        places: vec![1; n_rows],
    };
    let (coding, bins, _) = encode(&made, None);
    assert_eq!(coding.n_bytes, 1);
    let n_codes: Vec<usize> = coding.columns.iter().map(Column::n_codes).collect();
    assert_eq!(n_codes, [2, 3, 3]);
    let code = |row: usize, at: usize| {
        let place = coding.places[at];
        bins.byte(place.byte)[row] as usize / place.divisor % place.n_codes
    };
    assert_eq!(code(100, 1), 2);
    for row in (0..n_rows).filter(|&row| row != 100).step_by(37) {
        assert_eq!(
            (code(row, 0), code(row, 1)),
            (flags(row, 0) as usize, flags(row, 1) as usize)
        );
    }
}
