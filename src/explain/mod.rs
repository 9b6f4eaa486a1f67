//! Why a model says what it says: what each column is worth, and what would have changed an answer.
//!
//! In: a bundle, rows as its scorer reads them. Out: plain values. Everything here is a function of its arguments; chance
//! comes in as a seed. It must not know where rows come from, or how anything is shown.

mod coefficients;
mod counterfactual;
#[cfg(feature = "train")]
mod permutation;
mod words;

#[cfg(test)]
mod tests;

pub use coefficients::{Coefficient, coefficients, gains};
pub use counterfactual::{
    Counterfactual, Value, counterfactuals, counterfactuals_while, has_counterfactuals,
};
#[cfg(feature = "train")]
pub use permutation::{Importance, Sample, Worth, drop_of, orders, permutation, sample_for};
pub use words::{Word, words, words_while};
