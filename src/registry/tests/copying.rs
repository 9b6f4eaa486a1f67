//! A whole registry into another database and back.

use super::super::db::{self, query};
use super::postgres::Postgres;
use super::suite::suite;
use super::{fresh, fresh_on, settings};
use crate::model_types::{RunId, VersionNumber};
use crate::registry::*;

#[tokio::test]
async fn every_table_has_a_key_and_columns_of_known_kinds() {
    let tables = db::tables_of_schema().await.expect("reads");
    assert!(tables.iter().any(|table| table.name == "runs"));
    for table in tables {
        assert!(table.key().count() > 0, "{}", table.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn from_a_file_to_a_server_and_back_nothing_is_lost() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let old = fresh().await;
    suite(&old.registry).await;
    let lock = old.registry.take_lock("held", &RunId::new("r"), 1).await;
    lock.expect("free");
    // Two half copies before, of which one broke off in the middle of a table's rows: they are gone on from.
    let to = settings(server.database());
    let half = Registry::begin_copy(&to).await.expect("begins");
    half.start_run("strange", "m", "cli", 1)
        .await
        .expect("writes");
    let in_use = Registry::open_server(&to).await;
    assert!(
        matches!(in_use, Err(Error::HalfCopied { .. })),
        "{in_use:?}"
    );
    let again = Registry::begin_copy(&to).await.expect("goes on");
    let first = old
        .registry
        .copy_into(&again, |_| {})
        .await
        .expect("copies");
    assert!(
        first
            .iter()
            .any(|table| table.name == "runs" && table.rows > 0 && !table.was_there)
    );
    let in_use = Registry::open_server(&to).await;
    assert!(
        matches!(in_use, Err(Error::HalfCopied { .. })),
        "until it is ended: {in_use:?}"
    );
    again.end_copy().await.expect("ends");
    let occupied = Registry::begin_copy(&to).await;
    assert!(
        matches!(occupied, Err(Error::Occupied { .. })),
        "{occupied:?}"
    );

    let new = Registry::open_server(&to).await.expect("opens");
    assert!(
        new.holder("held").await.expect("asks").is_none(),
        "locks stay behind"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let back = Registry::open(&folder.path().join("back.db"))
        .await
        .expect("opens");
    let second = new.copy_into(&back, |_| {}).await.expect("copies");
    let counted = |tables: &[CopiedTable]| -> Vec<(String, u64)> {
        tables
            .iter()
            .map(|table| (table.name.clone(), table.rows))
            .collect()
    };
    assert_eq!(counted(&first), counted(&second));
    let third = new.copy_into(&back, |_| {}).await.expect("copies");
    assert!(third.iter().all(|table| table.was_there), "{third:?}");

    // The numbers that the server gives continue after those that were copied.
    let before = new.newest_operation().await.expect("asks");
    let lock = new
        .take_lock("after", &RunId::new("r"), 1)
        .await
        .expect("free");
    let promote = super::operation(Action::Promote, Some(VersionNumber::new(1)), None);
    new.operate(&lock, &promote).await.expect("records");
    assert_eq!(new.newest_operation().await.expect("asks"), before + 1);
    // A table that is not the same any more is copied again.
    let fourth = new.copy_into(&back, |_| {}).await.expect("copies");
    let changed: Vec<&str> = fourth
        .iter()
        .filter(|table| !table.was_there)
        .map(|table| table.name.as_str())
        .collect();
    assert_eq!(changed, ["operations"]);
    assert_eq!(back.newest_operation().await.expect("asks"), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_of_a_server_is_a_database_of_its_own() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let fresh = fresh_on(server).await;
    fresh
        .registry
        .start_run("r1", "m", "cli", 1)
        .await
        .expect("writes");
    let file = fresh.folder.path().join("copy.db");
    fresh.registry.snapshot(&file).await.expect("copies");
    let copy = Registry::look(&file).await.expect("opens");
    assert_eq!(
        copy.run("r1").await.expect("asks"),
        fresh.registry.run("r1").await.expect("asks")
    );
}

#[tokio::test]
async fn what_only_looks_at_a_server_makes_no_tables() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let settings = settings(server.database());
    assert!(
        Registry::look_at_server(&settings)
            .await
            .expect("asks")
            .is_none()
    );
    let registry = Registry::open_server(&settings).await.expect("opens");
    assert!(registry.is_empty().await.expect("asks"));
    assert!(
        Registry::look_at_server(&settings)
            .await
            .expect("asks")
            .is_some()
    );
    let statement = query("UPDATE unseat_schema SET version = ?").bind(SCHEMA_VERSION + 1);
    statement.execute(&registry.pool()).await.expect("writes");
    let newer = Registry::look_at_server(&settings).await;
    assert!(matches!(newer, Err(Error::Newer { .. })), "{newer:?}");
}
