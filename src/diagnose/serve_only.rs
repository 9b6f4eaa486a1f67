//! What is known of a bundle alone: its columns, the score that came with it, what the program was built from. It stands in the place
//! of `mod.rs` where the program is built without the feature `train`.

mod champion_score;
mod columns;
mod dependencies;

pub use champion_score::{ChampionScore, ScoreInterval};
pub use columns::{DataSummary, missing_by_name, missing_in_order, statistics};
pub use dependencies::{Dependency, dependencies, dependency_table};
