//! What is counted of a text: how long it is, and how many of its words the reference does not know.

use std::collections::HashMap;

use super::layout::hash;

/// Words that are known, at most.
const MOST_WORDS: usize = 5000;

/// Characters of a text.
pub fn length(text: &str) -> f64 {
    text.chars().count() as f64
}

/// Words are runs of letters and digits, whatever their case.
fn words(text: &str) -> impl Iterator<Item = u32> + '_ {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    let parts = parts.filter(|word| !word.is_empty());
    parts.map(|word| hash(&word.to_lowercase()))
}

/// The most frequent words of some texts, as hashes, ascending.
pub fn vocabulary<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u32> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    for word in texts.flat_map(words) {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<(u32, u32)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    counts.truncate(MOST_WORDS);
    let mut known: Vec<u32> = counts.into_iter().map(|(word, _)| word).collect();
    known.sort_unstable();
    known
}

/// Share of a text's words that are not in a vocabulary, in 0..=1; `None` for a text without words.
pub fn unknown_share(known: &[u32], text: &str) -> Option<f64> {
    let (mut all, mut unknown) = (0u32, 0u32);
    for word in words(text) {
        all += 1;
        unknown += u32::from(known.binary_search(&word).is_err());
    }
    (all > 0).then(|| f64::from(unknown) / f64::from(all))
}
