//! Removing models that were created by request.

use super::super::db::query;
use super::super::removed::ROWS;
use super::*;
use crate::model_types::{RunId, VersionNumber};

async fn added(registry: &Registry, at_ms: i64, held: Option<&Lock>) -> bool {
    let model = CreatedModel {
        name: "m".to_string(),
        settings: serde_json::Map::new(),
        actor: "tester".to_string(),
        at_ms,
        created_ms: 0,
        serial: 0,
    };
    let mut transaction = registry.begin().await.expect("begins");
    if let Some(held) = held {
        let freed = free_name(&mut transaction, held, at_ms).await;
        freed.expect("it is free");
    }
    let added = add_model(&mut transaction, &model, true).await;
    transaction.commit().await.expect("commits");
    added.expect("can be asked")
}

#[tokio::test]
async fn a_model_goes_with_its_rows_and_its_name_is_taken_only_when_it_is_freed() {
    for fresh in fresh_of_each().await {
        let Fresh { registry, .. } = &fresh;
        let lock = registry
            .take_lock("m", &RunId::new("r"), 1)
            .await
            .expect("is free");
        let removal = registry.remove_model(&lock, true, 5).await;
        assert_eq!(removal.expect("asks"), Removal::Unknown);
        assert!(added(registry, 1, None).await);
        registry.start_run("r1", "m", "api", 2).await.expect("adds");
        let promotion = operation(Action::Promote, Some(VersionNumber::new(1)), None);
        registry.operate(&lock, &promotion).await.expect("adds");
        let before = registry.newest_created().await.expect("asks");

        let removal = registry.remove_model(&lock, false, 5).await;
        assert_eq!(removal.expect("asks"), Removal::Served);
        let removal = registry.remove_model(&lock, true, 5).await;
        assert_eq!(removal.expect("asks"), Removal::Done);
        assert_eq!(registry.created_models().await.expect("asks"), []);
        let removed = registry.removed_models().await.expect("asks");
        assert_eq!(removed, [("m".to_string(), before + 1)]);
        assert!(registry.champion("m").await.expect("asks").is_none());
        assert!(registry.run("r1").await.expect("asks").is_none());
        let after = registry.newest_created().await.expect("asks");
        assert!(after > before);
        let removal = registry.remove_model(&lock, true, 6).await;
        assert_eq!(removal.expect("asks"), Removal::Unknown);

        assert!(!added(registry, 7, None).await);
        assert!(added(registry, 8, Some(&lock)).await);
        let models = registry.created_models().await.expect("asks");
        assert_eq!([models[0].created_ms, models[0].at_ms], [8, 8]);
        assert!(models[0].serial > after);
        assert!(registry.holder("m").await.expect("asks").is_none());
        let removal = registry.remove_model(&lock, true, 9).await;
        assert!(matches!(removal, Err(Error::LockLost { .. })));
    }
}

#[tokio::test]
async fn no_table_that_speaks_of_a_model_is_forgotten() {
    let Fresh {
        folder, registry, ..
    } = fresh().await;
    let tables = query(
        "SELECT m.name AS name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c ON c.name = 'model'
         WHERE m.type = 'table' ORDER BY m.name",
    );
    let tables = tables.fetch_all(&registry.pool()).await.expect("asks");
    let kept = ["locks", "outbox"];
    let mut taken: Vec<String> = ROWS
        .iter()
        .map(|statement| statement.split(' ').nth(2).expect("a table").to_string())
        .chain(kept.map(str::to_string))
        .collect();
    taken.sort();
    let tables: Vec<String> = tables.iter().map(|row| row.get("name")).collect();
    assert_eq!(tables, taken);
    drop(folder);
}
