//! What the words of a text contribute to one answer.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::bundle::{Bundle, Scorer, Slot};
use crate::features::{Grams, Step};
use crate::predictors::Predictor;

/// What a word, a group of words or a piece of a word contributes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Word {
    /// As it is counted: in lower case; a piece of a word in quotes. Several that share a feature are behind one another.
    pub word: String,
    /// To the margin; for trees the Shapley value of its feature.
    pub contribution: f64,
}

/// The words of the text in a column, by what they contribute to an output, largest first. Empty for a column that is not a text,
/// and for a missing one. Of a linear model they add up to the column's contribution; of trees, words that are *not* in the
/// text contribute, too, and are no part of this.
pub fn words(
    bundle: &Bundle,
    scorer: &Scorer,
    slots: &[Slot],
    output: usize,
    position: usize,
) -> Vec<Word> {
    words_while(bundle, scorer, slots, output, position, &mut || true).unwrap_or_default()
}

/// As [`words`], for as long as `goes_on` says so; `None` when it does not.
pub fn words_while(
    bundle: &Bundle,
    scorer: &Scorer,
    slots: &[Slot],
    output: usize,
    position: usize,
    goes_on: &mut dyn FnMut() -> bool,
) -> Option<Vec<Word>> {
    let input = &bundle.transformer.inputs[position];
    let (Step::Text { blocks }, Slot::Text(text)) = (&input.step, &slots[position]) else {
        return Some(Vec::new());
    };
    let before = &bundle.transformer.inputs[..position];
    let first: usize = before.iter().map(|input| input.width()).sum();
    let grams = Grams::new(blocks);
    let named = grams.named(text);
    let per_feature: Vec<(u32, f64)> = match &bundle.predictor {
        Predictor::Linear(linear) => {
            let mut found = Vec::new();
            grams.weigh(text, &mut found);
            let weights = &linear.weights_of(output)[first..];
            let push = |(at, value): (u32, f32)| (at, f64::from(value) * weights[at as usize]);
            found.into_iter().map(push).collect()
        }
        Predictor::Trees(trees) => {
            let mut features = Vec::new();
            scorer.features(slots, &mut features);
            let (_, all) = trees.contributions_while(&features, output, goes_on)?;
            let places: BTreeSet<u32> = named.iter().map(|(at, _)| *at).collect();
            let of = |at: u32| (at, all[first + at as usize]);
            places.into_iter().map(of).collect()
        }
    };
    let mut by_feature: HashMap<u32, Vec<&str>> = HashMap::new();
    for (at, gram) in &named {
        by_feature.entry(*at).or_default().push(gram);
    }
    let mut words: Vec<Word> = per_feature
        .into_iter()
        .filter(|(_, contribution)| *contribution != 0.0)
        .map(|(feature, contribution)| {
            let same = by_feature.get(&feature);
            Word {
                word: same.map_or_else(String::new, |same| same.join(", ")),
                contribution,
            }
        })
        .collect();
    words.sort_by(|a, b| {
        let sizes = b.contribution.abs().total_cmp(&a.contribution.abs());
        sizes.then_with(|| a.word.cmp(&b.word))
    });
    Some(words)
}
