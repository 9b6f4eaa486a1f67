//! Numeric columns of a linear model with one output: nearly all that is scored.

use super::effect::{Effect, ScoredColumn, contribution_of};

/// A numeric column's term of a linear model with one output: all that a number needs, close together in memory.
#[derive(Debug, Clone, Copy)]
pub struct NumberTerm {
    weight: f64,
    half_mean: f64,
}

impl NumberTerm {
    /// The term of a column; `None` where the column is not numeric, or the model has several outputs.
    pub fn of(column: &ScoredColumn) -> Option<NumberTerm> {
        let Effect::Number {
            weight, half_mean, ..
        } = &column.effect
        else {
            return None;
        };
        let [weight] = weight[..] else {
            return None;
        };
        Some(NumberTerm {
            weight,
            half_mean: *half_mean,
        })
    }

    /// What a number contributes to the margin, to the bit as [`ScoredColumn::push`] says.
    #[inline]
    pub fn contribution(self, number: f64) -> f64 {
        contribution_of(self.weight, number / 2.0 - self.half_mean)
    }
}
