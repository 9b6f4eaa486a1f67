//! One column: what was counted of the reference against what was counted of a window.

use serde::{Deserialize, Serialize};

use super::cells::cells;
use super::chi_square::chi_square;
use super::column::{Column, Measure};
use super::jensen_shannon::jensen_shannon;
use super::kolmogorov_smirnov::{MOST_EXACT, kolmogorov_smirnov};
use super::layout::{Layout, MISSING};
use super::proportions::two_proportions;
use super::stability_index::{beyond_chance, by_chance, stability_index};
use super::total_variation::total_variation;
use super::wasserstein::wasserstein_of_bins;

/// The test that a p-value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// Pearson's χ² on the counts.
    ChiSquare,
    /// Kolmogorov–Smirnov on the values, exact.
    KsExact,
    /// How likely it is that all rows with a value that the reference has not are on one side; where it has one value only.
    AllInOne,
}

/// Shares of rows, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Shares {
    /// Without a value.
    pub missing: f64,
    /// Below the smallest value of the reference.
    pub below: f64,
    /// Above its largest value.
    pub above: f64,
    /// With a category that it does not have.
    pub new: f64,
}

impl Shares {
    fn of(layout: &Layout, counts: &[u64]) -> Shares {
        let n = counts.iter().sum::<u64>().max(1) as f64;
        let share = |place: usize| counts[place] as f64 / n;
        let last = layout.width() - 1;
        let missing = share(MISSING);
        match layout {
            Layout::Numbers { .. } => Shares {
                missing,
                below: share(1),
                above: share(last),
                new: 0.0,
            },
            Layout::Labels { .. } => Shares {
                missing,
                new: share(last),
                ..Shares::default()
            },
        }
    }

    /// Rows that the reference has nothing like.
    pub fn outside(&self) -> f64 {
        self.below + self.above + self.new
    }
}

/// What comes of comparing a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Rows of the window.
    pub rows: u64,
    /// The test; `None` where there is nothing to test.
    pub test: Option<Test>,
    /// Its statistic.
    pub statistic: Option<f64>,
    /// Its p-value.
    pub p_value: f64,
    /// PSI over the cells.
    pub psi: f64,
    /// PSI beyond chance.
    pub effect: f64,
    /// What chance alone makes of PSI on average.
    pub by_chance: f64,
    /// W₁ over the interquartile range, of numbers that have one.
    pub wasserstein_iqr: Option<f64>,
    /// Jensen–Shannon distance over the cells.
    pub jensen_shannon: Option<f64>,
    /// Total variation over the cells.
    pub total_variation: Option<f64>,
    /// Shares of the reference and of the window.
    pub shares: [Shares; 2],
    /// Middle values of the reference and of the window, about.
    pub medians: Option<[f64; 2]>,
    /// Whether the reference has one value only.
    pub is_constant: bool,
    /// Whether the window has no value at all.
    pub is_empty: bool,
}

/// Compares what was counted of a column. `values` are those of the window, ascending, where they are available: with few rows
/// they are compared one by one.
pub fn compare(column: &Column, window: &[u64], values: Option<&[f64]>) -> Compared {
    let layout = &column.layout;
    let (n, m) = (column.counts.iter().sum(), window.iter().sum());
    let filled = |counts: &[u64]| counts.iter().skip(1).filter(|n| **n > 0).count();
    let is_constant = filled(&column.counts) <= 1;
    let shares = [
        Shares::of(layout, &column.counts),
        Shares::of(layout, window),
    ];
    let exact = exact(column, window, values);
    // An exact test bears cells with few rows.
    let pair = cells(layout, &column.counts, window, exact.is_none());
    let (a, b) = (&pair.reference, &pair.window);
    let mut found = match exact {
        Some(tested) => Some((Test::KsExact, tested)),
        None => chi_square(a, b).map(|tested| (Test::ChiSquare, tested)),
    };
    if is_constant && shares[1].outside() > 0.0 {
        let new = (shares[1].outside() * m as f64).round() as u64;
        found = Some((Test::AllInOne, all_in_one(new, n, m)));
    }
    Compared {
        reference_rows: n,
        rows: m,
        test: found.map(|(test, _)| test),
        statistic: found.map(|(_, tested)| tested.statistic),
        p_value: found.map_or(1.0, |(_, tested)| tested.p_value),
        psi: stability_index(a, b),
        effect: beyond_chance(a, b),
        by_chance: by_chance(a.len().max(pair.wanted), n, m),
        wasserstein_iqr: moved(layout, &column.counts, window),
        jensen_shannon: jensen_shannon(a, b),
        total_variation: total_variation(a, b),
        shares,
        medians: quantile(layout, &column.counts, 0.5)
            .zip(quantile(layout, window, 0.5))
            .map(|(one, other)| [one, other]),
        is_constant,
        is_empty: m > 0 && filled(window) == 0,
    }
}

/// P(all `k` of some rows are among the m of n + m) = Π (m − i) / (n + m − i): the exact one-sided test of a share that was 0.
fn all_in_one(k: u64, n: u64, m: u64) -> super::chi_square::Tested {
    let (n, m) = (n as f64, m as f64);
    let factors = (0..k).map(|i| (m - i as f64) / (n + m - i as f64));
    super::chi_square::Tested {
        statistic: k as f64,
        p_value: factors.product::<f64>().clamp(0.0, 1.0),
    }
}

/// Exact Kolmogorov–Smirnov where the rows are few; what is missing on either side is a second test (Bonferroni).
fn exact(
    column: &Column,
    window: &[u64],
    values: Option<&[f64]>,
) -> Option<super::chi_square::Tested> {
    let values = values.filter(|values| !values.is_empty())?;
    let is_few = column.values.len().saturating_mul(values.len()) <= MOST_EXACT;
    if column.values.is_empty() || !is_few || column.measure == Measure::Category {
        return None;
    }
    let mut tested = kolmogorov_smirnov(&column.values, values)?;
    let missing = [column.counts[MISSING], window[MISSING]];
    if missing != [0, 0] {
        let (n, m) = (column.counts.iter().sum(), window.iter().sum());
        let of_missing = two_proportions(missing[0], n, missing[1], m)?;
        tested.p_value = (2.0 * tested.p_value.min(of_missing.p_value)).min(1.0);
    }
    Some(tested)
}

/// W₁ over the interquartile range of the reference.
fn moved(layout: &Layout, reference: &[u64], window: &[u64]) -> Option<f64> {
    let Layout::Numbers { lowest, uppers } = layout else {
        return None;
    };
    let spread = quantile(layout, reference, 0.75)? - quantile(layout, reference, 0.25)?;
    if spread <= 0.0 {
        return None;
    }
    // What lies outside counts with the outermost bins.
    let inner = |counts: &[u64]| {
        let mut inner = counts[2..counts.len() - 1].to_vec();
        *inner.first_mut()? += counts[1];
        *inner.last_mut()? += counts[counts.len() - 1];
        Some(inner)
    };
    let edges: Vec<f64> = std::iter::once(lowest).chain(uppers).copied().collect();
    let distance = wasserstein_of_bins(&edges, &inner(reference)?, &inner(window)?)?;
    Some(distance / spread)
}

/// A quantile of what was counted, from the bins: values are taken as spread evenly within one.
fn quantile(layout: &Layout, counts: &[u64], share: f64) -> Option<f64> {
    let Layout::Numbers { lowest, uppers } = layout else {
        return None;
    };
    let present: u64 = counts.iter().skip(1).sum();
    if present == 0 || uppers.is_empty() {
        return None;
    }
    let target = share * present as f64;
    let mut before = counts[1] as f64;
    if target <= before {
        return Some(*lowest);
    }
    let mut low = *lowest;
    for (upper, n) in uppers.iter().zip(&counts[2..]) {
        let n = *n as f64;
        if n > 0.0 && before + n >= target {
            return Some(low + (upper - low) * (target - before) / n);
        }
        (before, low) = (before + n, *upper);
    }
    uppers.last().copied()
}
