//! What bundles take along of this room: the reference of their training rows. It stands in the place of `mod.rs` where the program
//! is built without the feature `train`.

mod column;
mod layout;

pub use column::{Answered, Column, Measure, Reference};
pub use layout::{Edges, Labels, Layout};
