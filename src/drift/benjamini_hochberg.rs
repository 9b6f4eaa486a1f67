//! Many tests at once: p-values adjusted so that, of the columns that are called different, about the stated share is not.

/// Adjusted p-values (q-values) in the order of the given ones: q₍ᵢ₎ = min over k ≥ i of p₍ₖ₎·N/k, at most 1. What has q ≤ α is
/// found at a false discovery rate of α; when nothing differs, *any* finding comes with a probability of at most α.
/// Benjamini and Hochberg 1995; the same as `scipy.stats.false_discovery_control`. A NaN counts as 1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let p = |at: usize| {
        if p_values[at].is_nan() {
            1.0
        } else {
            p_values[at]
        }
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| p(a).total_cmp(&p(b)));
    let mut adjusted = vec![1.0; n];
    let mut least = 1.0f64;
    for (rank, &at) in order.iter().enumerate().rev() {
        // Dividing what was multiplied may end a hair below.
        least = least.min((p(at) * n as f64 / (rank + 1) as f64).max(p(at)));
        adjusted[at] = least;
    }
    adjusted
}
