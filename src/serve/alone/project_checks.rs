//! In the place of `project_checks.rs` without the feature `train`: there is no project to look at.

use crate::model_types::VersionNumber;
use crate::serve::State;
use crate::serve::readiness::Check;

/// There is no database.
pub async fn asked_checks(_: &State) -> Vec<Check> {
    Vec::new()
}

/// There is no probation.
pub fn probation_checks(_: &State) -> Vec<Check> {
    Vec::new()
}

/// No version is held back.
pub async fn held(_: &State) -> Vec<(String, VersionNumber)> {
    Vec::new()
}
