//! `config.json`: read, checked whole, and turned into values that can only be valid.
//!
//! In: a file, `UNSEAT_…` variables, `--set` flags (the later wins). Out: a [`Config`], or *all* problems at once, each
//! with its key path. It must not create, open or look at anything that the config names.

pub mod alone;
mod bounds;
pub mod checked;
pub mod checks;
mod columns;
pub mod compatibility;
mod created;
pub mod database;
pub mod decision;
pub mod drift;
pub mod dynamodb;
pub mod engine;
mod engine_limits;
pub mod features;
mod folders;
pub mod health;
pub mod ingest;
mod inherited;
mod kept_channel;
pub mod label;
pub mod labels;
pub mod learner;
pub mod load;
pub mod merge;
pub mod mlflow;
pub mod model;
mod names;
pub mod notify;
mod paths;
pub mod policy;
pub mod probation;
pub mod problem;
pub mod project;
pub mod raw;
pub mod related;
pub mod retention;
pub mod retrain;
pub mod schedule;
pub mod sections;
pub mod server;
pub mod shadow;
pub mod shape;
pub mod stores;
pub mod task;
pub mod tokens;
pub mod variables;

pub use checks::{Checks, Severity};
pub use compatibility::ModelsForm;
pub use created::{ASKED, CREATED_KEYS, created_folders};
pub use database::{Database, DatabaseLocation};
pub use drift::{Drift, DriftAction, DriftWindow};
pub use dynamodb::DynamoDb;
pub use engine::{Engine, EngineKind};
pub use health::Health;
pub use labels::Labels;
pub use load::{Overrides, load};
pub use mlflow::Mlflow;
pub use model::{ModelConfig, Window};
pub use notify::{Channel, ChannelKind, Notify, Topic};
pub use paths::CREATED_FOLDER;
pub use policy::{Approval, Guard, Policy, Require, SliceGuard};
pub use probation::Probation;
pub use problem::Problem;
pub use project::Config;
pub use raw::{CalibrationKind, ClassWeight, Ingest, Keep, Learner, LearnerKind};
pub use related::{Related, RelatedTable, Relation};
pub use retention::{Bound, Retention};
pub use retrain::Retrain;
pub use schedule::{Jobs, Overlap, Schedule, tag_problems};
pub use sections::{Split, SplitKind};
pub use server::Server;
pub use shadow::Shadow;
pub use stores::Stores;
pub use tokens::Role;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no readable file.
    #[error("read the configuration {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error(
        "read the configuration {path}, line {line}, column {column}: not valid JSON: {reason}"
    )]
    NotJson {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser expected.
        reason: String,
    },
    /// A key stands twice in one object of it.
    #[error("read the configuration {path}, line {line}: it has `{key}` twice in one object")]
    KeyTwice {
        /// The file.
        path: String,
        /// The key.
        key: String,
        /// Line of the second one, from 1.
        line: usize,
    },
    /// The content has problems; all of them are listed.
    #[error("use the configuration {path}: it has {} problem{}:{}", .problems.len(), if .problems.len() == 1 { "" } else { "s" }, list(.problems))]
    Invalid {
        /// The file.
        path: String,
        /// Every problem found.
        problems: Vec<Problem>,
    },
}

fn list(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("\n  {problem}"))
        .collect()
}
