//! Fits the steps of numbers: centre, scale, and what a missing one counts as.

use super::{Cells, Purpose, Step};
use crate::config::features::{Impute, Scaling};

/// Below this, dividing a weight by the scale would overflow.
const SMALLEST_SCALE: f64 = 1e-290;

/// How a column of numbers is to be treated.
#[derive(Debug, Clone, Copy)]
pub struct NumberSettings {
    /// What a missing number counts as.
    pub impute: Impute,
    /// The value of `constant`.
    pub fill: f64,
    /// How it is scaled.
    pub scale: Scaling,
    /// Whether missing cells get a feature of their own.
    pub indicator: bool,
}

impl NumberSettings {
    /// What a purpose takes where the settings say nothing.
    pub fn usual(purpose: Purpose) -> Self {
        let (impute, scale) = match purpose {
            Purpose::Trees => (Impute::None, Scaling::None),
            Purpose::Linear | Purpose::Texts => (Impute::Mean, Scaling::Standard),
        };
        NumberSettings {
            impute,
            fill: 0.0,
            scale,
            indicator: false,
        }
    }
}

/// What steps are made of: some rows of a column of numbers as a few numbers, wherever those were computed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct NumberStats {
    /// All rows.
    pub rows: u64,
    /// Rows that have a number.
    pub present: u64,
    /// The smallest number.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, ddof 0.
    pub deviation: f64,
    /// 25th, 50th and 75th percentile, where the settings ask for the order of numbers.
    pub quartiles: Option<[f64; 3]>,
    /// The smallest of the most frequent numbers, where the settings ask for the order of numbers.
    pub most_frequent: Option<f64>,
}

impl NumberStats {
    /// Of some rows of a column.
    fn of(cells: &Cells<'_>, rows: &[u32], needs_order: bool) -> Self {
        let stats = spread(cells, rows);
        if !needs_order || stats.present == 0 {
            return stats;
        }
        let sorted = sorted(cells, rows);
        NumberStats {
            quartiles: Some([0.25, 0.5, 0.75].map(|share| percentile(&sorted, share))),
            most_frequent: Some(most_frequent(&sorted)),
            ..stats
        }
    }

    /// Why they can tell nothing.
    fn useless(&self) -> Option<&'static str> {
        if self.present == 0 {
            Some("without a value in any row")
        } else if self.low == self.high {
            Some("constant: one value in every row that has one")
        } else if !(self.deviation.is_finite() && self.deviation >= SMALLEST_SCALE) {
            Some("constant within the precision of numbers")
        } else {
            None
        }
    }
}

impl NumberSettings {
    /// Whether they ask for numbers in their order.
    pub fn needs_order(&self) -> bool {
        self.scale == Scaling::Robust
            || matches!(self.impute, Impute::Median | Impute::MostFrequent)
    }
}

/// The step of a column of numbers, or why it cannot help.
pub fn fit_numbers(
    cells: &Cells<'_>,
    rows: &[u32],
    settings: NumberSettings,
) -> Result<Step, String> {
    step_of_numbers(
        &NumberStats::of(cells, rows, settings.needs_order()),
        settings,
    )
}

/// The step of numbers of which this is known, or why they cannot help.
pub fn step_of_numbers(stats: &NumberStats, settings: NumberSettings) -> Result<Step, String> {
    if let Some(why) = stats.useless() {
        return Err(why.to_string());
    }
    let (mean, deviation) = (stats.mean, stats.deviation);
    let is_usual = settings.impute == Impute::Mean && settings.scale == Scaling::Standard;
    let indicator = settings.indicator && stats.present < stats.rows;
    if is_usual && !indicator {
        return Ok(Step::Scale {
            mean,
            scale: deviation,
        });
    }
    let [low_quarter, median, high_quarter] = stats.quartiles.unwrap_or_default();
    let (centre, scale) = match settings.scale {
        Scaling::Standard => (mean, deviation),
        Scaling::None => (0.0, 1.0),
        Scaling::Robust => {
            let range = high_quarter - low_quarter;
            // As scikit-learn: most of the values are one and the same.
            let is_usable = range.is_finite() && range >= SMALLEST_SCALE;
            (median, if is_usable { range } else { 1.0 })
        }
    };
    let fill = match settings.impute {
        Impute::Mean => Some(mean),
        Impute::Median => Some(median),
        Impute::MostFrequent => stats.most_frequent,
        Impute::Constant => Some(settings.fill),
        Impute::None => None,
    };
    Ok(Step::Number {
        fill,
        centre,
        scale,
        indicator,
    })
}

fn sorted(cells: &Cells<'_>, rows: &[u32]) -> Vec<f64> {
    let numbers = rows.iter().filter_map(|&row| cells.number(row as usize));
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_unstable_by(f64::total_cmp);
    numbers
}

/// The value below which a share of the sorted values lies, between two of them in proportion (numpy's `linear`).
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    let part = place - place.floor();
    // Two halves, since the distance of two numbers near 1e308 may be none.
    below * (1.0 - part) + above * part
}

/// The smallest of the most frequent values.
fn most_frequent(sorted: &[f64]) -> f64 {
    let mut best = (0, 0.0);
    for same in sorted.chunk_by(|one, other| one == other) {
        if same.len() > best.0 {
            best = (same.len(), same[0]);
        }
    }
    best.1
}

/// Mean and standard deviation (ddof 0) in two passes about a shift. Values are divided by the largest magnitude first,
/// so that squares of numbers near 1e308 do not overflow and those of numbers near 1e-200 do not vanish.
fn spread(cells: &Cells<'_>, rows: &[u32]) -> NumberStats {
    let mut count = 0_u64;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let all = || rows.iter().map(|&row| row as usize);
    cells.each_number(all(), |number| {
        count += 1;
        // Branches that are hardly ever taken: no number waits for the one before it.
        if number < low {
            low = number;
        }
        if number > high {
            high = number;
        }
    });
    let largest = low.abs().max(high.abs());
    let stats = NumberStats {
        rows: rows.len() as u64,
        present: count,
        low,
        high,
        ..NumberStats::default()
    };
    if count == 0 || low == high {
        return stats;
    }
    let unit = if (1e-100..=1e100).contains(&largest) {
        1.0
    } else {
        largest
    };
    let shift = low / unit / 2.0 + high / unit / 2.0;
    let (mut sum, mut square) = (0.0, 0.0);
    cells.each_number(all(), |number| {
        let distance = number / unit - shift;
        sum += distance;
        square += distance * distance;
    });
    let n = count as f64;
    let mean = sum / n;
    let mut deviation = (square / n - mean * mean).max(0.0).sqrt();
    if deviation < 1e-3 * (high / unit - low / unit) {
        // A lone outlier far away: cancellation above costs digits, so sum about the mean itself.
        let centre = shift + mean;
        let mut square = 0.0;
        cells.each_number(all(), |number| square += (number / unit - centre).powi(2));
        deviation = (square / n).sqrt();
    }
    NumberStats {
        mean: (shift + mean) * unit,
        deviation: deviation * unit,
        ..stats
    }
}
