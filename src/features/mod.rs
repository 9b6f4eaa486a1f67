//! Frame to features: fitted on training rows, stored with the model, one code path for training and serving.
//!
//! In: a frame and the rows to look at. Out: a [`Transformer`] that is plain data, and chunks of numbers. It must not know
//! the target, the learner, or where the frame came from.

mod accept;
mod categories;
mod cells;
mod column;
mod fit;
mod numbers;
mod prepare;
mod step;
mod target_mean;
mod text;
mod transformer;
mod view;

#[cfg(test)]
mod tests;

pub use accept::{Reads, Unreadable, fitting, unreadable, wanted};
pub use cells::{Cells, Encoded, label_of, parse_number, spell_number};
pub use column::texts_and_others;
pub use fit::{Fitted, Goal, Plan, Purpose, fit, fit_for};
pub use prepare::{Dates, Derived, Fill, Prepare, Preparer, cell, whole_number};
pub use step::{Input, Layout, Step, index_of, known_label};
pub use text::{GramKind, Grams, NGrams};
pub use transformer::{Transformer, scaled};
pub use view::{Chunk, View};

use std::borrow::Cow;

use crate::data::Kind;

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
    /// A column is no time, or it cannot be told which.
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

/// One value of one row, of whatever type it came as. A cell and a frame's column of the same values read alike.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing there.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite counts as missing.
    Number(f64),
    /// A text.
    Text(String),
}

/// A [`Cell`] whose text stands somewhere else, in the body of a request for instance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRef<'a> {
    /// Nothing there.
    Missing,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite counts as missing.
    Number(f64),
    /// A text.
    Text(&'a str),
}

impl Cell {
    /// The cell without its own text.
    pub fn by_ref(&self) -> CellRef<'_> {
        match self {
            Cell::Missing => CellRef::Missing,
            Cell::Boolean(flag) => CellRef::Boolean(*flag),
            Cell::Integer(number) => CellRef::Integer(*number),
            Cell::Number(number) => CellRef::Number(*number),
            Cell::Text(text) => CellRef::Text(text),
        }
    }

    /// The cell as a number, as a column of numbers reads it.
    pub fn number(&self) -> Option<f64> {
        self.by_ref().number()
    }

    /// The cell as a text, as a column of texts reads it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.by_ref().text()
    }
}

impl<'a> CellRef<'a> {
    /// The cell as a number, as a column of numbers reads it.
    #[inline]
    pub fn number(self) -> Option<f64> {
        match self {
            CellRef::Boolean(flag) => Some(f64::from(flag)),
            CellRef::Integer(number) => Some(number as f64),
            CellRef::Number(number) => Some(number).filter(|number| number.is_finite()),
            CellRef::Text(text) => cells::parse_number(text),
            CellRef::Missing => None,
        }
    }

    /// The cell as a label of categories, as [`label_of`] reads it.
    #[inline]
    pub fn label(self, kind: Kind) -> Option<Cow<'a, str>> {
        match is_numeric(kind) {
            true => self.number().map(|it| cells::spell_number(it).into()),
            false => self.text(),
        }
    }

    /// The cell as a text, as a column of texts reads it.
    #[inline]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            CellRef::Text(text) => Some(text.into()),
            CellRef::Boolean(flag) => Some(cells::spell_flag(flag).into()),
            CellRef::Integer(number) => Some(number.to_string().into()),
            CellRef::Number(_) => self
                .number()
                .map(|number| cells::spell_number(number).into()),
            CellRef::Missing => None,
        }
    }
}

/// Whether a column of this kind becomes one number (and not categories).
pub fn is_numeric(kind: Kind) -> bool {
    !matches!(kind, Kind::Text)
}
