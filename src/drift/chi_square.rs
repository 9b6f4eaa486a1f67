//! Pearson's χ² of two samples that were counted in the same cells.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// A statistic and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tested {
    /// The statistic.
    pub statistic: f64,
    /// P(a statistic at least this large | both samples are of one distribution), in 0..=1.
    pub p_value: f64,
}

/// Homogeneity of two rows of counts: χ² = Σ (observed − expected)² / expected over the `2 × cells` table, with
/// cells − 1 degrees of freedom. Above 0 the samples differ; both directions count.
///
/// Cells that are empty on both sides are left out. `None` with fewer than two cells or an empty sample: nothing can differ.
/// The approximation wants expected counts of 5 and more, which is the caller's part (`cells.rs`).
/// Pearson 1900; the same as `scipy.stats.chi2_contingency(correction=False)`.
pub fn chi_square(one: &[u64], other: &[u64]) -> Option<Tested> {
    let (n, m) = (
        one.iter().sum::<u64>() as f64,
        other.iter().sum::<u64>() as f64,
    );
    let cells = one.iter().zip(other).filter(|(a, b)| **a + **b > 0);
    let n_cells = cells.clone().count();
    if n_cells < 2 || n == 0.0 || m == 0.0 {
        return None;
    }
    let total = n + m;
    let statistic: f64 = cells
        .map(|(&a, &b)| {
            let both = (a + b) as f64;
            let (ea, eb) = (both * n / total, both * m / total);
            (a as f64 - ea).powi(2) / ea + (b as f64 - eb).powi(2) / eb
        })
        .sum();
    Some(Tested {
        statistic,
        p_value: upper_tail(statistic, (n_cells - 1) as f64)?,
    })
}

/// P(χ² ≥ statistic) with so many degrees of freedom.
fn upper_tail(statistic: f64, freedom: f64) -> Option<f64> {
    let distribution = ChiSquared::new(freedom).ok()?;
    Some(distribution.sf(statistic).clamp(0.0, 1.0))
}
