//! The one formula that brings numbers to a common scale.

/// The standardised number: the one formula of training. `per_scale` is `1 / scale`, since divisions are slow.
#[inline]
pub fn scaled(number: f64, mean: f64, per_scale: f64) -> f64 {
    let distance = number - mean;
    if distance.is_finite() {
        distance * per_scale
    } else {
        // Two numbers near 1e308 on both sides of zero: each alone is a few scales.
        number * per_scale - mean * per_scale
    }
}
