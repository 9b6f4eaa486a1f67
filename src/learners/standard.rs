//! Numbers brought to mean 0 and standard deviation 1.

/// What brings numbers to mean 0 and standard deviation 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standard {
    pub(super) centre: f64,
    pub(super) scale: f64,
}

impl Standard {
    /// Leaves numbers as they are.
    pub(super) const NONE: Standard = Standard {
        centre: 0.0,
        scale: 1.0,
    };

    /// Of these numbers; numbers that are all alike keep their scale.
    pub(super) fn of(numbers: &[f64]) -> Self {
        let n = numbers.len().max(1) as f64;
        let centre = numbers.iter().map(|number| number / n).sum::<f64>();
        let spread = numbers.iter().map(|number| (number - centre).abs());
        let largest = spread.fold(0.0, f64::max);
        // Divided first: squares of very large numbers are not finite.
        let squares = |number: &f64| ((number - centre) / largest).powi(2);
        let scale = largest * (numbers.iter().map(squares).sum::<f64>() / n).sqrt();
        let is_usable = scale > 0.0 && scale.is_finite();
        Standard {
            centre,
            scale: if is_usable { scale } else { 1.0 },
        }
    }

    pub(super) fn apply(&self, numbers: &[f64]) -> Vec<f64> {
        numbers
            .iter()
            .map(|number| (number - self.centre) / self.scale)
            .collect()
    }
}
