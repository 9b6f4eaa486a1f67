//! Frame to features: fitted on training rows, stored with the model, one code path for training and serving.
//!
//! In: a frame, the rows to look at, and which kind of learner and target it is for. Out: a [`Transformer`] that is plain data,
//! and chunks of numbers. It must not know how a learner works or where the frame came from.

mod accept;
#[cfg(feature = "train")]
mod accept_frame;
#[cfg(feature = "train")]
mod categories;
mod cell;
#[cfg(feature = "train")]
mod cells;
#[cfg(feature = "train")]
mod column;
#[cfg(feature = "train")]
mod fit;
#[cfg(feature = "train")]
mod from_stats;
#[cfg(feature = "train")]
mod numbers;
#[cfg(feature = "train")]
mod plan;
mod prepare;
mod scale;
mod spelling;
mod step;
#[cfg(feature = "train")]
mod target_mean;
mod text;
mod transformer;
#[cfg(feature = "train")]
mod view;

#[cfg(test)]
mod tests;

pub use accept::{Reads, taken, wanted};
#[cfg(feature = "train")]
pub use accept_frame::{Unreadable, as_taken, unreadable};
#[cfg(feature = "train")]
pub use categories::{AllLabels, Counted};
pub use cell::{Cell, CellRef, is_encoded_as_number};
#[cfg(feature = "train")]
pub use cells::{Cells, Encoded, label_of};
#[cfg(feature = "train")]
pub use column::texts_and_others;
#[cfg(feature = "train")]
pub use fit::{Fitted, fit, fit_for};
#[cfg(feature = "train")]
pub use from_stats::{Asked, Chosen, ColumnStats, FarMeans, ToMean, asked, choose_from};
#[cfg(feature = "train")]
pub use numbers::NumberStats;
#[cfg(feature = "train")]
pub use plan::{Goal, Plan, Purpose};
#[cfg(feature = "train")]
pub use prepare::prune;
pub use prepare::{Dates, Derived, Fill, Prepare, Preparer, cell, whole_number};
pub use scale::scaled;
pub use spelling::{parse_number, spell_number};
pub use step::{Input, Layout, Step, index_of, known_label};
#[cfg(feature = "train")]
pub use target_mean::{FOLDS, FoldMeans, TargetSum, TargetSums, means_of};
pub use text::{GramKind, Grams, NGrams};
pub use transformer::Transformer;
#[cfg(feature = "train")]
pub use view::{Chunk, View};

/// Why features cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Columns that the transformer was fitted on are not there.
    #[error("find the column{} {} that the model was trained on", if .0.len() == 1 { "" } else { "s" }, quoted(.0))]
    MissingColumns(Vec<String>),
    /// A column is of a type that ingest never makes.
    #[error("read column `{column}`: {found} is not a kind that can be learned from")]
    UnusableColumn {
        /// The column.
        column: String,
        /// Its type.
        found: String,
    },
    /// A column cannot be made.
    #[error("make the column `{column}`: {why}")]
    Derive {
        /// The column.
        column: String,
        /// Why, in words.
        why: String,
    },
    /// A column is not a time, or it cannot be told which.
    #[error("read the times of the column `{column}`: {why}")]
    Times {
        /// The column.
        column: String,
        /// Why, in words, and the setting that helps.
        why: String,
    },
    /// Nothing is left to learn from.
    #[error("find a column to learn from: {0}")]
    NothingToLearnFrom(String),
}

fn quoted(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A column that is not learned from, and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Dropped {
    /// The column.
    pub column: String,
    /// Why, in words.
    pub reason: String,
}
