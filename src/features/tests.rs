//! The transformer by hand, and what holds for any frame.

mod by_hand;
mod properties;

use polars::prelude::{Column, DataFrame};

use super::{Fitted, Step, fit};
use crate::config::raw::Features;

/// A frame of one height.
pub fn frame(columns: Vec<Column>) -> DataFrame {
    let height = columns.first().map_or(0, Column::len);
    DataFrame::new(height, columns).expect("columns of one length")
}

pub fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    Column::new(name.into(), values.to_vec())
}

pub fn texts(name: &str, values: &[Option<&str>]) -> Column {
    Column::new(name.into(), values.to_vec())
}

/// Fitted on every row.
pub fn fitted(frame: &DataFrame, settings: &Features) -> Fitted {
    fit(frame, &all(frame), &[], settings).expect("fits")
}

pub fn all(frame: &DataFrame) -> Vec<u32> {
    (0..frame.height() as u32).collect()
}

/// The transformed rows of a frame.
pub fn matrix(fitted: &Fitted, frame: &DataFrame) -> Vec<Vec<f64>> {
    let rows = all(frame);
    let view = fitted.transformer.view(frame, &rows).expect("a view");
    view.dense()
        .chunks(view.n_features())
        .map(<[f64]>::to_vec)
        .collect()
}

/// Mean and scale of the only input.
pub fn scale_of(values: &[Option<f64>]) -> (f64, f64) {
    let fitted = fitted(&frame(vec![numbers("x", values)]), &Features::default());
    match fitted.transformer.inputs[0].step {
        Step::Scale { mean, scale } => (mean, scale),
        _ => panic!("a number column is scaled"),
    }
}
