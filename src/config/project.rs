//! The settings of a project after every check.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::database::{Database, DatabaseLocation};
use super::dynamodb::DynamoDb;
use super::mlflow::Mlflow;
use super::model::ModelConfig;
use super::notify::Notify;
use super::paths::below;
use super::schedule::Jobs;
use super::server::Server;
use super::stores::Stores;

/// A whole project, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of `config.json`; every path is relative to it.
    pub project: PathBuf,
    /// The registry's database.
    pub database_url: String,
    /// How a database server is used.
    pub database: Database,
    /// Where files are kept.
    pub stores: Stores,
    /// How they are served.
    pub server: Server,
    /// How jobs are worked on.
    pub jobs: Jobs,
    /// Notifications: who is notified of what.
    pub notify: Notify,
    /// The MLflow server that is kept up to date.
    pub mlflow: Mlflow,
    /// The table that mirrors created models.
    pub dynamodb: DynamoDb,
    /// The models, by name.
    pub models: BTreeMap<String, ModelConfig>,
    /// Names of those that were created by request.
    pub created: BTreeSet<String>,
    /// What such a model takes from the project.
    pub inherited: serde_json::Map<String, serde_json::Value>,
}

impl Config {
    /// Where the database is.
    pub fn database_place(&self) -> DatabaseLocation {
        // Checked when the settings were read.
        let place = DatabaseLocation::read(&self.database_url, &self.project);
        place.unwrap_or_else(|_| DatabaseLocation::File(below(&self.project, "unseat.db")))
    }

    /// The file of the embedded database; none where it is on a server.
    pub fn database_file(&self) -> Option<PathBuf> {
        match self.database_place() {
            DatabaseLocation::File(path) => Some(path),
            DatabaseLocation::Server(_) => None,
        }
    }
}
