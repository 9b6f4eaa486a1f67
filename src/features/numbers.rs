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

/// The step of a column of numbers, or why it cannot help.
pub fn fit_numbers(
    cells: &Cells<'_>,
    rows: &[u32],
    settings: NumberSettings,
) -> Result<Step, String> {
    let (mean, deviation) = fit_scale(cells, rows)?;
    let is_usual = settings.impute == Impute::Mean && settings.scale == Scaling::Standard;
    let indicator =
        settings.indicator && rows.iter().any(|&row| cells.number(row as usize).is_none());
    if is_usual && !indicator {
        return Ok(Step::Scale {
            mean,
            scale: deviation,
        });
    }
    let needs_order = settings.scale == Scaling::Robust
        || matches!(settings.impute, Impute::Median | Impute::MostFrequent);
    let sorted = if needs_order {
        sorted(cells, rows)
    } else {
        Vec::new()
    };
    let (centre, scale) = match settings.scale {
        Scaling::Standard => (mean, deviation),
        Scaling::None => (0.0, 1.0),
        Scaling::Robust => {
            let range = percentile(&sorted, 0.75) - percentile(&sorted, 0.25);
            // As scikit-learn: most of the values are one and the same.
            let is_usable = range.is_finite() && range >= SMALLEST_SCALE;
            (
                percentile(&sorted, 0.5),
                if is_usable { range } else { 1.0 },
            )
        }
    };
    let fill = match settings.impute {
        Impute::Mean => Some(mean),
        Impute::Median => Some(percentile(&sorted, 0.5)),
        Impute::MostFrequent => Some(most_frequent(&sorted)),
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
fn fit_scale(cells: &Cells<'_>, rows: &[u32]) -> Result<(f64, f64), String> {
    let mut count = 0_u64;
    let mut largest = 0.0_f64;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for number in rows.iter().filter_map(|&row| cells.number(row as usize)) {
        count += 1;
        largest = largest.max(number.abs());
        low = low.min(number);
        high = high.max(number);
    }
    if count == 0 {
        return Err("without a value in any row".to_string());
    }
    if low == high {
        return Err("constant: one value in every row that has one".to_string());
    }
    let unit = if (1e-100..=1e100).contains(&largest) {
        1.0
    } else {
        largest
    };
    let shift = low / unit / 2.0 + high / unit / 2.0;
    let (mut sum, mut square) = (0.0, 0.0);
    for number in rows.iter().filter_map(|&row| cells.number(row as usize)) {
        let distance = number / unit - shift;
        sum += distance;
        square += distance * distance;
    }
    let n = count as f64;
    let mean = sum / n;
    let mut deviation = (square / n - mean * mean).max(0.0).sqrt();
    if deviation < 1e-3 * (high / unit - low / unit) {
        // A lone outlier far away: cancellation above costs digits, so sum about the mean itself.
        let centre = shift + mean;
        let square: f64 = rows
            .iter()
            .filter_map(|&row| cells.number(row as usize))
            .map(|number| (number / unit - centre).powi(2))
            .sum();
        deviation = (square / n).sqrt();
    }
    let scale = deviation * unit;
    if !(scale.is_finite() && scale >= SMALLEST_SCALE) {
        return Err("constant within the precision of numbers".to_string());
    }
    Ok(((shift + mean) * unit, scale))
}
