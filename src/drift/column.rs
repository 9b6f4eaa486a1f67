//! The reference of a version, as plain records: what later rows are checked against.

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::features::{Input, Step};
use crate::predictors::packed;

/// What is counted of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Its numbers.
    Number,
    /// Its categories.
    Category,
    /// The lengths of its texts, in characters.
    Length,
    /// The share of the words of its texts that the reference does not know.
    UnknownWords,
}

impl Measure {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Number => "number",
            Measure::Category => "category",
            Measure::Length => "length",
            Measure::UnknownWords => "unknown_words",
        }
    }

    /// What is counted of an input of a model.
    pub fn of(input: &Input) -> &'static [Measure] {
        match &input.step {
            Step::Text { .. } => &[Measure::Length, Measure::UnknownWords],
            step if step.categories().is_some() => &[Measure::Category],
            _ => &[Measure::Number],
        }
    }
}

/// One column of the reference, or one measure of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What is counted.
    pub measure: Measure,
    /// Whether its categories are spelled numbers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_numbers: bool,
    /// The bins.
    pub layout: Layout,
    /// Rows in each, `(layout.width())`.
    pub counts: Vec<u64>,
    /// The values, ascending, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// Known words of texts, as hashes, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "packed")]
    pub words: Vec<u32>,
}

/// The reference of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Rows that were counted.
    pub rows: u64,
    /// What the model reads, in its order; a text has two.
    pub columns: Vec<Column>,
    /// What the model said of rows that it had not learned from; `None` where none were held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<Column>,
}

/// What a model says of rows.
#[derive(Debug, Clone, Copy)]
pub enum Answered<'a> {
    /// Numbers, or probabilities of the positive class.
    Numbers(&'a [f64]),
    /// Classes.
    Classes(&'a [u32], &'a [String]),
}

impl Reference {
    /// The columns of this reference that another version counts alike, so that rows as it reads them can be counted in these
    /// bins, too. What versions say is theirs alone and left out.
    pub fn as_read_by(&self, other: &Reference) -> Reference {
        let kind = |it: &Column| (it.measure, it.is_of_numbers);
        let is_alike = |own: &&Column| {
            let mut others = other.columns.iter();
            others.any(|it| it.name == own.name && kind(it) == kind(own))
        };
        Reference {
            rows: self.rows,
            columns: self.columns.iter().filter(is_alike).cloned().collect(),
            prediction: None,
        }
    }

    /// Whether counts can be made in it.
    pub fn is_sound(&self) -> bool {
        let fits = |column: &Column| {
            column.layout.is_sound()
                && column.counts.len() == column.layout.width()
                && column.values.is_sorted()
                && column.words.is_sorted()
                && (column.measure == Measure::Category)
                    == matches!(column.layout, Layout::Labels { .. })
        };
        let of_predictions = |column: &Column| {
            column.layout.is_sound() && column.counts.len() == column.layout.width()
        };
        self.columns.iter().all(fits) && self.prediction.iter().all(of_predictions)
    }
}
