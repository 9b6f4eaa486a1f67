//! Numbers as people write them: decimal commas, grouped digits, currencies, accounting negatives. What a form means is
//! decided on whole columns, never on a cell.

mod around;
mod cell;
mod census;
mod convert;
mod decide;
mod form;
mod source_table;
mod units;
mod units_around;
mod words;

pub(super) use cell::is_number_in_any_form;
pub(super) use decide::{apply, settle};
pub use form::{CellRead, NumberForm};
pub(super) use source_table::Source;
pub use words::is_marker;
