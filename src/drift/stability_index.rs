//! The population stability index, and what is left of it beyond chance.

/// Counts in the same cells as shares in which none is 0: (k + ½) / (n + cells / 2) on both sides alike (Jeffreys' prior),
/// so that an empty cell makes the index large and never infinite.
pub fn smoothed(counts: &[u64]) -> Vec<f64> {
    let n: u64 = counts.iter().sum();
    let total = n as f64 + counts.len() as f64 / 2.0;
    counts.iter().map(|&k| (k as f64 + 0.5) / total).collect()
}

/// PSI = Σ (q − p)·ln(q / p) over the smoothed shares of two samples in the same cells. 0 for equal shares, no upper bound,
/// the same in both directions. Common reading for large samples: 0.1 a little, 0.25 much. Lewis 1994.
///
/// # Panics
/// Never; cells that are on one side only are left out.
pub fn stability_index(one: &[u64], other: &[u64]) -> f64 {
    let (p, q) = (smoothed(one), smoothed(other));
    p.iter().zip(&q).map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

/// What chance alone makes of PSI on average: (cells − 1)·(1/n + 1/m). Without a difference PSI is about (1/n + 1/m)·χ²
/// with cells − 1 degrees of freedom; Yurdakul and Naranjo, Journal of Risk Model Validation 2020.
pub fn by_chance(cells: usize, n: u64, m: u64) -> f64 {
    let (n, m) = (n.max(1) as f64, m.max(1) as f64);
    cells.saturating_sub(1) as f64 * (1.0 / n + 1.0 / m)
}

/// PSI⁺ = max(0, PSI − [`by_chance`]): an effect that does not grow because the samples are small.
pub fn beyond_chance(one: &[u64], other: &[u64]) -> f64 {
    let (n, m) = (one.iter().sum(), other.iter().sum());
    (stability_index(one, other) - by_chance(one.len(), n, m)).max(0.0)
}
