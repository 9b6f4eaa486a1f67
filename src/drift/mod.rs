//! Whether rows are still like those that a model was trained on.
//!
//! In: a [`Reference`] of counters in fixed bins, and the same counters of other rows, which merge over hours and servers.
//! Out: a [`Drift`]: a verdict per column and for the whole, each with its numbers and its reason. A file per statistic. It
//! must not know files, databases, versions or time.

mod benjamini_hochberg;
mod binner;
mod cells;
mod chi_square;
mod column;
mod compare;
mod count;
mod counts;
mod domain;
mod histogram;
mod jensen_shannon;
mod judged;
mod kolmogorov_smirnov;
mod layout;
mod proportions;
mod reason;
mod reference;
mod stability_index;
mod total_variation;
mod verdict;
mod wasserstein;
mod words;

#[cfg(test)]
mod tests;

pub use benjamini_hochberg::benjamini_hochberg;
pub use binner::Binner;
pub use cells::effective_rows;
pub use chi_square::{Tested, chi_square};
pub use column::{Answered, Column, Measure, Reference};
pub use compare::{Compared, Shares, Test, compare};
pub use count::{Seen, count_answers, place};
pub use counts::Counts;
pub use domain::{Separability, area, domain_classifier};
pub use histogram::{Histogram, HistogramBin, histograms};
pub use jensen_shannon::jensen_shannon;
pub use judged::{ColumnDrift, Drift, Levels, Verdict, key_of};
pub use kolmogorov_smirnov::{distance, kolmogorov_smirnov};
pub use layout::{Edges, Labels, Layout};
pub use proportions::two_proportions;
pub use reference::values_of;
pub use stability_index::{beyond_chance, by_chance, smoothed, stability_index};
pub use total_variation::total_variation;
pub use verdict::{Subject, judge};
pub use wasserstein::{wasserstein, wasserstein_of_bins};
