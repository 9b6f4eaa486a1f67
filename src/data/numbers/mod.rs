//! Numbers as people write them: decimal commas, grouped digits, currencies, accounting negatives. What a form means is
//! decided on whole columns, never on a cell.

#[cfg(feature = "train")]
mod around;
mod cell;
#[cfg(feature = "train")]
mod census;
#[cfg(feature = "train")]
mod convert;
#[cfg(feature = "train")]
mod decide;
mod form;
#[cfg(feature = "train")]
mod source_table;
#[cfg(feature = "train")]
mod units;
#[cfg(feature = "train")]
mod units_around;
mod words;

#[cfg(feature = "train")]
pub(super) use cell::is_number_in_any_form;
#[cfg(feature = "train")]
pub(super) use decide::{apply, settle};
pub use form::{CellRead, NumberForm};
#[cfg(feature = "train")]
pub(super) use source_table::Source;
pub use words::is_marker;
