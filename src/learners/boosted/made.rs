//! What was boosted, as a plain predictor.

use super::coding::{Coding, Column};
use super::form::Form;
use super::rounds::{Boost, Boosted};
use super::split::Question;
use crate::learners::learned::rounded;
use crate::learners::standard::Standard;
use crate::predictors::{LEAF, Trees};

/// The trees as they are kept.
pub fn trees(boosted: &Boosted, coding: &Coding, form: &Form, n_features: usize) -> Trees {
    let Standard { centre, scale } = form.standard;
    let mut trees = Trees {
        link: form.link(),
        base: boosted
            .first
            .iter()
            .map(|first| rounded(centre + scale * first))
            .collect(),
        output: Vec::new(),
        roots: Vec::new(),
        feature: Vec::new(),
        threshold: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        cover: Vec::new(),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    };
    for boost in boosted.rounds.iter().flatten() {
        append(&mut trees, boost, coding, scale);
    }
    trees
}

fn append(trees: &mut Trees, boost: &Boost, coding: &Coding, scale: f64) {
    let first = trees.feature.len();
    trees.output.push(boost.output as u32);
    trees.roots.push(first as u32);
    for node in &boost.tree.nodes {
        trees
            .cover
            .push((node.sum.hessian as f64 * boost.unit.hessian) as f32);
        let Some(split) = &node.split else {
            trees.feature.push(LEAF);
            trees.threshold.push(0.0);
            trees.missing_left.push(false);
            trees.left.push(trees.values.len() as u32);
            trees
                .values
                .push(scale * f64::from(boost.values[node.left]));
            continue;
        };
        let (feature, threshold) = asked(split.question, &coding.columns[split.column]);
        let gain = split.gain * boost.unit.gradient * boost.unit.gradient / boost.unit.hessian;
        trees.gain[feature as usize] += gain;
        trees.feature.push(feature);
        trees.threshold.push(threshold);
        trees.missing_left.push(split.missing_left);
        trees.left.push((first + node.left) as u32);
    }
}

/// The feature, and the threshold below which it goes left.
fn asked(question: Question, column: &Column) -> (u32, f32) {
    match (question, column) {
        // Beyond the last cut there are missing numbers only.
        (Question::UpTo(bin), Column::Numbers { feature, cuts, .. }) => {
            let cut = cuts.get(bin as usize);
            (*feature, cut.copied().unwrap_or(f32::MAX))
        }
        (Question::Is(code) | Question::UpTo(code), Column::Ones { feature, .. }) => {
            (feature + u32::from(code), 0.5)
        }
        (Question::Is(_), Column::Numbers { feature, .. }) => (*feature, f32::MAX),
    }
}
