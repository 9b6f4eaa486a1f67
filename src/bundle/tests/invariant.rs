//! What is served is what was scored: the same bits for a row alone as for the row in a frame, whatever is in it.

use polars::prelude::{Column, DataFrame};
use proptest::prelude::*;

use super::{any_frame, any_weights, bundle_on};
use crate::bundle::saved::Bundle;
use crate::bundle::{decode, encode};
use crate::features::{Cell, Cells};
use crate::predictors::Predictor;

/// The cells of one row, in the transformer's order.
fn cells(bundle: &Bundle, frame: &DataFrame, row: usize) -> Vec<Cell> {
    let inputs = bundle.transformer.inputs.iter();
    inputs
        .map(|input| {
            let column = frame.column(&input.name).expect("the column");
            Cells::of(column).expect("a known type").cell(row)
        })
        .collect()
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

/// What is said of all rows of a request together.
fn in_one_request(bundle: &Bundle, frame: &DataFrame) -> Vec<f64> {
    let scorer = bundle.scorer();
    let slots_of = |row: usize| {
        let cells = cells(bundle, frame, row);
        let read = |(position, cell): (usize, &Cell)| scorer.read(position, cell.by_ref());
        cells.iter().enumerate().map(read).collect::<Vec<_>>()
    };
    let slots: Vec<_> = (0..frame.height()).flat_map(slots_of).collect();
    let mut said = vec![0.0; frame.height() * scorer.n_outputs()];
    scorer.score_rows(&slots, &mut Vec::new(), &mut said);
    said
}

/// Every row of `frame` alone and in the batch, and by a bundle that was written and read.
fn assert_served_is_scored(bundle: &Bundle, frame: &DataFrame) {
    let outputs = if bundle.is_binary() {
        1
    } else {
        bundle.classes.len()
    };
    let scorer = bundle.scorer();
    let batch = scorer.score_frame(frame).expect("scores");
    let read = decode(&encode(bundle).expect("encodes")).expect("decodes");
    let served = read.scorer();
    assert_eq!(
        bits(&in_one_request(&read, frame)),
        bits(&batch.probabilities)
    );
    for row in 0..frame.height() {
        let cells = cells(bundle, frame, row);
        let alone = scorer.score_row(&cells);
        let in_batch = &batch.probabilities[row * outputs..(row + 1) * outputs];
        assert_eq!(bits(&alone), bits(in_batch), "row {row}: {cells:?}");
        assert_eq!(
            bits(&served.score_row(&cells)),
            bits(&alone),
            "row {row}: {cells:?}"
        );
        assert!(
            alone.iter().all(|p| (0.0..=1.0).contains(p)),
            "row {row}: {alone:?}"
        );
        // The same row as JSON, as a client sends it.
        let json = serde_json::to_string(&cells).expect("writes");
        let sent: Vec<Cell> = serde_json::from_str(&json).expect("reads");
        assert_eq!(
            bits(&served.score_row(&sent)),
            bits(&alone),
            "row {row}: {json}"
        );
    }
}

/// Every row alone and in the batch, to the bit, whatever the numbers are.
pub fn assert_served_is_scored_as_is(bundle: &Bundle, frame: &DataFrame) {
    let scorer = bundle.scorer();
    let batch = scorer.score_frame(frame).expect("scores");
    assert_eq!(
        bits(&in_one_request(bundle, frame)),
        bits(&batch.probabilities)
    );
    for row in 0..frame.height() {
        let alone = scorer.score_row(&cells(bundle, frame, row));
        assert_eq!(
            bits(&alone),
            bits(&batch.probabilities[row..row + 1]),
            "row {row}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_row_alone_has_the_bits_of_the_row_in_its_frame(
        frame in any_frame(),
        n_classes in 2_usize..5,
        weights in any_weights(),
    ) {
        if let Some(bundle) = bundle_on(&frame, n_classes, 0.5, &weights) {
            assert_served_is_scored(&bundle, &frame);
        }
    }

    #[test]
    fn rows_that_no_training_row_is_like_are_served_as_they_are_scored(
        training in any_frame(),
        frame in any_frame(),
        weights in any_weights(),
    ) {
        if let Some(bundle) = bundle_on(&training, 2, 0.5, &weights) {
            assert_served_is_scored(&bundle, &frame);
        }
    }
}

#[test]
fn columns_of_another_type_than_in_training_are_served_as_they_are_scored() {
    let columns = vec![
        Column::new("x".into(), vec![1.0, 2.0, 3.0, 4.0]),
        Column::new("t".into(), vec!["1", "true", "1.5", "1"]),
    ];
    let training = DataFrame::new(4, columns).expect("columns of one length");
    let bundle = bundle_on(&training, 2, 0.5, &[0.3, 1.5, -0.7, 0.9]).expect("a bundle");
    let frames = [
        [
            Column::new("x".into(), vec!["1", " 2 ", "x"]),
            Column::new("t".into(), vec![1_i64, 2, 3]),
        ],
        [
            Column::new("x".into(), vec![1_i64, i64::MAX, 3]),
            Column::new("t".into(), vec![1.5, 1.0, f64::NAN]),
        ],
        [
            Column::new("x".into(), vec![true, false, true]),
            Column::new("t".into(), vec![true, false, true]),
        ],
    ];
    for columns in frames {
        let frame = DataFrame::new(3, columns.to_vec()).expect("columns of one length");
        assert_served_is_scored(&bundle, &frame);
    }
    let score = |x: Column, t: Column| {
        let frame = DataFrame::new(1, vec![x, t]).expect("columns of one length");
        bundle.scorer().score_frame(&frame).expect("scores")
    };
    assert_eq!(
        score(
            Column::new("x".into(), vec![2_i64]),
            Column::new("t".into(), vec![1_i64])
        ),
        score(
            Column::new("x".into(), vec![2.0]),
            Column::new("t".into(), vec!["1"])
        )
    );
}

#[test]
fn a_large_mean_costs_a_prediction_no_digits() {
    // Milliseconds since 1970 within one minute: the mean is 10⁸ times the scale.
    let times: Vec<f64> = (0..60).map(|s| 1.7e12 + 1000.0 * f64::from(s)).collect();
    let near: Vec<f64> = (0..60).map(|s| 1000.0 * f64::from(s)).collect();
    let score = |values: Vec<f64>| {
        let frame = DataFrame::new(60, vec![Column::new("x".into(), values)]).expect("one column");
        let bundle = bundle_on(&frame, 2, 0.5, &[0.1, 2.0]).expect("a bundle");
        bundle
            .scorer()
            .score_frame(&frame)
            .expect("scores")
            .probabilities
    };
    for (far, near) in score(times).iter().zip(score(near)) {
        assert!((far - near).abs() < 1e-12, "{far} {near}");
    }
}

#[test]
fn the_scorer_is_the_transformer_and_the_predictor() {
    let columns = vec![
        Column::new("x".into(), vec![Some(1.0), None, Some(3.0), Some(8.0)]),
        Column::new("t".into(), vec![Some("a"), Some("b"), None, Some("a")]),
    ];
    let frame = DataFrame::new(4, columns).expect("columns of one length");
    for n_classes in [2, 3] {
        let bundle = bundle_on(&frame, n_classes, 0.5, &[0.3, -1.5, 0.7, 0.2]).expect("a bundle");
        let Predictor::Linear(linear) = &bundle.predictor else {
            panic!("a linear predictor")
        };
        let rows = [0, 1, 2, 3];
        let view = bundle.transformer.view(&frame, &rows).expect("a view");
        let scored = bundle.scorer().score_frame(&frame).expect("scores");
        for (row, features) in view.dense().chunks(view.n_features()).enumerate() {
            let mut wanted: Vec<f64> = (0..linear.n_outputs())
                .map(|output| {
                    let weights = linear.weights_of(output);
                    linear.bias[output]
                        + features
                            .iter()
                            .zip(weights)
                            .map(|(x, w)| x * w)
                            .sum::<f64>()
                })
                .collect();
            linear.link.apply(&mut wanted);
            for (at, wanted) in wanted.iter().enumerate() {
                let found = scored.probabilities[row * linear.n_outputs() + at];
                assert!((found - wanted).abs() < 1e-15, "{found} {wanted}");
            }
        }
    }
}

#[test]
fn every_missing_column_is_named_at_once() {
    let columns = vec![
        Column::new("x".into(), vec![1.0, 2.0]),
        Column::new("y".into(), vec![1.0, 2.0]),
    ];
    let frame = DataFrame::new(2, columns).expect("columns of one length");
    let bundle = bundle_on(&frame, 2, 0.5, &[1.0]).expect("a bundle");
    let other = DataFrame::new(1, vec![Column::new("z".into(), vec![0.0])]).expect("one column");
    let message = bundle
        .scorer()
        .score_frame(&other)
        .expect_err("rejected")
        .to_string();
    assert_eq!(
        message,
        "find the columns `x`, `y` that the model was trained on"
    );
}
