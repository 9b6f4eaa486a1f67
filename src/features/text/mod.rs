//! Texts as n-grams of words or characters, weighed and scaled to length 1: scikit-learn's `TfidfVectorizer`, one block per
//! sort of n-gram, each of length 1 by itself.

#[cfg(feature = "train")]
mod count;
mod grams;
mod tokens;

#[cfg(feature = "train")]
pub use count::fit_blocks;
pub use grams::Grams;

use serde::{Deserialize, Serialize};

/// What an n-gram is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GramKind {
    /// Words of two or more letters, digits or underscores, in lower case.
    Words,
    /// Characters of a word between blanks and the blank on each side of it, in lower case (`char_wb`).
    Characters,
}

/// One block: n-grams of one sort and what each counts for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NGrams {
    /// What they are made of.
    pub of: GramKind,
    /// Fewest and most parts.
    pub range: [u8; 2],
    /// Whether n of a kind count as `1 + ln n`.
    pub sublinear: bool,
    /// The n-grams with a feature each, sorted; empty where there are buckets.
    pub terms: Vec<String>,
    /// Features that n-grams are spread over by their hash (XXH3, seed 0); 0 where there are terms.
    pub buckets: u32,
    /// `(width)`: what each feature is multiplied with before the block is scaled to length 1; empty for 1.
    pub idf: Vec<f32>,
}

impl NGrams {
    /// Number of features.
    pub fn width(&self) -> usize {
        match self.buckets {
            0 => self.terms.len(),
            buckets => buckets as usize,
        }
    }

    /// Whether terms are sorted and distinct, and every number can be worked with.
    pub fn is_sound(&self) -> bool {
        let [low, high] = self.range;
        low >= 1
            && low <= high
            && self.width() > 0
            && (self.buckets == 0 || self.terms.is_empty())
            && self.terms.is_sorted_by(|one, other| one < other)
            && (self.idf.is_empty() || self.idf.len() == self.width())
            && self.idf.iter().all(|it| it.is_finite() && *it >= 0.0)
    }

    /// The names of its features, for a column of this name: `column~oil`, `column~"oi"`, `column~#17`.
    pub fn feature_names(&self, column: &str, names: &mut Vec<String>) {
        match self.of {
            _ if self.buckets > 0 => {
                let (low, high) = (self.range[0], self.range[1]);
                let of = if self.of == GramKind::Words { "w" } else { "c" };
                let name = |bucket| format!("{column}~{of}{low}-{high}#{bucket}");
                names.extend((0..self.buckets).map(name));
            }
            GramKind::Words => names.extend(self.terms.iter().map(|it| format!("{column}~{it}"))),
            GramKind::Characters => {
                names.extend(self.terms.iter().map(|it| format!("{column}~\"{it}\"")));
            }
        }
    }
}
