//! What every registry keeps. The suite is a function of an open registry, so that another database is held to it as well.

use std::path::Path;

use super::*;

mod locks;
mod opening;
mod probations;
mod removed;
mod suite;
mod workers;

/// A registry in a fresh folder, which is removed with the value.
pub struct Fresh {
    pub folder: tempfile::TempDir,
    pub registry: Registry,
}

pub async fn fresh() -> Fresh {
    let folder = tempfile::tempdir().expect("a folder");
    let registry = open(folder.path()).await;
    Fresh { folder, registry }
}

pub async fn open(folder: &Path) -> Registry {
    Registry::open(&folder.join("unseat.db"))
        .await
        .expect("opens")
}

pub fn operation(action: Action, version: Option<i64>, previous: Option<i64>) -> Operation {
    Operation {
        action: action.name().to_string(),
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
    version: i64,
    files: &'a [SeenFile],
    operation: Option<Operation>,
) -> Conclusion<'a> {
    Conclusion {
        lock,
        version: Some(version),
        outcome: "promote",
        data_hash: "data",
        config_hash: "config",
        test_hash: "test",
        files,
        rows: &NO_ROWS,
        operation,
        at_ms: 9,
    }
}
