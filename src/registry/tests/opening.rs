//! Opening a database: one that is new, old, of a newer program, or none.

use std::path::Path;

use super::super::db::{self, query};
use super::super::schema::TABLES;
use super::suite::suite;
use super::{fresh_of_each, open, operation};
use crate::model_types::VersionNumber;
use crate::registry::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_written_is_there_after_the_database_was_opened_again() {
    for fresh in fresh_of_each().await {
        suite(&fresh.registry).await;
        let before = everything(&fresh.registry).await;
        fresh.registry.close().await;
        let again = fresh.again().await.expect("opens");
        assert_eq!(everything(&again).await, before);
    }
}

/// All that can be listed, as one text.
async fn everything(registry: &Registry) -> String {
    let mut text = format!("{:?}", registry.runs(None, 1000).await.expect("lists"));
    for model in [
        "operations",
        "numbers",
        "unfinished",
        "runs",
        "scores",
        "conclude",
        "again",
    ] {
        text += &format!("{:?}", registry.operations(model).await.expect("lists"));
        text += &format!("{:?}", registry.versions(model).await.expect("lists"));
        text += &format!("{:?}", registry.scores(model).await.expect("lists"));
        text += &format!(
            "{:?}",
            registry.last_conclusion(model).await.expect("reads")
        );
        text += &format!("{:?}", registry.latest_dataset(model).await.expect("reads"));
        let mut seen: Vec<_> = registry
            .seen_files(model)
            .await
            .expect("lists")
            .into_iter()
            .map(|file| file.sha256)
            .collect();
        seen.sort();
        text += &format!("{seen:?}");
    }
    text
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_rejected_and_left_alone() {
    for fresh in fresh_of_each().await {
        query("UPDATE unseat_schema SET version = ?")
            .bind(SCHEMA_VERSION + 1)
            .execute(&fresh.registry.pool())
            .await
            .expect("updates");
        fresh.registry.close().await;
        match fresh.again().await {
            Err(Error::Newer { found, .. }) => assert_eq!(found, SCHEMA_VERSION + 1),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_rejected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("unseat.db");
    std::fs::write(
        &path,
        "not a database, but longer than a hundred bytes. ".repeat(10),
    )
    .expect("writes");
    assert!(Registry::open(&path).await.is_err());
    assert!(
        Registry::open(&folder.path().join("no/such/folder/unseat.db"))
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_openings_at_once_make_the_tables_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("unseat.db");
    let server = super::postgres::Postgres::shared();
    let server = server.map(|server| super::settings(server.database()));
    let opened = async |settings: Option<ServerSettings>| {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (path, settings) = (path.clone(), settings.clone());
                tokio::spawn(async move {
                    match settings {
                        Some(settings) => Registry::open_server(&settings).await,
                        None => Registry::open(&path).await,
                    }
                })
            })
            .collect();
        for task in tasks {
            let registry = task.await.expect("no panic").expect("opens");
            let versions = query("SELECT version FROM unseat_schema")
                .fetch_all(&registry.pool())
                .await;
            assert_eq!(versions.expect("reads").len(), 1);
        }
    };
    opened(None).await;
    if server.is_some() {
        opened(server).await;
    }
}

#[tokio::test]
async fn a_database_of_an_older_program_is_brought_up_to_date_and_keeps_what_it_knows() {
    for version in 1..SCHEMA_VERSION {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("unseat.db");
        older(&path, version).await;
        let registry = open(folder.path()).await;
        let champion = registry.champion("m").await.expect("reads");
        assert_eq!(
            champion.map(|champion| champion.version),
            Some(VersionNumber::new(3)),
            "from {version}"
        );
        assert_eq!(registry.ticks(None, 9).await.expect("reads"), []);
        let set = registry
            .set_schedule("m", Some("@daily"), None, "tester", 1)
            .await;
        set.expect("the new tables can be written");
        let job = registry
            .claim_next_job("worker", &Takes::AllBut(Vec::new()), 1)
            .await
            .expect("asks");
        assert_eq!(job.is_some(), version > 1, "what waited still waits");
        let carried = query(
            "SELECT name FROM sqlite_master WHERE name IN ('Jobs', 'Workers', '_sqlx_migrations')",
        )
        .fetch_all(&registry.pool())
        .await;
        assert_eq!(carried.expect("asks").len(), 0, "from {version}");
        registry.close().await;
        let again = open(folder.path()).await;
        let versions = query("SELECT version FROM unseat_schema")
            .fetch_all(&again.pool())
            .await;
        let versions: Vec<i64> = versions
            .expect("reads")
            .iter()
            .map(|row| row.get("version"))
            .collect();
        assert_eq!(versions, [SCHEMA_VERSION]);
    }
}

/// A database as a program of an earlier version left it, with a champion.
async fn older(path: &Path, version: i64) {
    let pool = db::open_bare(path).await;
    let mut transaction = pool.begin().await.expect("begins");
    let before = [
        "CREATE TABLE unseat_schema (version BIGINT NOT NULL)",
        // What the queue of before carried ids in, by the library that did.
        "CREATE TABLE Workers (id TEXT NOT NULL UNIQUE);
         CREATE TABLE Jobs (id TEXT NOT NULL, lock_by TEXT, FOREIGN KEY (lock_by) REFERENCES Workers(id));
         CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY);
         INSERT INTO Workers VALUES ('w'); INSERT INTO Jobs VALUES ('j', 'w')",
    ];
    // Since version 6 the queue is the registry's own.
    let before = &before[..if version < 6 { 2 } else { 1 }];
    for tables in before.iter().chain(&TABLES[..version as usize]) {
        let made = transaction.run_all((*tables).to_string()).await;
        made.expect("makes tables");
    }
    transaction.commit().await.expect("commits");
    if version > 1 {
        let job = "INSERT INTO job_records (id, model, trigger_name, force, actor, state, attempts, not_before_ms, created_ms)
                   VALUES ('j', 'm', 'cli', 0, 'tester', 'queued', 0, 1, 1)";
        query(job).execute(&pool).await.expect("writes");
    }
    query("INSERT INTO unseat_schema (version) VALUES (?)")
        .bind(version)
        .execute(&pool)
        .await
        .expect("writes");
    let promoted = operation(Action::Promote, Some(VersionNumber::new(3)), None);
    query("INSERT INTO operations (model, action, version, reason, actor, at_ms) VALUES ('m', ?, ?, ?, ?, 1)")
        .bind(promoted.action.name())
        .bind(promoted.version)
        .bind(promoted.reason)
        .bind(promoted.actor)
        .execute(&pool)
        .await
        .expect("writes");
    pool.close().await;
}
