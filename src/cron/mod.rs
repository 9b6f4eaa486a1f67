//! When something is to happen, as pure functions of (expression, cursor, now).
//!
//! In: an expression such as `15 3 * * *`, a time zone, how far the ticks are settled, what time it is. Out: instants, and
//! what becomes of each tick. `docs/schedule.md` has the rules with examples. It must not know clocks, databases, queues or
//! settings: the loop calls [`due`] and carries the answer out.

mod describe;
mod due;
mod error;
mod expression;
mod field;
mod field_name;
mod next;
mod part;
mod zone;

#[cfg(test)]
mod tests;

pub use describe::describe;
pub use due::{Due, Earlier, MOST_LISTED, Missed, Outcome, Pause, Plan, Tick, due, jitter_of};
pub use error::{ExpressionError, ZoneError};
pub use expression::Expression;
pub use field_name::FieldName;
pub use next::{count_between, next_after, ticks_after};
pub use zone::parse_zone;
