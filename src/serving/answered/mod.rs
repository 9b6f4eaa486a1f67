//! What is remembered of answered requests: how the rows look, as counters in the bins of the version's reference, and
//! what was answered, for labels that come later. A request hands over what it has read and said and continues; counting and
//! writing are done on a thread of their own, and what that cannot take is dropped and counted.

mod answers;
mod counting;
mod kept;
mod queue;
mod writer;

pub use kept::{Kept, Passed};
pub use queue::AnsweredRows;
