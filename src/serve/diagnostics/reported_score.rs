//! A score on its way to the caller.

use std::sync::Arc;

use crate::diagnose::ChampionScore;

/// A score on its way to the caller.
pub struct ReportedScore {
    /// The score.
    pub score: Arc<ChampionScore>,
    /// Whether it is that of the test rows as they are now.
    pub fresh: bool,
    /// Why it is not.
    pub problem: Option<String>,
}
