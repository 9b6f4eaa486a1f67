//! Wasserstein distance of order 1, exact from values and approximate from bins.

/// W₁ = ∫ |F(x) − G(x)| dx of two samples, each sorted ascending, in the unit of the values: how far a value has to be moved
/// on average. `None` for an empty sample. The same as `scipy.stats.wasserstein_distance`.
pub fn wasserstein(one: &[f64], other: &[f64]) -> Option<f64> {
    let (n, m) = (one.len(), other.len());
    if n == 0 || m == 0 {
        return None;
    }
    let (mut i, mut j, mut area) = (0, 0, 0.0);
    let mut at = one[0].min(other[0]);
    while i < n || j < m {
        let next = match (one.get(i), other.get(j)) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (None, Some(b)) => *b,
            (None, None) => break,
        };
        area += (i as f64 / n as f64 - j as f64 / m as f64).abs() * (next - at);
        at = next;
        i += one[i..].iter().take_while(|value| **value <= at).count();
        j += other[j..].iter().take_while(|value| **value <= at).count();
    }
    Some(area)
}

/// The same from counts in bins whose edges are `edges`, `(bins + 1)` ascending: within a bin the values are taken as spread
/// evenly. What lies outside the edges counts as lying on them, so that one wild value does not decide.
/// `None` for an empty sample or edges that do not fit.
pub fn wasserstein_of_bins(edges: &[f64], one: &[u64], other: &[u64]) -> Option<f64> {
    let (n, m) = (
        one.iter().sum::<u64>() as f64,
        other.iter().sum::<u64>() as f64,
    );
    if n == 0.0 || m == 0.0 || edges.len() != one.len() + 1 || one.len() != other.len() {
        return None;
    }
    let (mut before, mut area) = (0.0f64, 0.0f64);
    for (at, (&a, &b)) in one.iter().zip(other).enumerate() {
        let after = before + a as f64 / n - b as f64 / m;
        let width = edges[at + 1] - edges[at];
        // The difference runs along a line from `before` to `after`.
        area += width
            * if before * after >= 0.0 {
                (before.abs() + after.abs()) / 2.0
            } else {
                (before * before + after * after) / (2.0 * (before.abs() + after.abs()))
            };
        before = after;
    }
    Some(area)
}
