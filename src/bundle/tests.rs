//! What is served is what was scored, and what is read is what was written.

mod codec;
mod costs;
mod invariant;
mod skew;

use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;

use super::saved::{Bundle, Provenance};
use super::{Golden, make_golden};
use crate::config::raw::{Features, Learner};
use crate::data::summarise;
use crate::evaluate::Metric;
use crate::features::{Dropped, Fitted, fit};
use crate::predictors::{Linear, Link, Predictor};

/// A frame with a column of each kind; the nasty values often.
pub fn any_frame() -> impl Strategy<Value = DataFrame> {
    let number = || {
        prop_oneof![
            1 => Just(None),
            4 => (-100.0..100.0).prop_map(Some),
            2 => any::<f64>().prop_map(Some),
            2 => prop::sample::select(vec![
                0.0, -0.0, f64::MAX, f64::MIN, 1e308, -1e308, 5e-324, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
            ]).prop_map(Some),
        ]
    };
    let text = || {
        prop_oneof![
            1 => Just(None),
            5 => prop::sample::select(vec!["a", "b", "", " ", "ü", "nan", "1e308", "true", "7"]).prop_map(|t| Some(t.to_string())),
            1 => ".{0,6}".prop_map(Some),
        ]
    };
    (2_usize..30).prop_flat_map(move |n| {
        (
            prop::collection::vec(number(), n),
            prop::collection::vec(number(), n),
            prop::collection::vec(text(), n),
            prop::collection::vec(text(), n),
            prop::collection::vec(prop::option::of(any::<i64>()), n),
            prop::collection::vec(prop::option::of(any::<bool>()), n),
        )
            .prop_map(move |(a, b, c, d, e, f)| {
                let columns = vec![
                    Column::new("a".into(), a),
                    Column::new("c".into(), c),
                    Column::new("b".into(), b),
                    Column::new("d".into(), d),
                    Column::new("e".into(), e),
                    Column::new("f".into(), f),
                ];
                DataFrame::new(n, columns).expect("columns of one length")
            })
    })
}

/// A made-up bundle on a frame, its weights drawn from `weights` in turn; `None` where the frame has nothing to learn from.
pub fn bundle_on(
    frame: &DataFrame,
    n_classes: usize,
    threshold: f64,
    weights: &[f64],
) -> Option<Bundle> {
    let rows: Vec<u32> = (0..frame.height() as u32).collect();
    let fitted = fit(frame, &rows, &[], &Features::default()).ok()?;
    let outputs = if n_classes == 2 { 1 } else { n_classes };
    let mut drawn = weights.iter().copied().cycle();
    let mut draw = |n: usize| -> Vec<f64> { drawn.by_ref().take(n).collect() };
    let predictor = Predictor::Linear(Linear {
        link: if outputs == 1 {
            Link::Logistic
        } else {
            Link::Softmax
        },
        bias: draw(outputs),
        weights: draw(outputs * fitted.transformer.n_features()),
    });
    Some(bundle_of(frame, n_classes, threshold, fitted, predictor))
}

/// A bundle of a transformer and a predictor on a frame.
pub fn bundle_of(
    frame: &DataFrame,
    n_classes: usize,
    threshold: f64,
    fitted: Fitted,
    predictor: Predictor,
) -> Bundle {
    let mut bundle = Bundle {
        target: "target".to_string(),
        classes: (0..n_classes)
            .map(|class| format!("class \"{class}\""))
            .collect(),
        prior: vec![1.0 / n_classes as f64; n_classes],
        centre: None,
        metric: Metric::F1,
        threshold,
        predictor,
        costs: None,
        calibration: None,
        flag: None,
        transformer: fitted.transformer,
        dropped: vec![Dropped {
            column: "z".to_string(),
            reason: "constant".to_string(),
        }],
        learner: Learner::default(),
        leaderboard: Vec::new(),
        seed: 42,
        data: Provenance {
            rows_hash: "r".to_string(),
            config_hash: "c".to_string(),
            train_rows: frame.height() as u64,
            validation_rows: 0,
            folds: None,
        },
        profile: summarise(&ingested(frame)),
        rules: Vec::new(),
        golden: Golden::default(),
        related: None,
        reading: Default::default(),
        reference: None,
        imported: None,
    };
    bundle.golden = make_golden(&bundle);
    bundle
}

pub fn any_weights() -> impl Strategy<Value = Vec<f64>> {
    let weight = prop_oneof![
        6 => -5.0..5.0,
        1 => Just(0.0),
        1 => prop::sample::select(vec![1e300, -1e300, 5e-324, -0.0, 1e30]),
    ];
    prop::collection::vec(weight, 1..40)
}

/// A small bundle that is always the same.
pub fn small() -> Bundle {
    let columns = vec![
        Column::new("x".into(), vec![Some(1.0), Some(2.0), None, Some(6.0)]),
        Column::new("t".into(), vec![Some("a"), Some("b"), None, Some("a")]),
    ];
    let frame = DataFrame::new(4, columns).expect("columns of one length");
    bundle_on(&frame, 2, 0.4, &[0.3, -1.2, 0.7]).expect("something to learn from")
}

/// The frame as ingest leaves it: what is not finite is missing.
fn ingested(frame: &DataFrame) -> DataFrame {
    let columns = frame.columns().iter().map(|column| match column.f64() {
        Ok(values) => {
            let finite: Vec<Option<f64>> = values
                .iter()
                .map(|value| value.filter(|value| value.is_finite()))
                .collect();
            Column::new(column.name().clone(), finite)
        }
        Err(_) => column.clone(),
    });
    DataFrame::new(frame.height(), columns.collect()).expect("columns of one length")
}
