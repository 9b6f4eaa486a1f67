//! Bounds that several settings share.

/// Why a number is not a margin, share or fall, if it is none.
pub(super) fn not_at_least_zero(value: f64) -> Option<String> {
    if !value.is_finite() {
        return Some(format!("{value} is not a finite number"));
    }
    (value < 0.0).then(|| format!("{value} is below 0"))
}
