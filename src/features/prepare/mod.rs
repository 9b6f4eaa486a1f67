//! What makes the columns of the inputs out of those of the data, row by row: nothing here looks at two rows. What had to
//! be learned for it, the first time of a column say, is in it as a number.

mod dates;
mod derived;
#[cfg(feature = "train")]
mod frame;
#[cfg(feature = "train")]
mod plan;
mod preparer;

pub use dates::Dates;
pub use dates::whole_number;
pub use derived::{Derived, Fill, Prepare};
#[cfg(feature = "train")]
pub use plan::{prune, usable_dates};
pub use preparer::{Preparer, cell};
