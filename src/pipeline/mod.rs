//! One run of one model, stage by stage. `run.rs` reads top to bottom as the flow; each stage is a file.
//!
//! What a run may touch is one [`Env`]. It must not know HTTP, a terminal or the schedule: it emits [`Event`]s and returns
//! values.

mod adopt;
mod backup;
pub mod beyond;
mod candidates;
mod checks;
mod choose;
mod decision;
mod deploy;
mod derive;
mod env;
mod envs;
mod fit;
mod forget;
mod heart;
mod importance;
mod ingest;
mod labels;
mod log_end;
mod lost;
mod making;
mod matrix;
mod places;
mod plan;
mod preview;
mod probation;
mod production;
mod recover;
mod remove;
mod rename;
mod replay;
mod report;
mod rescore;
mod retain;
mod room;
mod run;
mod score;
mod settle;
mod split;
mod stages;
mod target_cells;
mod train;
mod untrained;
mod versions;
mod wanted;

pub use adopt::{Adopt, Adopted, AdoptedVersion, adopt};
pub use backup::{
    BackedUp, Backup, Restored, backup, finish_restore, restore, verify as verify_backup,
};
pub use checks::findings_of;
pub use deploy::Deployed;
pub use env::{Env, Event, Ids, Stage, is_run_id};
pub use envs::Envs;
pub use forget::{clear_name, finish_model_removals, remove_model};
pub use ingest::{
    Dataset, DatasetRecord, latest_frame, quarantine_line, read_options, read_tables,
};
pub use log_end::{log_end, log_is_there};
pub use lost::{Lost, look as look_for_lost, look_without as look_without_database};
pub use preview::{Preview, preview};
pub use probation::{ACTOR as PROBATION, TestShift, numbers_apart, take_back, test_shift};
pub use production::Manifest;
pub use remove::remove_version;
pub use rename::{finish_rename, rename};
pub use replay::{ReplayRow, replay};
pub use retain::{Fate, Kind as RetainedKind, Retained, Why, collect, look, run_log};
pub use room::is_disk_full;
pub use run::{RunOptions, RunReport, ScorePair, run};
pub use score::{PresentScore, ScoreRecord, Scored, SideScore, present_score};
pub use split::at_random as split_at_random;
pub use stages::{deploy_stage, ingest_stage, report_stage, score_stage, train_stage};
pub use train::Trained;
pub use versions::{load_bundle, move_champion, pick_version, read_decision, read_score};

use std::path::PathBuf;

/// Why a run or a stage could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input folder has no usable file.
    #[error("find data in {}: {why}", .folder.display())]
    NoInput {
        /// The folder.
        folder: PathBuf,
        /// What is there instead.
        why: String,
    },
    /// The test folder has no usable rows.
    #[error("find test data in {}: {why}", .folder.display())]
    NoTestData {
        /// The folder.
        folder: PathBuf,
        /// What is there instead.
        why: String,
    },
    /// A column that the settings name is not in the data.
    #[error("find the column `{column}` ({role}) in {place}{hint}")]
    NoColumn {
        /// The column.
        column: String,
        /// What it is for.
        role: &'static str,
        /// Where it was looked for.
        place: String,
        /// The nearest column that is there.
        hint: String,
    },
    /// The target cannot be learned.
    #[error("learn `{target}`: {why}")]
    Target {
        /// The target column.
        target: String,
        /// Why not.
        why: String,
    },
    /// The data set cannot be split as the settings say.
    #[error("split the data set: {0}")]
    Split(String),
    /// A check that the settings let block was not passed.
    #[error("{action}: {} it: {}", if .found.len() == 1 { "1 check blocks".to_string() } else { format!("{} checks block", .found.len()) }, .found.join("; "))]
    Blocked {
        /// What it keeps from happening.
        action: &'static str,
        /// Each finding in a sentence.
        found: Vec<String>,
    },
    /// A version does not fit the test data.
    #[error("score version {version}, the {role}, on the test data")]
    Unscorable {
        /// Which.
        version: i64,
        /// `champion` or `challenger`.
        role: &'static str,
        /// Why not.
        #[source]
        source: crate::features::Error,
    },
    /// A data set that ingest wrote cannot be read back.
    #[error("read the data set {name}")]
    Dataset {
        /// Its file.
        name: String,
        /// Why not.
        #[source]
        source: crate::data::Error,
    },
    /// A version that has to stay.
    #[error("remove version {version} of `{model}`: {why}")]
    Kept {
        /// The model.
        model: String,
        /// Which.
        version: i64,
        /// Why it stays.
        why: &'static str,
    },
    /// A model that has to stay, since another one has files among its own.
    #[error("remove the model `{model}`: a folder of `{other}` is below its own")]
    Shared {
        /// The model.
        model: String,
        /// Whose files they are.
        other: String,
    },
    /// Something good would be lost.
    #[error("go on with what is there: {}", .0.what)]
    Lost(Box<Lost>),
    /// Nothing to work on for a stage that was called alone.
    #[error("{0}")]
    NothingThere(String),
    /// Files.
    #[error(transparent)]
    Data(#[from] crate::data::Error),
    /// Several tables that cannot become rows.
    #[error(transparent)]
    Relate(#[from] crate::relate::Error),
    /// Features.
    #[error(transparent)]
    Features(#[from] crate::features::Error),
    /// Learning.
    #[error(transparent)]
    Learn(#[from] crate::learners::Error),
    /// A bundle.
    #[error("use version {version}")]
    Bundle {
        /// Whose.
        version: i64,
        /// Why not.
        #[source]
        source: crate::bundle::Error,
    },
    /// A bundle that was just made.
    #[error(transparent)]
    FreshBundle(#[from] crate::bundle::Error),
    /// Artifacts.
    #[error(transparent)]
    Artifacts(#[from] crate::artifacts::Error),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// Pictures and pages.
    #[error(transparent)]
    Report(#[from] crate::report::Error),
    /// A stored file is not what it should be.
    #[error("read {what}")]
    Stored {
        /// Which.
        what: String,
        /// What the parser said.
        #[source]
        source: serde_json::Error,
    },
    /// The folder of the champion's copy.
    #[error("write the champion's copy to {}", .folder.display())]
    Production {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be worked on.
    #[error("{action} {}", .path.display())]
    Disk {
        /// What was being done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The disk has not the room that a run may need.
    #[error("find room in {}: {why}", .folder.display())]
    NoRoom {
        /// The folder.
        folder: PathBuf,
        /// How much there is, and how much is needed.
        why: String,
    },
    /// A planned failure, in tests only.
    #[error("go on")]
    Planned(#[source] std::io::Error),
}

/// What lies behind an error, outermost first, without what the one before has said already.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let mut causes = Vec::new();
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.ends_with(&text) {
            causes.push(text.clone());
            said = text;
        }
        next = cause.source();
    }
    causes
}

/// Passes a named fault point.
fn fault(name: &str) -> Result<(), Error> {
    crate::faults::point(name).map_err(Error::Planned)
}

/// The nearest of some names, as the end of a sentence.
fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    crate::text::nearest(word, known, 0.4)
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}
