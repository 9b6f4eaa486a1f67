//! Jensen–Shannon distance of two samples that were counted in the same cells.

/// √JSD in bits, in 0..=1: 0 for equal shares, 1 for samples that have no cell in common; the same in both directions.
/// JSD = ½ KL(p‖m) + ½ KL(q‖m) with m = (p + q)/2; no smoothing is needed, since m is 0 only where both are. `None` for an
/// empty sample. Endres and Schindelin 2003; the same as `scipy.spatial.distance.jensenshannon(p, q, 2)`.
pub fn jensen_shannon(one: &[u64], other: &[u64]) -> Option<f64> {
    let (n, m) = (one.iter().sum::<u64>(), other.iter().sum::<u64>());
    if n == 0 || m == 0 {
        return None;
    }
    let term = |p: f64, middle: f64| {
        if p > 0.0 {
            p * (p / middle).log2()
        } else {
            0.0
        }
    };
    let divergence: f64 = one
        .iter()
        .zip(other)
        .map(|(&a, &b)| {
            let (p, q) = (a as f64 / n as f64, b as f64 / m as f64);
            let middle = f64::midpoint(p, q);
            term(p, middle) + term(q, middle)
        })
        .sum();
    Some((divergence / 2.0).clamp(0.0, 1.0).sqrt())
}
