//! A cell as the scorer takes it.

use std::sync::Arc;

/// One cell of a row, read as its column reads it; a row of them is all that scoring needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Slot {
    /// No number in a column of numbers.
    Missing,
    /// A number.
    Number(f64),
    /// Position in a text column's table: a category, then missing, then other.
    Entry(u32),
    /// A text whose words count. Behind two pointers, so that a slot is no larger than a number and its sort.
    Text(Arc<Box<str>>),
}
