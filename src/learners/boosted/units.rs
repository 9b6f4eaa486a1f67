//! What packed gradients are worth, and where margins begin: what rows of this machine and rows that are somewhere else share.

use super::packed::Packing;

/// What every row begins with where a class has no row at all: it is never likely.
pub const NEVER: f32 = -30.0;

/// What one unit of the packed gradients and Hessians is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Of a gradient.
    pub gradient: f64,
    /// Of a Hessian.
    pub hessian: f64,
}

impl Unit {
    /// Of numbers whose largest gradient is this, and how many units one is.
    pub fn of_numbers(largest: f64) -> (Unit, f64) {
        let per_unit = Packing::LARGEST_WHOLE / largest.max(f64::MIN_POSITIVE);
        let unit = Unit {
            gradient: 1.0 / per_unit,
            hessian: 1.0,
        };
        (unit, per_unit)
    }

    /// Of classes, and how much a row of each counts, `(n_classes)`, relative to the one that counts most.
    pub fn of_classes(weight: &[f32]) -> (Unit, Vec<f32>) {
        let largest = weight.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let n = weight.len() as f64;
        // The margins are one too many: the diagonal of the Hessian is too small by this (Friedman 2001, algorithm 6).
        let factor = if weight.len() == 2 {
            1.0
        } else {
            n / (n - 1.0)
        };
        let unit = Unit {
            gradient: f64::from(largest / Packing::LARGEST_HALF),
            hessian: factor * f64::from(largest / Packing::LARGEST_HESSIAN) / 4.0,
        };
        (unit, weight.iter().map(|weight| weight / largest).collect())
    }
}

/// The margins that say no more than how frequent the classes are, one for two classes and one each for more, by the rows of each
/// and how much one counts, `(n_classes)`.
pub fn first_margins(rows: &[u64], weight: &[f32]) -> Vec<f64> {
    let shares = rows.iter().zip(weight);
    let shares: Vec<f64> = shares
        .map(|(&n, &weight)| n as f64 * f64::from(weight))
        .collect();
    match &shares[..] {
        [negative, positive] => vec![(positive / negative).ln()],
        shares => {
            let all: f64 = shares.iter().sum();
            let margin = |&share: &f64| (share / all).ln().max(f64::from(NEVER));
            shares.iter().map(margin).collect()
        }
    }
}
