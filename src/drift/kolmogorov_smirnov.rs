//! The two-sample Kolmogorov–Smirnov test, two-sided: exact for few rows, asymptotic for many.

use super::chi_square::Tested;

/// Up to here n·m the p-value is exact.
pub const MOST_EXACT: usize = 10_000;

/// The largest distance between the empirical distribution functions of two samples, each sorted ascending:
/// D = sup |F(x) − G(x)|, in 0..=1; 0 when they are equal. `None` for an empty sample.
pub fn distance(one: &[f64], other: &[f64]) -> Option<f64> {
    let (n, m) = (one.len(), other.len());
    if n == 0 || m == 0 {
        return None;
    }
    let (mut i, mut j, mut widest) = (0, 0, 0u128);
    while i < n && j < m {
        let x = one[i].min(other[j]);
        i += one[i..].iter().take_while(|value| **value <= x).count();
        j += other[j..].iter().take_while(|value| **value <= x).count();
        // In whole numbers, n·m times the distance.
        widest = widest.max(((i * m) as u128).abs_diff((j * n) as u128));
    }
    Some(widest as f64 / (n as f64 * m as f64))
}

/// The test of two samples, each sorted ascending. `None` for an empty sample.
///
/// The exact p-value is the share of lattice paths from (0, 0) to (n, m) that reach as far from the diagonal (Hodges 1958); of
/// values that are equal, only the last is looked at (Schröer and Trenkler 1995). Without ties it is that of
/// `scipy.stats.ks_2samp(method="exact")`, which with ties is an upper bound. Beyond `MOST_EXACT` it is Kolmogorov's limit
/// 2 Σ (−1)^(k−1) exp(−2 k² λ²) with λ = D·√(nm/(n+m)), as `scipy.special.kolmogorov`.
pub fn kolmogorov_smirnov(one: &[f64], other: &[f64]) -> Option<Tested> {
    let statistic = distance(one, other)?;
    let (n, m) = (one.len(), other.len());
    let p_value = if n.saturating_mul(m) <= MOST_EXACT {
        exact(statistic, n, m, &ends(one, other))
    } else {
        let (n, m) = (n as f64, m as f64);
        limit(statistic * (n * m / (n + m)).sqrt())
    };
    Some(Tested { statistic, p_value })
}

/// Whether after so many values of both samples together the next one is larger, `(n + m + 1)`.
fn ends(one: &[f64], other: &[f64]) -> Vec<bool> {
    let mut all = [one, other].concat();
    all.sort_unstable_by(f64::total_cmp);
    let inner = all.windows(2).map(|pair| pair[0] < pair[1]);
    std::iter::once(false).chain(inner).chain([true]).collect()
}

/// P(D ≥ d) over all ways to deal the values out to samples of n and m.
fn exact(d: f64, n: usize, m: usize, ends: &[bool]) -> f64 {
    let furthest = (d * n as f64 * m as f64).round() as u64;
    if furthest == 0 {
        return 1.0;
    }
    let is_outside =
        |i: usize, j: usize| ends[i + j] && ((i * m) as u64).abs_diff((j * n) as u64) >= furthest;
    // Share of the paths to (i, j) that were outside on their way, kept as a share so that nothing overflows: a path comes
    // to (i, j) from below with probability j / (i + j).
    let mut outside = vec![0.0; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            outside[j] = match (i, j) {
                _ if is_outside(i, j) => 1.0,
                (0, 0) => 0.0,
                (0, _) => outside[j - 1],
                (_, 0) => outside[j],
                (i, j) => {
                    let (from_i, from_j) = (i as f64, j as f64);
                    (outside[j] * from_i + outside[j - 1] * from_j) / (from_i + from_j)
                }
            };
        }
    }
    outside[m]
}

/// P(√n·D ≥ λ) for n → ∞.
fn limit(lambda: f64) -> f64 {
    // Below this the probability is 1 to sixteen digits, and the series needs ever more terms.
    if lambda < 0.2 {
        return 1.0;
    }
    let mut sum = 0.0;
    for k in 1..=100 {
        let term = (-2.0 * f64::from(k * k) * lambda * lambda).exp();
        sum += if k % 2 == 1 { term } else { -term };
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}
