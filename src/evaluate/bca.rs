//! The bias-corrected and accelerated bootstrap, for few rows.
//!
//! A percentile interval takes the spread of the replicates as it is. Scores of few rows are skewed: their replicates lie lower
//! than the score on average, and spread more on one side. BCa moves the two percentiles that are read off by the share z₀ of replicates below
//! the score and by the skewness a of what single rows are worth:
//!
//! α(z) = Φ(z₀ + (z₀ + z) / (1 − a (z₀ + z))), at z = Φ⁻¹((1 − confidence) / 2) and at its negative.
//!
//! Source: Efron, "Better bootstrap confidence intervals", JASA 82, 1987; for several samples (here: classes) as
//! `scipy.stats.bootstrap(method="BCa")` does, which `tests/golden/bca.json` pins it to.

use statrs::distribution::{ContinuousCDF, Normal};

use super::Interval;
use super::resample::at_share;

/// Fewer test rows than this have BCa intervals; with more, both say the same and the percentiles are cheaper.
pub const BCA_ROWS: usize = 1_000;

/// A score without one row of a sample, and how many rows of the sample give the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Without {
    pub(crate) score: f64,
    pub(crate) rows: u64,
}

/// a: Σⱼ Σᵢ Uⱼᵢ³ / nⱼ³ over 6 (Σⱼ Σᵢ Uⱼᵢ² / nⱼ²)^1.5, with Uⱼᵢ = (nⱼ − 1)(mean of sample j − the score without row i of it). 0 where no row
/// makes a difference.
pub(crate) fn acceleration(samples: &[Vec<Without>]) -> f64 {
    let (mut cubes, mut squares) = (0.0, 0.0);
    for sample in samples {
        let n = sample.iter().map(|it| it.rows).sum::<u64>() as f64;
        if n < 2.0 {
            continue;
        }
        let mean = sample
            .iter()
            .map(|it| it.score * it.rows as f64)
            .sum::<f64>()
            / n;
        for it in sample {
            let worth = (n - 1.0) * (mean - it.score);
            cubes += it.rows as f64 * worth.powi(3) / n.powi(3);
            squares += it.rows as f64 * worth.powi(2) / n.powi(2);
        }
    }
    if squares > 0.0 {
        cubes / squares.powf(1.5) / 6.0
    } else {
        0.0
    }
}

/// The interval of a score with these replicates, sorted. `None` where it is not defined: no replicate, all on one side of the
/// score, or an acceleration that turns the percentiles around.
pub(crate) fn bca_interval(
    sorted: &[f64],
    score: f64,
    acceleration: f64,
    confidence: f64,
) -> Option<Interval> {
    let below = sorted.partition_point(|replicate| *replicate < score);
    let up_to = sorted.partition_point(|replicate| *replicate <= score);
    let share = (below + up_to) as f64 / (2 * sorted.len().max(1)) as f64;
    if !(share > 0.0 && share < 1.0 && confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let normal = Normal::standard();
    let bias = normal.inverse_cdf(share);
    let moved = |z: f64| {
        let along = bias + z;
        let shrunk = 1.0 - acceleration * along;
        (shrunk > 0.0).then(|| normal.cdf(bias + along / shrunk))
    };
    let z = normal.inverse_cdf((1.0 - confidence) / 2.0);
    Some(Interval {
        low: at_share(sorted, moved(z)?)?,
        high: at_share(sorted, moved(-z)?)?,
    })
}
