//! Labels that come at once, on each database: one of an answer is the first.

use std::sync::Arc;

use tokio::sync::Barrier;

use crate::live::{Answer, Given, Outcome};
use crate::model_types::{PredictionId, VersionNumber};
use crate::registry::{FreshRow, FreshSide};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_labels_that_come_at_once_one_is_the_first() {
    const AT_ONCE: usize = 8;
    for fresh in super::fresh_of_each().await {
        let answer = Answer {
            id: PredictionId::new("a"),
            version: VersionNumber::new(1),
            at_ms: 1,
            class: Some("1".to_string()),
            value: 0.5,
        };
        fresh
            .registry
            .keep_answers("m", &[answer])
            .await
            .expect("kept");
        let together = Arc::new(Barrier::new(AT_ONCE));
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|at| {
                let (registry, together) = (fresh.registry.clone(), together.clone());
                tokio::spawn(async move {
                    let given = [Given {
                        id: PredictionId::new("a"),
                        label: "1".to_string(),
                        observed_ms: at as i64,
                        source: at.to_string(),
                    }];
                    together.wait().await;
                    registry
                        .put_labels("m", &given, 2, false, |_, known| {
                            assert!(known.is_answered);
                            if known.stated.is_empty() {
                                Outcome::Recorded
                            } else {
                                Outcome::Replaced
                            }
                        })
                        .await
                })
            })
            .collect();
        let mut first = 0;
        for task in tasks {
            let outcomes = task.await.expect("no panic").expect("recorded");
            first += outcomes
                .iter()
                .filter(|it| **it == Outcome::Recorded)
                .count();
        }
        assert_eq!(first, 1);
    }
}

#[tokio::test]
async fn rows_that_are_held_out_are_found_again_on_each_database() {
    for fresh in super::fresh_of_each().await {
        let row = |key: &str, at_ms: i64| FreshRow {
            key: key.to_string(),
            side: FreshSide::Test,
            id: PredictionId::new(format!("id of {key}")),
            version: VersionNumber::new(1),
            at_ms,
            label: Some("1".to_string()),
            cells: Some("{}".to_string()),
        };
        let registry = &fresh.registry;
        let rows = [row("b", 1), row("a", 2)];
        registry.save_fresh_rows("m", &rows).await.expect("saved");
        assert_eq!(registry.fresh_rows("m").await.expect("read"), rows);
        assert_eq!(registry.fresh_rows("other").await.expect("read"), []);
        let learned = FreshRow {
            side: FreshSide::Training,
            label: None,
            cells: None,
            ..row("a", 2)
        };
        let again = registry.save_fresh_rows("m", std::slice::from_ref(&learned));
        again.await.expect("saved");
        let found = registry.fresh_rows("m").await.expect("read");
        assert_eq!(found, [row("b", 1), learned]);
    }
}
