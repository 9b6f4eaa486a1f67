//! In the place of `view.rs` without the feature `train`: a bundle alone has no probation.

use serde::Serialize;

/// A probation as it is shown; there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum View {}
