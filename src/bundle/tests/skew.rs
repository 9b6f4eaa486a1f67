//! Train/serve skew: every row of a data set, sent as the cells of a request, gives the row of the training matrix, to the
//! bit, for every step.

use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;

use super::{any_frame, bundle_of};
use crate::bundle::saved::Bundle;
use crate::config::features::{ColumnFeatures, Encode, Features, Impute, Scaling, TextFeatures};
use crate::data::Expression;
use crate::features::{Cells, Derived, Fitted, Goal, Plan, Purpose, fit_for};
use crate::predictors::{Link, Predictor, Trees};

/// No trees: what counts is what they would read.
fn no_trees(n_features: usize) -> Predictor {
    Predictor::Trees(Trees {
        link: Link::Logistic,
        base: vec![0.0],
        output: Vec::new(),
        roots: Vec::new(),
        feature: Vec::new(),
        threshold: Vec::new(),
        left: Vec::new(),
        missing_left: Vec::new(),
        cover: Vec::new(),
        values: Vec::new(),
        gain: vec![0.0; n_features],
    })
}

/// Settings that between them use every step; columns `a` to `f` are those of [`any_frame`].
pub fn any_settings() -> impl Strategy<Value = (Features, Purpose)> {
    let text = TextFeatures {
        words: [1, 2],
        characters: [2, 3],
        min_rows: 1,
        ..TextFeatures::default()
    };
    let buckets = TextFeatures {
        buckets: 7,
        ..text.clone()
    };
    let impute = prop::sample::select(vec![
        Impute::Mean,
        Impute::Median,
        Impute::MostFrequent,
        Impute::Constant,
        Impute::None,
    ]);
    let scale = prop::sample::select(vec![Scaling::Standard, Scaling::Robust, Scaling::None]);
    let encode = || {
        prop::option::of(prop::sample::select(vec![
            Encode::OneHot,
            Encode::Ordinal,
            Encode::TargetMean,
            Encode::Text,
        ]))
    };
    let of_numbers = prop::option::of(prop::sample::select(vec![
        Encode::OneHot,
        Encode::Ordinal,
        Encode::TargetMean,
    ]));
    let purpose = prop::sample::select(vec![Purpose::Linear, Purpose::Trees, Purpose::Texts]);
    let indicator = any::<bool>();
    (
        impute,
        scale,
        encode(),
        encode(),
        of_numbers,
        indicator,
        any::<bool>(),
        purpose,
    )
        .prop_map(
            move |(impute, scale, b, d, e, indicator, is_hashed, purpose)| {
                let column = |encode| ColumnFeatures {
                    encode,
                    ..ColumnFeatures::default()
                };
                let number = ColumnFeatures {
                    impute: Some(impute),
                    scale: Some(scale),
                    indicator: Some(indicator),
                    ..ColumnFeatures::default()
                };
                let columns = [
                    ("a", number),
                    ("b", column(b)),
                    ("d", column(d)),
                    ("e", column(e)),
                ];
                let features = Features {
                    min_category_rows: 1 + u32::from(indicator),
                    text: if is_hashed {
                        buckets.clone()
                    } else {
                        text.clone()
                    },
                    columns: columns
                        .into_iter()
                        .map(|(name, it)| (name.to_string(), it))
                        .collect(),
                    ..Features::default()
                };
                (features, purpose)
            },
        )
}

/// The transformer of a frame, fitted on every row with made-up classes.
pub fn fitted(frame: &DataFrame, settings: &Features, purpose: Purpose) -> Option<Fitted> {
    let rows: Vec<u32> = (0..frame.height() as u32).collect();
    let class: Vec<u32> = rows.iter().map(|row| row % 3).collect();
    let plan = Plan {
        excluded: &[],
        settings,
        purpose,
        goal: Some(Goal::Classes(&class, 3)),
        seed: 7,
        derived: &[],
        times: &[],
        reading: &Default::default(),
    };
    fit_for(frame, &rows, &plan).ok()
}

/// The frame with a column of times, `t`, made of its whole numbers.
fn timed(frame: &DataFrame) -> DataFrame {
    let wholes = frame
        .column("e")
        .expect("the column")
        .i64()
        .expect("numbers")
        .clone();
    let time = |whole: i64| chrono::DateTime::from_timestamp(whole % 2_000_000_000, 0);
    let texts = wholes
        .iter()
        .map(|whole| Some(time(whole?)?.format("%Y-%m-%d %H:%M").to_string()));
    let column = Column::new("t".into(), texts.collect::<Vec<_>>());
    let mut timed = frame.clone();
    timed.with_column(column).expect("columns of one length");
    timed
}

/// Derived columns over those of [`any_frame`], as settings and bundles have them.
fn derived() -> Vec<Derived> {
    let list = [
        ("z", "COALESCE(a, 0) / 2 + EXTRACT(EPOCH FROM t)"),
        ("y", "CASE WHEN f THEN b ELSE 'none' END"),
        ("x", "z > 1000000000"),
    ];
    list.map(|(name, sql)| Derived {
        name: name.to_string(),
        sql: sql.to_string(),
    })
    .to_vec()
}

/// Every row of the frame through the matrix and through the scorer.
pub fn assert_no_skew(bundle: &Bundle, frame: &DataFrame) {
    let rows: Vec<u32> = (0..frame.height() as u32).collect();
    let transformer = &bundle.transformer;
    let prepared = transformer.prepared(frame).expect("prepares");
    let view = transformer.view(&prepared, &rows).expect("a view");
    let scorer = bundle.scorer();
    let matrix = view.dense();
    let mut features = Vec::new();
    let most = if transformer.prepare.is_empty() {
        usize::MAX
    } else {
        6
    };
    for (row, wanted) in matrix.chunks(view.n_features()).enumerate().take(most) {
        let alone = frame.slice(row as i64, 1);
        let prepared = transformer.prepared(&alone).expect("prepares");
        let inputs = transformer.inputs.iter().enumerate();
        let slots: Vec<_> = inputs
            .map(|(position, input)| {
                let column = prepared.column(&input.name).expect("the column");
                let cell = Cells::of(column).expect("a known type").cell(0);
                let json = serde_json::to_string(&cell).expect("writes");
                let sent: crate::features::Cell = serde_json::from_str(&json).expect("reads");
                scorer.read(position, sent.by_ref())
            })
            .collect();
        scorer.features(&slots, &mut features);
        let found: Vec<u32> = features.iter().map(|it| it.to_bits()).collect();
        let wanted: Vec<u32> = wanted.iter().map(|it| (*it as f32).to_bits()).collect();
        assert_eq!(found, wanted, "row {row} of {frame:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_row_of_a_request_is_the_row_of_the_training_matrix(
        training in any_frame(),
        other in any_frame(),
        (settings, purpose) in any_settings(),
    ) {
        if let Some(fitted) = fitted(&training, &settings, purpose) {
            prop_assert!(fitted.transformer.is_sound(), "{:?}", fitted.transformer);
            let n = fitted.transformer.n_features();
            prop_assert_eq!(fitted.transformer.feature_names().len(), n);
            let bundle = bundle_of(&training, 2, 0.5, fitted, no_trees(n));
            assert_no_skew(&bundle, &training);
            assert_no_skew(&bundle, &other);
        }
    }

    #[test]
    fn a_row_of_a_request_is_prepared_as_a_row_of_training(
        training in any_frame(),
        other in any_frame(),
        (mut settings, purpose) in any_settings(),
    ) {
        let filled = ColumnFeatures {
            impute: Some(Impute::MostFrequent),
            ..ColumnFeatures::default()
        };
        settings.columns.insert("b".to_string(), filled);
        let date = ColumnFeatures {
            encode: Some(Encode::Date),
            seasons: [("high".to_string(), vec!["15 Dec-3 Mar".to_string()])].into(),
            periods: [("day".to_string(), vec!["5-18".to_string()])].into(),
            ..ColumnFeatures::default()
        };
        settings.columns.insert("t".to_string(), date);
        let parse = |derived: Derived| {
            let expression = Expression::parse(&derived.sql).expect("parses");
            (derived.name, expression)
        };
        let expressions: Vec<_> = derived().into_iter().map(parse).collect();
        let times = ["t".to_string()];
        let (training, other) = (timed(&training), timed(&other));
        let with_derived = crate::data::derive(&training, &times, &expressions).expect("computes");
        let rows: Vec<u32> = (0..training.height() as u32).collect();
        let class: Vec<u32> = rows.iter().map(|row| row % 2).collect();
        let plan = Plan {
            excluded: &["d".to_string()],
            settings: &settings,
            purpose,
            goal: Some(Goal::Classes(&class, 2)),
            seed: 7,
            derived: &derived(),
            times: &times,
            reading: &Default::default(),
        };
        if let Ok(fitted) = fit_for(&with_derived, &rows, &plan) {
            prop_assert!(fitted.transformer.is_sound(), "{:?}", fitted.transformer);
            prop_assert!(fitted.transformer.prepare.raw.iter().all(|it| !["d", "x", "y", "z"].contains(&it.name.as_str())));
            let n = fitted.transformer.n_features();
            let bundle = bundle_of(&training, 2, 0.5, fitted, no_trees(n));
            let read = crate::bundle::decode(&crate::bundle::encode(&bundle).expect("encodes")).expect("decodes");
            prop_assert_eq!(&read, &bundle);
            assert_no_skew(&bundle, &training);
            assert_no_skew(&bundle, &other);
        }
    }

    #[test]
    fn a_linear_model_adds_up_what_the_matrix_holds(
        training in any_frame(),
        (settings, _) in any_settings(),
    ) {
        if let Some(fitted) = fitted(&training, &settings, Purpose::Linear) {
            let weights: Vec<f64> = (0..fitted.transformer.n_features())
                .map(|at| ((at * 37 % 11) as f64 - 5.0) / 7.0)
                .collect();
            let linear = crate::predictors::Linear { link: Link::Identity, bias: vec![0.25], weights: weights.clone() };
            let bundle = bundle_of(&training, 2, 0.5, fitted, Predictor::Linear(linear));
            let rows: Vec<u32> = (0..training.height() as u32).collect();
            let view = bundle.transformer.view(&training, &rows).expect("a view");
            let scored = bundle.scorer().score_frame(&training).expect("scores");
            for (row, features) in view.dense().chunks(view.n_features()).enumerate() {
                let contributions = features.iter().zip(&weights).map(|(x, w)| x * w);
                let wanted = 0.25 + contributions.clone().sum::<f64>();
                let size: f64 = 1.0 + contributions.map(f64::abs).sum::<f64>();
                let found = scored.probabilities[row];
                // Pushes beyond 1e30 are held there.
                if size < 1e29 {
                    prop_assert!((found - wanted).abs() <= 1e-12 * size, "row {}: {} {}", row, found, wanted);
                }
            }
            super::invariant::assert_served_is_scored_as_is(&bundle, &training);
        }
    }
}

#[test]
fn categories_of_numbers_are_told_by_their_worth() {
    let columns = vec![Column::new(
        "n".into(),
        vec![Some(1_i64), Some(2), None, Some(1)],
    )];
    let frame = DataFrame::new(4, columns).expect("one column");
    let own = ColumnFeatures {
        encode: Some(Encode::OneHot),
        ..ColumnFeatures::default()
    };
    let settings = Features {
        columns: [("n".to_string(), own)].into(),
        ..Features::default()
    };
    let fitted = fitted(&frame, &settings, Purpose::Trees).expect("fits");
    let bundle = bundle_of(&frame, 2, 0.5, fitted, no_trees(4));
    assert_no_skew(&bundle, &frame);
    let scorer = bundle.scorer();
    let as_sent = |text: &str| {
        let cell: crate::features::Cell = serde_json::from_str(text).expect("a cell");
        scorer.read(0, cell.by_ref())
    };
    for sent in ["1", "1.0", "\" 1.0 \"", "true"] {
        assert_eq!(as_sent(sent), as_sent("1"), "{sent}");
    }
    assert_ne!(as_sent("1"), as_sent("2"));
    assert_ne!(as_sent("3"), as_sent("null"));
}
