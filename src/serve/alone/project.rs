//! In the place of `project.rs` without the feature `train`.

/// A project; there is none.
pub enum Project {}
