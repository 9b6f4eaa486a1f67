//! The z test of two proportions: missing cells, new categories, values outside the range.

use statrs::distribution::{ContinuousCDF, Normal};

use super::chi_square::Tested;

/// z = (b/m − a/n) / √(p(1−p)(1/n + 1/m)) with p the pooled share; above 0 the share has grown. Two-sided p-value from the
/// standard normal distribution. `None` for an empty sample; z is 0 and p 1 where both shares are 0 or both are 1. The square of z
/// is [`super::chi_square()`] of the 2 × 2 table.
pub fn two_proportions(a: u64, n: u64, b: u64, m: u64) -> Option<Tested> {
    if n == 0 || m == 0 {
        return None;
    }
    let (a, n, b, m) = (a as f64, n as f64, b as f64, m as f64);
    let pooled = (a + b) / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    if deviation == 0.0 {
        return Some(Tested {
            statistic: 0.0,
            p_value: 1.0,
        });
    }
    let z = (b / m - a / n) / deviation;
    let p_value = 2.0 * Normal::standard().sf(z.abs());
    Some(Tested {
        statistic: z,
        p_value: p_value.clamp(0.0, 1.0),
    })
}
