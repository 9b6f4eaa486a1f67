//! What every registry keeps, on every database there is.

use crate::model_types::{Outcome, VersionNumber};
use std::path::Path;

use super::*;

mod conclusions;
mod copying;
mod drift;
mod drift_lines;
mod labels;
mod locks;
mod opening;
#[path = "../../tests/postgres.rs"]
mod postgres;
mod probations;
mod removed;
mod roles;
mod server;
mod suite;
mod workers;

/// An empty registry. What it is in is taken away with the value, or with the tests' process.
pub struct Fresh {
    pub folder: tempfile::TempDir,
    pub registry: Registry,
    /// Of one on a server.
    pub server: Option<ServerSettings>,
}

/// One in a file.
pub async fn fresh() -> Fresh {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = open(folder.path()).await;
    Fresh {
        folder,
        registry,
        server: None,
    }
}

/// One of each database there is: in a file, and on a Postgres server where its programs are installed.
pub async fn fresh_of_each() -> Vec<Fresh> {
    let mut all = vec![fresh().await];
    if let Some(server) = postgres::Postgres::shared() {
        all.push(fresh_on(server).await);
    }
    all
}

/// One on a server.
pub async fn fresh_on(server: &postgres::Postgres) -> Fresh {
    let settings = settings(server.database());
    Fresh {
        folder: tempfile::tempdir().expect("a folder"),
        registry: Registry::open_server(&settings).await.expect("opens"),
        server: Some(settings),
    }
}

pub fn settings(url: String) -> ServerSettings {
    ServerSettings {
        url,
        password: None,
        connections: 8,
        statement_seconds: 60,
    }
}

impl Fresh {
    /// The same one, opened again.
    pub async fn again(&self) -> Result<Registry, Error> {
        match &self.server {
            Some(settings) => Registry::open_server(settings).await,
            None => Registry::open(&self.folder.path().join("unseat.db")).await,
        }
    }
}

pub async fn open(folder: &Path) -> Registry {
    Registry::open(&folder.join("unseat.db"))
        .await
        .expect("opens")
}

pub fn operation(
    action: Action,
    version: Option<VersionNumber>,
    previous: Option<VersionNumber>,
) -> Operation {
    Operation {
        action,
        version,
        previous,
        reason: "because".to_string(),
        actor: "tester".to_string(),
        run: None,
        at_ms: 5,
    }
}

/// Rows that nobody looks at.
static NO_ROWS: RowSet = RowSet {
    hash: String::new(),
    columns: Vec::new(),
    left_out: Vec::new(),
};

/// A conclusion under a lock, about a version.
pub fn conclusion<'a>(
    lock: &'a Lock,
    version: VersionNumber,
    files: &'a [SeenFile],
    operation: Option<Operation>,
) -> Conclusion<'a> {
    Conclusion {
        lock,
        version: Some(version),
        outcome: Outcome::Promote,
        data_hash: "data",
        config_hash: "config",
        test_hash: "test",
        files,
        rows: &NO_ROWS,
        operation,
        at_ms: 9,
    }
}
