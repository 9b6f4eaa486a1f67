//! Learners against scikit-learn, against the rules every learner keeps, and against hard data.

mod calibrate;
mod conformance;
mod golden;
mod hard;
mod linear;
mod rejections;

use polars::prelude::{Column, DataFrame};

use crate::config::raw::Features;
use crate::data::Kind;
use crate::features::{Fitted, Transformer, View, fit};
use crate::predictors::Predictor;

/// A frame of number columns `x0 …` and text columns `t0 …`.
pub fn frame(numbers: &[Vec<Option<f64>>], texts: &[Vec<Option<String>>]) -> DataFrame {
    let numbers = numbers.iter().enumerate();
    let texts = texts.iter().enumerate();
    let columns: Vec<Column> = numbers
        .map(|(at, values)| Column::new(format!("x{at}").into(), values.clone()))
        .chain(texts.map(|(at, values)| Column::new(format!("t{at}").into(), values.clone())))
        .collect();
    let height = columns.first().map_or(0, Column::len);
    DataFrame::new(height, columns).expect("columns of one length")
}

/// Every row of a frame.
pub fn all(frame: &DataFrame) -> Vec<u32> {
    (0..frame.height() as u32).collect()
}

/// The transformer fitted on every row.
pub fn fitted(frame: &DataFrame) -> Fitted {
    fit(frame, &all(frame), &[], &Features::default()).expect("fits")
}

/// Numbers that look random and are the same everywhere, in (-1, 1).
pub fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// What a predictor says of every row of a view: the number, or a probability per class.
pub fn answers(view: &View<'_>, predictor: &Predictor, n_classes: usize) -> Vec<Vec<f64>> {
    let width = view.n_features();
    let margins = |features: &[f64]| match predictor {
        Predictor::Linear(linear) => (0..linear.n_outputs())
            .map(|output| {
                let weights = linear.weights_of(output).iter();
                let sum: f64 = features.iter().zip(weights).map(|(x, w)| x * w).sum();
                sum + linear.bias[output]
            })
            .collect(),
        Predictor::Trees(trees) => {
            let features: Vec<f32> = features.iter().map(|&x| x as f32).collect();
            let mut margins = trees.base.clone();
            trees.add(&features, &mut margins);
            margins
        }
    };
    view.dense()
        .chunks(width)
        .map(|features| {
            let mut row: Vec<f64> = margins(features);
            predictor.link().apply(&mut row);
            match (n_classes, &row[..]) {
                (2, [positive]) => vec![1.0 - positive, *positive],
                _ => row,
            }
        })
        .collect()
}

/// A text column of so many categories, and the position of each row's category among them.
pub fn many_categories(n_rows: usize, n_categories: usize) -> (DataFrame, Vec<u32>) {
    let category: Vec<u32> = (0..n_rows)
        .map(|row| (row * 11 % n_categories) as u32)
        .collect();
    let names = category.iter().map(|category| Some(spelled(*category)));
    (frame(&[], &[names.collect()]), category)
}

fn spelled(category: u32) -> String {
    format!("c{category:06}")
}

/// The transformer that has a feature for every one of them.
pub fn one_hot(n_categories: usize) -> Transformer {
    let categories: Vec<String> = (0..n_categories as u32).map(spelled).collect();
    let step = serde_json::json!({"one_hot": {"categories": categories}});
    let input = serde_json::json!({"name": "t0", "kind": Kind::Text, "step": step});
    serde_json::from_value(serde_json::json!({"inputs": [input]})).expect("a transformer")
}
