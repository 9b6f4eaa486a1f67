//! Why a run or a stage could not continue.

use std::path::PathBuf;

use crate::config::ModelConfig;
use crate::model_types::VersionNumber;

/// What the registry does not know, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// In a sentence.
    pub what: String,
    /// What can be done.
    pub next: String,
}

/// Why a run or a stage could not continue.
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
    /// The engine could not do its part.
    #[cfg(feature = "spark")]
    #[error(transparent)]
    Engine(#[from] crate::engine::Error),
    /// The settings ask for an engine, or the data set was made by one, that this program cannot reach.
    #[error("use the engine: {0}")]
    NoEngine(String),
    /// A version does not fit the test data.
    #[error("score version {version}, the {role}, on the test data")]
    Unscorable {
        /// Which.
        version: VersionNumber,
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
        version: VersionNumber,
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
    /// There is no such version.
    #[error("{0}")]
    NoVersion(String),
    /// There is no champion.
    #[error("{0}")]
    NoChampion(String),
    /// No version waits for approval, or the one that waited does no longer.
    #[error("settle the approval of `{model}`: {why}")]
    NotWaiting {
        /// The model.
        model: String,
        /// Why not.
        why: String,
    },
    /// There is none to go back to.
    #[error(
        "roll `{model}` back: there was no champion before the present one; `unseat promote VERSION` makes any version the champion"
    )]
    NoPreviousChampion {
        /// The model.
        model: String,
    },
    /// The champion would be decided on against itself.
    #[error(
        "decide on version {version}: it is the champion already; `unseat train` makes a challenger"
    )]
    AlreadyChampion {
        /// Its number.
        version: VersionNumber,
    },
    /// There is no data set yet, or not the one that is requested.
    #[error("{0}")]
    NoDataset(String),
    /// A stage did not make what another one reads.
    #[error("find {file} of version {version}: it was not made; run `unseat {stage}` first")]
    NotMade {
        /// The file.
        file: String,
        /// The version.
        version: VersionNumber,
        /// What makes it.
        stage: String,
    },
    /// Stored predictions lack a column.
    #[error("find `{column}` in predictions.parquet")]
    NoPredictions {
        /// The column.
        column: String,
    },
    /// Not one candidate of `auto` could be fitted.
    #[error("find a learner: not one candidate of `auto` could be fitted ({why})")]
    NoCandidate {
        /// Why the first of them could not.
        why: String,
    },
    /// Challenger and champion cannot be scored on the same rows.
    #[error("{0}")]
    Incomparable(String),
    /// The past cannot be played.
    #[error("{0}")]
    Backtest(String),
    /// A model cannot be given a name.
    #[error("rename `{old}` to `{new}`: {why}")]
    Rename {
        /// Its name.
        old: String,
        /// The name that it was to have.
        new: String,
        /// Why not.
        why: String,
    },
    /// A version cannot be given a name.
    #[error("name the version `{name}`: {why}")]
    VersionName {
        /// The name that it was to have.
        name: String,
        /// Why not.
        why: String,
    },
    /// A backup cannot be made, used or put back.
    #[error("{0}")]
    Backup(String),
    /// Work on a thread of its own ended before it was done.
    #[error("{what}: {why}")]
    Interrupted {
        /// The work.
        what: &'static str,
        /// How it ended.
        why: String,
    },
    /// Files.
    #[error(transparent)]
    Data(#[from] crate::data::Error),
    /// Several tables that cannot become rows.
    #[error(transparent)]
    Relate(#[from] crate::joins::Error),
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
        version: VersionNumber,
        /// Why not.
        #[source]
        source: crate::bundle::Error,
    },
    /// A bundle that was just made.
    #[error(transparent)]
    FreshBundle(#[from] crate::bundle::Error),
    /// A file that cannot be taken in as a version.
    #[error("import {file}")]
    Import {
        /// The file.
        file: String,
        /// Why not.
        #[source]
        source: crate::import::Error,
    },
    /// A file that does not fit the data.
    #[error("import {file}: {why}")]
    ImportedData {
        /// The file.
        file: String,
        /// Why not.
        why: String,
    },
    /// Artifacts.
    #[error(transparent)]
    Artifacts(#[from] crate::artifacts::Error),
    /// The registry.
    #[error(transparent)]
    Registry(#[from] crate::registry::Error),
    /// Plots and pages.
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

/// That the test data of a model will not do.
pub(super) fn no_test_data(config: &ModelConfig, why: String) -> Error {
    Error::NoTestData {
        folder: config.test_folder.shown(),
        why,
    }
}

/// Passes a named fault point.
pub(super) fn fault(name: &str) -> Result<(), Error> {
    crate::faults::point(name).map_err(Error::Planned)
}

/// The nearest of some names, as the end of a sentence.
pub(super) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    crate::text::nearest(word, known, 0.4)
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}
