//! The model whose requests are read.

use crate::bundle::{Bundle, Golden, Provenance};
use crate::config::Learner;
use crate::data::{ColumnSummary, Kind};
use crate::evaluate::Metric;
use crate::features::{Input, Prepare, Step, Transformer};
use crate::model_types::{Sha256, VersionNumber};
use crate::predictors::{Linear, Link, Predictor};
use crate::serving::served::Served;

/// A model of a number, a truth value and a text of two categories.
pub fn served() -> Served {
    let input = |name: &str, kind, step| Input {
        name: name.to_string(),
        kind,
        step,
    };
    let scale = || Step::Scale {
        mean: 1.0,
        scale: 2.0,
    };
    let categories = vec!["a".to_string(), "b".to_string()];
    let column = |name: &str, kind| ColumnSummary {
        name: name.to_string(),
        kind,
        rows: 3,
        missing: 0,
        mean: None,
        median: None,
        std: None,
        min: Some(0.0),
        max: Some(9.0),
        distinct: 3,
        top: Vec::new(),
    };
    let bundle = Bundle {
        target: "y".to_string(),
        classes: vec!["0".to_string(), "1".to_string()],
        prior: vec![0.5, 0.5],
        centre: None,
        metric: Metric::F1,
        threshold: 0.5,
        costs: None,
        calibration: None,
        flag: None,
        transformer: Transformer {
            prepare: Prepare::default(),
            inputs: vec![
                input("number", Kind::Number, scale()),
                input("flag", Kind::Boolean, scale()),
                input("text", Kind::Text, Step::OneHot { categories }),
            ],
        },
        predictor: Predictor::Linear(Linear {
            link: Link::Logistic,
            bias: vec![0.1],
            weights: vec![0.5, -0.5, 1.0, 2.0, 3.0, 4.0],
        }),
        dropped: Vec::new(),
        learner: Learner::default(),
        leaderboard: Vec::new(),
        seed: 1,
        data: Provenance {
            rows_hash: String::new(),
            config_hash: String::new(),
            train_rows: 3,
            validation_rows: 1,
            folds: None,
        },
        profile: vec![
            column("number", Kind::Number),
            column("flag", Kind::Boolean),
            column("text", Kind::Text),
            column("y", Kind::Integer),
        ],
        rules: Vec::new(),
        golden: Golden::default(),
        related: None,
        reading: Default::default(),
        reference: None,
        imported: None,
    };
    Served::new(
        "m",
        VersionNumber::new(1),
        0,
        Sha256::default(),
        vec!["NA".to_string()],
        bundle,
    )
}
