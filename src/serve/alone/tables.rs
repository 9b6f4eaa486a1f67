//! In the place of `rows/tables.rs` without the feature `train`: no version that was trained on related tables is ever served.

use crate::serve::rows::Bounds;
use crate::serve::{Code, Problem};
use crate::serving::rows::Rows;
use crate::serving::served::Served;

/// Rejected: the version takes rows.
///
/// # Errors
/// Always.
pub fn read_tables(_: &[u8], _: &Served, _: Bounds<'_>) -> Result<Rows, Problem> {
    let why = "this model was not trained on related tables; send `rows`";
    Err(Problem::new(Code::Unprocessable, why))
}
