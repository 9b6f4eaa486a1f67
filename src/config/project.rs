//! The settings of a project after every check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::model::ModelConfig;
use super::notify::Notify;
use super::paths::below;
use super::schedule::Jobs;
use super::server::Server;

/// A whole project, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of `config.json`; every path is relative to it.
    pub project: PathBuf,
    /// The registry's database.
    pub database_url: String,
    /// How they are served.
    pub server: Server,
    /// How jobs are worked on.
    pub jobs: Jobs,
    /// Who is told what happened.
    pub notify: Notify,
    /// The models, by name.
    pub models: BTreeMap<String, ModelConfig>,
    /// Names of those that were created by request.
    pub created: BTreeSet<String>,
    /// What such a model takes from the project.
    pub inherited: serde_json::Map<String, serde_json::Value>,
}

impl Config {
    /// The path of the embedded database.
    pub fn database_path(&self) -> PathBuf {
        let path = self
            .database_url
            .strip_prefix("sqlite://")
            .unwrap_or(&self.database_url);
        below(&self.project, path)
    }
}
