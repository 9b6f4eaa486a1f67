//! What is done to one column, as plain numbers: the closed set of fitted steps.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::cell::is_encoded_as_number;
use super::scaled;
use super::text::NGrams;
use crate::data::{Kind, trim_text};

/// What is done to one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `(x - mean) / scale`; a missing number becomes the mean, that is 0.
    Scale {
        /// Mean of the training rows.
        mean: f64,
        /// Standard deviation (ddof 0) of the training rows, never 0.
        scale: f64,
    },
    /// One feature per category, then `missing`, then `other` (rare and unknown categories).
    OneHot {
        /// Categories with a feature of their own, sorted.
        categories: Vec<String>,
    },
    /// `(x - centre) / scale`, then, with an indicator, 1 where the number is missing.
    Number {
        /// What a missing number counts as, before it is scaled; with none its feature is NaN.
        fill: Option<f64>,
        /// What is taken off; 0 leaves the number.
        centre: f64,
        /// What it is divided by, never 0; 1 leaves it.
        scale: f64,
        /// Whether a second feature says that the number is missing.
        indicator: bool,
    },
    /// One feature: the category's place in the list; -1 for one that is not in it.
    Ordinal {
        /// The categories, sorted.
        categories: Vec<String>,
        /// The feature of a missing cell; with none it is NaN.
        missing: Option<f64>,
    },
    /// One feature per output of the model: the mean of the target among training rows of the category.
    TargetMean {
        /// The categories, sorted.
        categories: Vec<String>,
        /// `(categories + 1, width)` row-major; the last row is for missing cells.
        means: Vec<f64>,
        /// `(width)`: for unknown categories.
        prior: Vec<f64>,
    },
    /// N-grams of a text, most of which are not in it: one block for words, one for characters.
    Text {
        /// The blocks, one after the other.
        blocks: Vec<NGrams>,
    },
}

/// Where a step's features stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// Plain numbers, first of all.
    Dense,
    /// One of several is 1, then.
    Ones,
    /// Few of many are not 0, last.
    Sparse,
}

impl Step {
    /// Number of features.
    pub fn width(&self) -> usize {
        match self {
            Step::Scale { .. } | Step::Ordinal { .. } => 1,
            Step::Number { indicator, .. } => 1 + usize::from(*indicator),
            Step::OneHot { categories } => categories.len() + 2,
            Step::TargetMean { prior, .. } => prior.len(),
            Step::Text { blocks } => blocks.iter().map(NGrams::width).sum(),
        }
    }

    /// Where its features stand.
    pub fn layout(&self) -> Layout {
        match self {
            Step::OneHot { .. } => Layout::Ones,
            Step::Text { .. } => Layout::Sparse,
            _ => Layout::Dense,
        }
    }

    /// The categories that it knows, for a step that has them. Cells are known by their place: a category, then missing,
    /// then other.
    pub fn categories(&self) -> Option<&[String]> {
        match self {
            Step::OneHot { categories }
            | Step::Ordinal { categories, .. }
            | Step::TargetMean { categories, .. } => Some(categories),
            _ => None,
        }
    }

    /// The features of each place of a step with dense categories, `(categories + 2, width)` row-major: the categories, then
    /// missing, then other.
    pub fn table(&self) -> Option<Vec<f64>> {
        match self {
            Step::Ordinal {
                categories,
                missing,
            } => {
                let places = (0..categories.len()).map(|place| place as f64);
                Some(places.chain([missing.unwrap_or(f64::NAN), -1.0]).collect())
            }
            Step::TargetMean { means, prior, .. } => Some([means.as_slice(), prior].concat()),
            _ => None,
        }
    }

    /// `(mean, 1 / scale, feature of a missing number, indicator)` of a step on numbers.
    pub fn number(&self) -> Option<(f64, f64, f64, bool)> {
        // Divisions are slow.
        let per = |scale: f64| (1.0 / scale).min(f64::MAX);
        match *self {
            Step::Scale { mean, scale } => Some((mean, per(scale), 0.0, false)),
            Step::Number {
                fill,
                centre,
                scale,
                indicator,
            } => {
                let missing = fill.map_or(f64::NAN, |fill| scaled(fill, centre, per(scale)));
                Some((centre, per(scale), missing, indicator))
            }
            _ => None,
        }
    }

    /// Whether it fits a column of this kind and every number in it can be worked with.
    pub fn is_sound(&self, kind: Kind) -> bool {
        let is_scale = |centre: f64, scale: f64| {
            is_encoded_as_number(kind) && centre.is_finite() && scale.is_finite() && scale > 0.0
        };
        let are_distinct = |categories: &[String]| index_of(categories).len() == categories.len();
        let is_finite = |number: &f64| number.is_finite();
        match self {
            Step::Scale { mean, scale } => is_scale(*mean, *scale),
            Step::Number {
                fill,
                centre,
                scale,
                ..
            } => is_scale(*centre, *scale) && fill.iter().all(is_finite),
            Step::OneHot { categories } => are_distinct(categories),
            Step::Ordinal {
                categories,
                missing,
            } => are_distinct(categories) && missing.iter().all(is_finite),
            Step::TargetMean {
                categories,
                means,
                prior,
            } => {
                are_distinct(categories)
                    && !prior.is_empty()
                    && means.len() == (categories.len() + 1) * prior.len()
                    && means.iter().chain(prior).all(is_finite)
            }
            Step::Text { blocks } => {
                kind == Kind::Text && !blocks.is_empty() && blocks.iter().all(NGrams::is_sound)
            }
        }
    }

    /// The names of its features, for a column of this name.
    pub fn feature_names(&self, column: &str, names: &mut Vec<String>) {
        match self {
            Step::Scale { .. } | Step::Ordinal { .. } => names.push(column.to_string()),
            Step::Number { indicator, .. } => {
                names.push(column.to_string());
                names.extend(indicator.then(|| format!("{column} is missing")));
            }
            Step::OneHot { categories } => {
                names.extend(
                    categories
                        .iter()
                        .map(|category| format!("{column}={category}")),
                );
                names.push(format!("{column}=<missing>"));
                names.push(format!("{column}=<other>"));
            }
            Step::TargetMean { prior, .. } if prior.len() == 1 => {
                names.push(format!("{column} target mean"));
            }
            Step::TargetMean { prior, .. } => {
                names.extend((0..prior.len()).map(|at| format!("{column} target mean {at}")));
            }
            Step::Text { blocks } => {
                for block in blocks {
                    block.feature_names(column, names);
                }
            }
        }
    }
}

/// An input column with its step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The column's name.
    pub name: String,
    /// Its kind in the training data.
    pub kind: Kind,
    /// What is done to it.
    pub step: Step,
}

impl Input {
    /// Number of features the column becomes.
    pub fn width(&self) -> usize {
        self.step.width()
    }
}

/// What a table has for a label: as it is written, else without blanks around it, as categories are kept.
pub fn known_label<T>(get: impl Fn(&str) -> Option<T>, label: &str) -> Option<T> {
    get(label).or_else(|| {
        let trimmed = trim_text(label);
        (trimmed.len() < label.len()).then(|| get(trimmed))?
    })
}

/// Category → its position.
pub fn index_of(categories: &[String]) -> HashMap<&str, u32> {
    categories
        .iter()
        .enumerate()
        .map(|(position, category)| (category.as_str(), position as u32))
        .collect()
}
