//! Resampling with replacement within each true class, by counts or by rows.
//!
//! Within a class every row is drawn as often as the class has rows, so each replicate has the class counts of the test
//! set. A label metric depends only on how many rows fall into each cell (true class, predicted class): those counts are
//! multinomial when rows are drawn with replacement, so they can be drawn directly at a cost that hardly grows with the
//! number of rows. A probability metric depends on each row: rows are drawn as weights.

use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::function::gamma::ln_gamma;

use super::Interval;

/// Most row draws over all replicates of one bootstrap.
const MAX_ROW_DRAWS: u64 = 40_000_000;

/// Fewest replicates to which a large test set brings a bootstrap down.
const MIN_ROW_REPLICATES: u32 = 200;

/// Replicates of a bootstrap over rows: as many as asked, but no more than 40 million row draws together, and not below
/// 200 for that reason. A test set so large that this bites has narrow intervals anyhow.
pub(crate) fn row_replicates(asked: u32, n_rows: usize) -> u32 {
    let affordable = MAX_ROW_DRAWS / (n_rows as u64).max(1);
    let affordable = u32::try_from(affordable).unwrap_or(u32::MAX);
    asked.min(affordable.max(MIN_ROW_REPLICATES))
}

/// The random numbers of one replicate: a stream of its own, so that no thread count and no order changes them.
pub(crate) fn replicate_rng(seed: u64, replicate: u32) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(replicate));
    rng
}

/// Whether a confidence can be used: strictly between 0 and 1.
pub(crate) fn valid_confidence(confidence: f64) -> bool {
    confidence > 0.0 && confidence < 1.0
}

/// Two-sided percentile interval, interpolated linearly between order statistics. `sorted` must be sorted; `None` when
/// it is empty or the confidence is not between 0 and 1.
pub(crate) fn percentile_interval(sorted: &[f64], confidence: f64) -> Option<Interval> {
    if !valid_confidence(confidence) {
        return None;
    }
    let tail = (1.0 - confidence) / 2.0;
    Some(Interval {
        low: at_share(sorted, tail)?,
        high: at_share(sorted, 1.0 - tail)?,
    })
}

/// The value below which a share of the sorted values lies, interpolated linearly; `None` of none.
pub(crate) fn at_share(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let (a, b) = (sorted[below], sorted[above]);
    Some(a + (b - a) * (place - below as f64))
}

/// Rows that share true class and the label of each of two models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) first: usize,
    pub(crate) second: usize,
    pub(crate) count: u64,
}

/// The rows of a test set as counts: per true class, the cells that are not empty.
#[derive(Debug, Clone)]
pub(crate) struct ConfusionCells {
    strata: Vec<(usize, Vec<Cell>)>,
}

impl ConfusionCells {
    /// Counts rows; the three slices must have the same length.
    pub(crate) fn new(truth: &[u32], first: &[u32], second: &[u32]) -> ConfusionCells {
        let mut keys: Vec<(u32, u32, u32)> = truth
            .iter()
            .zip(first)
            .zip(second)
            .map(|((&t, &a), &b)| (t, a, b))
            .collect();
        keys.sort_unstable();
        let mut strata: Vec<(usize, Vec<Cell>)> = Vec::new();
        for run in keys.chunk_by(|a, b| a == b) {
            let (class, first, second) = (run[0].0 as usize, run[0].1 as usize, run[0].2 as usize);
            let cell = Cell {
                first,
                second,
                count: run.len() as u64,
            };
            match strata.last_mut() {
                Some((last, cells)) if *last == class => cells.push(cell),
                _ => strata.push((class, vec![cell])),
            }
        }
        ConfusionCells { strata }
    }

    /// Draws one replicate and hands on each cell with its new count: `(true class, cell)`.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng, mut take: impl FnMut(usize, Cell)) {
        for (class, cells) in &self.strata {
            let mut rows_left: u64 = cells.iter().map(|cell| cell.count).sum();
            let mut draws_left = rows_left;
            for &cell in cells {
                let drawn = binomial(rng, draws_left, cell.count as f64 / rows_left as f64);
                rows_left -= cell.count;
                draws_left -= drawn;
                take(
                    *class,
                    Cell {
                        count: drawn,
                        ..cell
                    },
                );
            }
        }
    }
}

/// The rows of a test set, grouped by true class.
#[derive(Debug, Clone)]
pub(crate) struct Strata {
    rows: Vec<Vec<u32>>,
}

impl Strata {
    /// Groups rows; every class must be below `n_classes`.
    pub(crate) fn new(truth: &[u32], n_classes: usize) -> Strata {
        let mut rows = vec![Vec::new(); n_classes];
        for (row, &class) in truth.iter().enumerate() {
            rows[class as usize].push(row as u32);
        }
        Strata { rows }
    }

    /// Draws one replicate as the number of times that each row was drawn.
    pub(crate) fn draw(&self, rng: &mut ChaCha8Rng, weights: &mut [u32]) {
        weights.fill(0);
        for rows in &self.rows {
            let n = rows.len() as u128;
            for _ in 0..rows.len() {
                let pick = ((u128::from(rng.next_u64()) * n) >> 64) as usize;
                weights[rows[pick] as usize] += 1;
            }
        }
    }
}

/// One draw from Binomial(n, p) by inversion, walking outwards from the mode, so that about one standard deviation's
/// worth of steps is taken.
///
/// Source: C. D. Kemp, "A modal method for generating binomial variables", Communications in Statistics 15(3), 1986.
pub(crate) fn binomial(rng: &mut impl Rng, n: u64, p: f64) -> u64 {
    if n == 0 || p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    let (trials, odds) = (n as f64, p / (1.0 - p));
    let mode = (((trials + 1.0) * p).floor() as u64).min(n);
    let mode_mass = log_mass(n, mode, p).exp();
    let mut left = rng.random::<f64>() - mode_mass;
    let (mut low, mut low_mass) = (mode, mode_mass);
    let (mut high, mut high_mass) = (mode, mode_mass);
    while left > 0.0 {
        if high < n {
            high_mass *= (trials - high as f64) / (high + 1) as f64 * odds;
            high += 1;
            left -= high_mass;
            if left <= 0.0 {
                return high;
            }
        }
        if low > 0 {
            low_mass *= low as f64 / (trials - low as f64 + 1.0) / odds;
            low -= 1;
            left -= low_mass;
            if left <= 0.0 {
                return low;
            }
        }
        let exhausted = low == 0 && high == n;
        let negligible = low_mass.max(high_mass) < 1e-20;
        if exhausted || negligible {
            break;
        }
    }
    // What rounding leaves over beyond both tails goes to the mode.
    mode
}

fn log_mass(n: u64, k: u64, p: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
        + k * p.ln()
        + (n - k) * (-p).ln_1p()
}
