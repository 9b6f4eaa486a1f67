//! scikit-learn's transformers on the same columns; see tests/golden/features.py.

use serde::Deserialize;

use super::{all, frame, numbers, texts};
use crate::config::features::{ColumnFeatures, Encode, Features, Impute, Scaling, TextFeatures};
use crate::features::{Fitted, Goal, Plan, Purpose, Step, fit_for};

#[derive(Deserialize)]
struct Goldens {
    numbers: Vec<Numbers>,
    one_hot: Vec<OneHot>,
    ordinal: Ordinal,
    target_mean: Vec<TargetMean>,
    text: Vec<Text>,
}

#[derive(Deserialize)]
struct Numbers {
    name: String,
    values: Vec<Option<f64>>,
    standard: (f64, f64),
    robust: (f64, f64),
    fill: Fill,
    standard_rows: Vec<f64>,
    robust_rows: Vec<f64>,
}

#[derive(Deserialize)]
struct Fill {
    mean: f64,
    median: f64,
    most_frequent: f64,
}

#[derive(Deserialize)]
struct OneHot {
    min_rows: u32,
    values: Vec<String>,
    asked: Vec<String>,
    categories: Vec<String>,
    rows: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Ordinal {
    values: Vec<String>,
    asked: Vec<String>,
    rows: Vec<f64>,
}

#[derive(Deserialize)]
struct TargetMean {
    name: String,
    values: Vec<String>,
    y: Vec<f64>,
    asked: Vec<String>,
    rows: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Text {
    name: String,
    texts: Vec<String>,
    asked: Vec<String>,
    words: [u8; 2],
    characters: [u8; 2],
    sublinear: bool,
    idf: bool,
    min_rows: u32,
    terms: Vec<String>,
    rows: Vec<Vec<f64>>,
}

fn goldens() -> Goldens {
    let text = include_str!("../../../tests/golden/features.json");
    serde_json::from_str(text).expect("the goldens parse")
}

fn near(found: f64, wanted: f64, tolerance: f64, what: &str) {
    let gap = (found - wanted).abs();
    assert!(
        gap <= tolerance * wanted.abs().max(1.0),
        "{what}: {found} is not {wanted}"
    );
}

/// The column `x` with its own settings, fitted on all rows.
fn fitted(
    column: polars::prelude::Column,
    own: ColumnFeatures,
    settings: Features,
    goal: Option<Goal<'_>>,
    purpose: Purpose,
) -> Fitted {
    let frame = frame(vec![column]);
    let settings = Features {
        columns: [("x".to_string(), own)].into(),
        ..settings
    };
    let plan = Plan {
        excluded: &[],
        settings: &settings,
        purpose,
        goal,
        seed: 1,
        derived: &[],
        times: &[],
        reading: &Default::default(),
    };
    fit_for(&frame, &all(&frame), &plan).expect("fits")
}

fn encoded(encode: Encode) -> ColumnFeatures {
    ColumnFeatures {
        encode: Some(encode),
        ..ColumnFeatures::default()
    }
}

fn column(values: &[String]) -> polars::prelude::Column {
    let values: Vec<Option<&str>> = values.iter().map(|text| Some(text.as_str())).collect();
    texts("x", &values)
}

fn rows(fitted: &Fitted, asked: &[String]) -> Vec<Vec<f64>> {
    super::matrix(fitted, &frame(vec![column(asked)]))
}

#[test]
fn numbers_are_scaled_and_filled_as_scikit_learn_does() {
    for case in goldens().numbers {
        let scaled = [
            (Scaling::Standard, case.standard, &case.standard_rows),
            (Scaling::Robust, case.robust, &case.robust_rows),
        ];
        let fills = [
            (Impute::Mean, case.fill.mean),
            (Impute::Median, case.fill.median),
            (Impute::MostFrequent, case.fill.most_frequent),
        ];
        for (scale, (centre, spread), wanted) in scaled {
            for (impute, fill) in fills {
                let own = ColumnFeatures {
                    impute: Some(impute),
                    scale: Some(scale),
                    ..ColumnFeatures::default()
                };
                let column = numbers("x", &case.values);
                let fitted = fitted(
                    column.clone(),
                    own,
                    Features::default(),
                    None,
                    Purpose::Linear,
                );
                let what = format!("{}, {scale:?}, {impute:?}", case.name);
                let (found_centre, found_spread, found_fill) =
                    match fitted.transformer.inputs[0].step {
                        Step::Scale { mean, scale } => (mean, scale, mean),
                        Step::Number {
                            fill,
                            centre,
                            scale,
                            ..
                        } => (centre, scale, fill.expect(&what)),
                        _ => panic!("{what}"),
                    };
                near(found_centre, centre, 1e-12, &what);
                near(found_spread, spread, 1e-9, &what);
                near(found_fill, fill, 1e-12, &what);
                let mut wanted = wanted.iter();
                for (row, value) in super::matrix(&fitted, &frame(vec![column]))
                    .iter()
                    .zip(&case.values)
                {
                    match value {
                        Some(_) => near(row[0], *wanted.next().expect(&what), 1e-7, &what),
                        None => near(row[0], (fill - centre) / spread, 1e-7, &what),
                    }
                }
            }
        }
    }
}

#[test]
fn one_hot_columns_are_those_of_scikit_learn() {
    for case in goldens().one_hot {
        let settings = Features {
            min_category_rows: case.min_rows,
            ..Features::default()
        };
        let own = encoded(Encode::OneHot);
        let fitted = fitted(column(&case.values), own, settings, None, Purpose::Linear);
        assert_eq!(
            fitted.transformer.inputs[0].step.categories(),
            Some(&case.categories[..])
        );
        let n = case.categories.len();
        for (found, wanted) in rows(&fitted, &case.asked).iter().zip(&case.rows) {
            assert_eq!(found[..n], wanted[..n]);
            // Its bucket for rare ones, where it has one; an unknown one is in no column of it otherwise.
            let other = wanted
                .get(n)
                .copied()
                .unwrap_or(1.0 - wanted.iter().sum::<f64>());
            assert_eq!(found[n..], [0.0, other]);
        }
    }
}

#[test]
fn ordinals_are_those_of_scikit_learn() {
    let case = goldens().ordinal;
    let own = encoded(Encode::Ordinal);
    let fitted = fitted(
        column(&case.values),
        own,
        Features::default(),
        None,
        Purpose::Trees,
    );
    let found: Vec<f64> = rows(&fitted, &case.asked).into_iter().flatten().collect();
    assert_eq!(found, case.rows);
    let missing = super::matrix(&fitted, &frame(vec![texts("x", &[None])]));
    assert!(missing[0][0].is_nan());
}

#[test]
fn target_means_are_those_of_scikit_learn() {
    for case in goldens().target_mean {
        let class: Vec<u32> = case.y.iter().map(|y| *y as u32).collect();
        let goal = match case.name.as_str() {
            "binary" => Goal::Classes(&class, 2),
            "three classes" => Goal::Classes(&class, 3),
            _ => Goal::Numbers(&case.y),
        };
        let own = encoded(Encode::TargetMean);
        let fitted = fitted(
            column(&case.values),
            own,
            Features::default(),
            Some(goal),
            Purpose::Trees,
        );
        for (found, wanted) in rows(&fitted, &case.asked)
            .iter()
            .flatten()
            .zip(case.rows.iter().flatten())
        {
            near(*found, *wanted, 1e-9, &case.name);
        }
    }
}

#[test]
fn a_training_row_does_not_see_its_own_target() {
    let case = goldens().target_mean.remove(0);
    let frame = frame(vec![column(&case.values)]);
    let train = |y: &[f64]| {
        let class: Vec<u32> = y.iter().map(|y| *y as u32).collect();
        let goal = Goal::Classes(&class, 2);
        let own = encoded(Encode::TargetMean);
        let fitted = fitted(
            column(&case.values),
            own,
            Features::default(),
            Some(goal),
            Purpose::Trees,
        );
        let rows = all(&frame);
        let view = fitted.training_view(&frame, &rows).expect("a view");
        view.dense()
    };
    let there = train(&case.y);
    for row in [0, 7, 39] {
        let mut flipped = case.y.clone();
        flipped[row] = 1.0 - flipped[row];
        let again = train(&flipped);
        assert_eq!(there[row], again[row], "row {row}");
        assert_ne!(there, again, "other rows see it");
    }
}

#[test]
fn n_grams_are_weighed_as_scikit_learn_does() {
    for case in goldens().text {
        let text = TextFeatures {
            words: case.words,
            characters: case.characters,
            sublinear: case.sublinear,
            idf: case.idf,
            min_rows: case.min_rows,
            ..TextFeatures::default()
        };
        let own = ColumnFeatures {
            text: Some(text),
            ..encoded(Encode::Text)
        };
        let fitted = fitted(
            column(&case.texts),
            own,
            Features::default(),
            None,
            Purpose::Linear,
        );
        let Step::Text { blocks } = &fitted.transformer.inputs[0].step else {
            panic!("{}", case.name)
        };
        assert_eq!(blocks[0].terms, case.terms, "{}", case.name);
        for (at, (found, wanted)) in rows(&fitted, &case.asked)
            .iter()
            .zip(&case.rows)
            .enumerate()
        {
            for (found, wanted) in found.iter().zip(wanted) {
                near(*found, *wanted, 1e-6, &format!("{}, row {at}", case.name));
            }
        }
    }
}

#[test]
fn buckets_hold_what_the_list_of_n_grams_holds() {
    let case = goldens().text.remove(0);
    let text = TextFeatures {
        words: [1, 1],
        idf: false,
        // So many that no two of these words share one.
        buckets: 1 << 20,
        ..TextFeatures::default()
    };
    let listed = TextFeatures {
        buckets: 0,
        min_rows: 1,
        ..text.clone()
    };
    let values = |text: TextFeatures| {
        let own = ColumnFeatures {
            text: Some(text),
            ..encoded(Encode::Text)
        };
        let fitted = fitted(
            column(&case.texts),
            own,
            Features::default(),
            None,
            Purpose::Linear,
        );
        let frame = frame(vec![column(&case.texts)]);
        let rows = all(&frame);
        let view = fitted.transformer.view(&frame, &rows).expect("a view");
        let mut chunk = crate::features::Chunk::default();
        view.fill(0, rows.len(), &mut chunk);
        let bounds = chunk.sparse_starts.windows(2);
        let sorted = bounds.map(|at| {
            let row = &chunk.sparse[at[0] as usize..at[1] as usize];
            assert!(row.is_sorted_by(|one, other| one.0 < other.0));
            let mut values: Vec<f32> = row.iter().map(|(_, value)| *value).collect();
            values.sort_by(f32::total_cmp);
            values
        });
        sorted.collect::<Vec<_>>()
    };
    assert_eq!(values(text), values(listed));
}
