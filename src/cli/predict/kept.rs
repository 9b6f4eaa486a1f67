//! The rows that are kept.

use polars::prelude::{Column, DataFrame};

use crate::cli::Failure;
use crate::data;

pub(super) fn filtered(frame: &DataFrame, keep: &[bool]) -> Result<DataFrame, Failure> {
    let mask = keep.iter().copied().map(Some).collect();
    let mut frame = frame.filter(&mask).map_err(data::Error::from)?;
    frame.rechunk_mut();
    Ok(frame)
}

/// A column of the kept rows over all rows; the others stay missing and are not written.
pub(super) fn spread(column: &Column, keep: &[bool]) -> Result<Column, Failure> {
    let mut next = 0_u32;
    let places = keep.iter().map(|keep| {
        let at = keep.then_some(next);
        next += u32::from(*keep);
        at
    });
    let places: polars::prelude::IdxCa = places.collect();
    Ok(column.take(&places).map_err(data::Error::from)?)
}
