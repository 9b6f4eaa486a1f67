//! A cost matrix in a bundle: the class with the smallest expected cost, alone and in a frame alike.

use polars::prelude::{Column, DataFrame};

use super::bundle_on;
use crate::bundle::saved::Bundle;
use crate::bundle::{decode, encode, make_golden};
use crate::features::Cell;

fn frame() -> DataFrame {
    let x: Vec<f64> = (0..60).map(|row| f64::from(row) / 10.0 - 3.0).collect();
    DataFrame::new(60, vec![Column::new("x".into(), x)]).expect("one column")
}

fn bundle(costs: Option<Vec<f64>>) -> Bundle {
    let mut bundle = bundle_on(&frame(), 3, 0.5, &[0.2, -0.4, 0.1, 0.9, -0.7, 0.3])
        .expect("something to learn from");
    bundle.costs = costs;
    bundle.golden = make_golden(&bundle);
    bundle
}

#[test]
fn costs_decide_and_are_stored() {
    let costly = vec![0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 9.0, 9.0, 0.0];
    let (plain, bundle) = (bundle(None), bundle(Some(costly)));
    bundle.verify().expect("is sound");
    let read = decode(&encode(&bundle).expect("encodes")).expect("decodes");
    assert_eq!(read, bundle);
    assert_ne!(read.model_hash(), plain.model_hash());
    let of = |bundle: &Bundle| bundle.scorer().score_frame(&frame()).expect("scores");
    let (likeliest, cheapest) = (of(&plain), of(&bundle));
    assert_eq!(likeliest.probabilities, cheapest.probabilities);
    let count = |labels: &[u32]| labels.iter().filter(|&&label| label == 2).count();
    assert!(count(&cheapest.labels) > count(&likeliest.labels));
    let scorer = bundle.scorer();
    for (row, &label) in cheapest.labels.iter().enumerate() {
        let p = scorer.score_row(&[Cell::Number(row as f64 / 10.0 - 3.0)]);
        assert_eq!(scorer.label(&p, 0.5), label, "row {row}");
    }
}

#[test]
fn equal_costs_are_the_likeliest_class_and_odd_ones_are_rejected() {
    let equal = vec![0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0];
    let of = |bundle: &Bundle| {
        bundle
            .scorer()
            .score_frame(&frame())
            .expect("scores")
            .labels
    };
    assert_eq!(of(&bundle(Some(equal))), of(&bundle(None)));
    for odd in [vec![1.0; 4], vec![f64::NAN; 9], Vec::new()] {
        let mut bundle = bundle(None);
        bundle.costs = Some(odd);
        assert!(bundle.verify().is_err());
    }
}
