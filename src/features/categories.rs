//! Which categories of a column get a place of their own, and how the rest of it looks.

use std::collections::HashMap;

use super::{Cells, label_of};
use crate::config::features::{ColumnFeatures, Features, Impute};
use crate::config::label::Label;
use crate::data::{Kind, trim_text};

/// Texts of which at least this share is in one row each name a row rather than describe it.
const IDENTIFIER_SHARE: f64 = 0.5;
/// Fewer distinct texts than this are never taken for identifiers: a short table would lose its categories.
const IDENTIFIER_LEAST: usize = 10;
/// Words that the cells of free text have on average, at least.
const FREE_TEXT_WORDS: f64 = 3.0;

/// The labels of some rows, counted, wherever that was done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counted {
    /// Rows per label.
    counts: HashMap<String, usize>,
    /// What is known of all labels, where `counts` has the most frequent only.
    whole: Option<AllLabels>,
    /// Rows that have one.
    present: usize,
    /// All rows.
    rows: usize,
}

/// All labels of some rows in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AllLabels {
    /// Distinct ones.
    pub distinct: usize,
    /// Those of one row each.
    pub lone: usize,
    /// Words of the distinct ones.
    pub words: usize,
    /// Rows that have one.
    pub present: usize,
    /// All rows.
    pub rows: usize,
}

impl Counted {
    /// The most frequent labels of some rows with their counts, and all labels in numbers.
    pub fn from_counts(most_frequent: HashMap<String, usize>, whole: AllLabels) -> Self {
        Counted {
            counts: most_frequent,
            present: whole.present,
            rows: whole.rows,
            whole: Some(whole),
        }
    }

    /// Distinct labels.
    fn distinct(&self) -> usize {
        self.whole.map_or(self.counts.len(), |it| it.distinct)
    }

    /// Labels of one row each.
    fn lone(&self) -> usize {
        let count = || self.counts.values().filter(|&&count| count == 1).count();
        self.whole.map_or_else(count, |it| it.lone)
    }

    /// Counts the labels of some rows.
    pub fn new(cells: &Cells<'_>, kind: Kind, rows: &[u32]) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let mut present = 0;
        for &row in rows {
            if let Some(value) = label_of(cells, kind, row as usize) {
                present += 1;
                let value = trim_text(&value);
                match counts.get_mut(value) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(value.to_string(), 1);
                    }
                }
            }
        }
        Counted {
            counts,
            whole: None,
            present,
            rows: rows.len(),
        }
    }

    /// Why it can tell nothing, whatever is made of it.
    pub fn useless(&self) -> Option<String> {
        if self.present == 0 {
            return Some("without a value in any row".to_string());
        }
        let is_constant = self.distinct() == 1 && self.present == self.rows;
        is_constant.then(|| "constant: one value in every row".to_string())
    }

    /// Whether nearly every text names its row.
    pub fn is_identifier(&self) -> bool {
        self.distinct() >= IDENTIFIER_LEAST
            && self.lone() as f64 >= IDENTIFIER_SHARE * self.present as f64
    }

    /// Why texts that name their rows are left out.
    pub fn identifier(&self) -> String {
        format!(
            "identifier-like: {} distinct texts in {} rows",
            self.distinct(),
            self.present
        )
    }

    /// Whether texts are written rather than chosen: many different ones of several words each.
    pub fn is_free_text(&self, settings: &Features) -> bool {
        let is_many = self.is_identifier() || self.distinct() > settings.max_categories as usize;
        is_many && self.words() >= FREE_TEXT_WORDS
    }

    /// Whether a learner of texts should read words rather than whole texts.
    pub fn has_words(&self) -> bool {
        self.distinct() >= IDENTIFIER_LEAST && (self.is_identifier() || self.words() >= 2.0)
    }

    /// Words that distinct texts have on average.
    fn words(&self) -> f64 {
        let count = || {
            let texts = self.counts.keys();
            texts.map(|text| text.split_whitespace().count()).sum()
        };
        let words: usize = self.whole.map_or_else(count, |it| it.words);
        words as f64 / self.distinct().max(1) as f64
    }

    /// What a missing text counts as, where the settings say so: the most frequent one, the first by name of several, or
    /// the one they give.
    pub fn fill(&self, own: Option<&ColumnFeatures>) -> Option<String> {
        let own = own?;
        match own.impute? {
            Impute::MostFrequent => {
                let ranked = self
                    .counts
                    .iter()
                    .max_by(|(a, m), (b, n)| m.cmp(n).then(b.cmp(a)));
                ranked.map(|(label, _)| label.clone())
            }
            Impute::Constant => own.fill.as_ref().map(Label::spelled),
            Impute::Mean | Impute::Median | Impute::None => None,
        }
    }

    /// The categories that get a place of their own: the most frequent, ties by name; sorted by name. With why there is
    /// none, where no feature would tell anything.
    ///
    /// # Errors
    /// The reason, where there is none.
    pub fn frequent(
        self,
        own: Option<&ColumnFeatures>,
        settings: &Features,
    ) -> Result<Vec<String>, String> {
        let least = own.and_then(|own| own.min_category_rows);
        let least = least.unwrap_or(settings.min_category_rows);
        let most = own.and_then(|own| own.max_categories);
        let most = most.unwrap_or(settings.max_categories);
        let n_texts = self.distinct();
        let mut ranked: Vec<(String, usize)> = self
            .counts
            .into_iter()
            .filter(|(_, count)| *count >= least as usize)
            .collect();
        if ranked.is_empty() && self.present == self.rows {
            return Err(format!(
                "none of its {n_texts} texts is in {least} rows or more"
            ));
        }
        ranked.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        ranked.truncate(most as usize);
        let mut categories: Vec<_> = ranked.into_iter().map(|(category, _)| category).collect();
        categories.sort();
        Ok(categories)
    }
}
