//! What the diagnostics say of a model: summary statistics, missing values, timings, freshness, dependencies, its score.
//!
//! In: an [`Env`](crate::pipeline::Env) and, for the score, a loaded bundle. Out: plain records. It never trains, records
//! nothing, takes no lock, and must not know a terminal or HTTP.

mod champion_score;
mod columns;
mod dependencies;
mod freshness;
mod messages;
mod newest;
mod outdated;
mod scoring;
mod stale;
mod timings;
mod trouble;

pub use champion_score::{ChampionScore, ScoreInterval};
pub use columns::{DataSummary, missing_by_name, missing_in_order, statistics};
pub use dependencies::{Dependency, dependencies, dependency_table};
pub use freshness::{
    ChampionAge, DataAge, Freshness, LastMove, LastRun, LastTraining, TestDataAge, freshness,
};
pub use messages::untaken;
pub use newest::summarise_newest;
pub use outdated::{
    CheckedDependency, DependencyState, checked, index_path, replaced_index, trusted_certificates,
};
pub use scoring::{last_score, score_now};
pub use stale::{Stale, StaleFacts, StaleReason, stale, staleness};
pub use timings::{StageSeconds, Timings, stage_seconds, timings};
pub use trouble::{Failure, Trouble, trouble};
