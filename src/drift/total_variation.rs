//! Total variation distance of two samples that were counted in the same cells.

/// ½ Σ |p − q|, in 0..=1: the share of rows that would have to change their cell; the same in both directions. `None` for
/// an empty sample.
pub fn total_variation(one: &[u64], other: &[u64]) -> Option<f64> {
    let (n, m) = (one.iter().sum::<u64>(), other.iter().sum::<u64>());
    if n == 0 || m == 0 {
        return None;
    }
    let cells = one.iter().zip(other);
    let differences = cells.map(|(&a, &b)| (a as f64 / n as f64 - b as f64 / m as f64).abs());
    Some(differences.sum::<f64>() / 2.0)
}
