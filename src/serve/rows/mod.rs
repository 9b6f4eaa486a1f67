//! From bodies to rows that can be scored: straight into typed slots, no frame, no text that is kept.
//!
//! Every form (JSON rows, NDJSON, CSV, and those of the compatibility protocols) goes through one [`Collector`], so that all of
//! them read a cell alike and complain alike: everything that is missing, unknown or mistyped, at once.

mod arrow;
mod body_tables;
mod cells;
mod collector;
mod column_errors;
mod delimited;
mod json;
mod options;
mod quick;
mod quick_csv;
mod quick_key;
mod raw;
#[cfg_attr(not(feature = "train"), path = "../alone/tables.rs")]
mod tables;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::served as sample_served;

use super::{Code, Problem};
use crate::http::budget::Work;

pub use crate::features::taken;
pub use arrow::read_arrow;
pub use body_tables::tables_in;
pub use cells::ruled;
pub use delimited::read_csv;

pub use crate::serving::rows::Rows;
pub use collector::Collector;
pub use json::{RowList, read_body, read_ndjson, read_options, read_row};
pub use options::{Options, version_of};
pub use tables::read_tables;

/// How a protocol treats columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A column that the training data did not have is rejected.
    KnownOnly,
    /// Such a column is ignored.
    ExtraIgnored,
}

/// Bounds of one request.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'r> {
    /// Most rows.
    pub rows: usize,
    /// What it may hold, and when to give up.
    pub work: &'r Work,
}

/// Reading ended early; the collector knows why.
#[derive(Debug)]
pub struct Stop;

fn too_many(most: usize) -> Problem {
    Problem::new(
        Code::TooLarge,
        format!("the request has more than {most} rows; send it in parts"),
    )
}
