//! When something is to happen, as pure functions of an expression, a zone and an instant.
//!
//! In: an expression such as `15 3 * * *`, a time zone, an instant. Out: the next one. It must not know clocks, databases,
//! queues or settings.

mod describe;
mod error;
mod expression;
mod field;
mod next;
mod part;
mod zone;

#[cfg(test)]
mod tests;

pub use describe::describe;
pub use error::{ExpressionError, ZoneError};
pub use expression::Expression;
pub use field::FieldName;
pub use next::{count_between, next_after, ticks_after};
pub use zone::parse_zone;
