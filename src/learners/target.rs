//! What is learned, and how much each row counts.

use crate::config::raw::ClassWeight;
use crate::features::View;

/// What is learned: the target of each row of the view.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// Class indices, `(n_rows)`, and the number of classes.
    Classes(&'a [u32], usize),
    /// Finite numbers, `(n_rows)`.
    Numbers(&'a [f64]),
}

impl Target<'_> {
    /// Rows that have one.
    pub fn len(&self) -> usize {
        match self {
            Target::Classes(class, _) => class.len(),
            Target::Numbers(numbers) => numbers.len(),
        }
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Margins that a predictor of it has: 1 for two classes and for numbers, else one per class.
    pub fn n_outputs(&self) -> usize {
        match self {
            Target::Classes(_, n_classes) if *n_classes > 2 => *n_classes,
            _ => 1,
        }
    }
}

/// Rows that were held back, for a learner that stops when they tell it to.
pub struct HeldBack<'a> {
    /// The rows.
    pub view: View<'a>,
    /// Their target.
    pub target: Target<'a>,
}

/// How much a row of each class counts, where that is not 1: `n / (k · n_c)` when they are balanced, as in scikit-learn. `k`
/// counts the classes that rows have.
pub(super) fn class_weights(target: Target<'_>, wanted: ClassWeight) -> Option<Vec<f64>> {
    let (Target::Classes(class, n_classes), ClassWeight::Balanced) = (target, wanted) else {
        return None;
    };
    let mut rows = vec![0_u32; n_classes];
    class.iter().for_each(|&class| rows[class as usize] += 1);
    let present = rows.iter().filter(|&&rows| rows > 0).count() as f64;
    let weight = rows.iter().map(|&rows| match rows {
        0 => 1.0,
        rows => class.len() as f64 / (present * f64::from(rows)),
    });
    Some(weight.collect())
}
