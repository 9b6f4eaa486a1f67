//! Conclusions and ticks: each is there once, whole or not at all.

use super::{conclusion, operation};
use crate::model_types::{Outcome, RunId, Sha256, VersionNumber};
use crate::registry::*;

pub(super) async fn a_conclusion_is_all_or_nothing(registry: &Registry) {
    let model = "conclude";
    registry
        .start_run("run-1", model, "cli", 1)
        .await
        .expect("records");
    let version = registry
        .reserve_version(model, &RunId::new("run-1"), "s", 1)
        .await
        .expect("a number");
    let files = [SeenFile {
        sha256: Sha256::new("f"),
        path: "a.csv".to_string(),
    }];
    let promote = || Some(operation(Action::Promote, Some(version.number), None));
    let lost = Lock {
        model: model.to_string(),
        run: RunId::new("run-1"),
        taken_from: None,
    };
    // Nobody holds the lock, then somebody else does.
    for step in 0..2 {
        let second = RunId::new("run-2");
        let other = (step == 1).then_some(registry.take_lock(model, &second, 1));
        let other = match other {
            Some(taking) => Some(taking.await.expect("free")),
            None => None,
        };
        let rejected = registry
            .conclude(&conclusion(&lost, version.number, &files, promote()))
            .await;
        assert!(
            matches!(rejected, Err(Error::LockLost { .. })),
            "{rejected:?}"
        );
        assert_eq!(registry.champion(model).await.expect("reads"), None);
        assert!(registry.seen_files(model).await.expect("reads").is_empty());
        assert_eq!(registry.last_conclusion(model).await.expect("reads"), None);
        let kept = registry
            .version(model, version.number)
            .await
            .expect("reads")
            .expect("there");
        assert_eq!(kept.verdict, None);
        assert_eq!(
            registry.find_runs("run-1").await.expect("finds")[0].outcome,
            None
        );
        if let Some(other) = other {
            registry.release_lock(&other).await.expect("releases");
        }
    }
    let lock = registry
        .take_lock(model, &RunId::new("run-1"), 1)
        .await
        .expect("free");
    let done = conclusion(&lock, version.number, &files, promote());
    registry.conclude(&done).await.expect("concludes");
    let champion = registry
        .champion(model)
        .await
        .expect("reads")
        .expect("a champion");
    assert_eq!(champion.version, version.number);
    let seen = registry.seen_files(model).await.expect("reads");
    assert_eq!(seen, files);
    let kept = registry
        .version(model, version.number)
        .await
        .expect("reads")
        .expect("there");
    assert_eq!(kept.verdict, Some(Outcome::Promote));
    assert_eq!(
        registry.find_runs("run-1").await.expect("finds")[0]
            .outcome
            .map(Outcome::name),
        Some("promote")
    );
    registry.release_lock(&lock).await.expect("releases");
}

pub(super) async fn a_tick_is_added_once_by_many_at_once(registry: &Registry) {
    let tick = |tick_ms| TickRow {
        model: "ticks".to_string(),
        tick_ms,
        outcome: TickOutcome::Missed,
        reason: "the scheduler was not running".to_string(),
        job: None,
        run: None,
        at_ms: 1,
    };
    let looks: Vec<_> = (0..8)
        .map(|_| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let mut added = 0;
                for tick_ms in 0..20 {
                    let mut transaction = registry.begin().await?;
                    added += usize::from(add_tick(&mut transaction, &tick(tick_ms)).await?);
                    move_cursor(&mut transaction, "ticks", "@daily UTC", tick_ms).await?;
                    transaction.commit().await?;
                }
                Ok::<_, Error>(added)
            })
        })
        .collect();
    let mut added = 0;
    for look in looks {
        added += look.await.expect("no panic").expect("adds");
    }
    assert_eq!(added, 20);
    assert_eq!(
        registry
            .ticks(Some("ticks"), 99)
            .await
            .expect("reads")
            .len(),
        20
    );
}

pub(super) async fn conclusions_are_found_again(registry: &Registry) {
    let model = "again";
    let lock = registry
        .take_lock(model, &RunId::new("r1"), 1)
        .await
        .expect("free");
    let mut first = conclusion(&lock, VersionNumber::new(1), &[], None);
    first.outcome = Outcome::Reject;
    registry.conclude(&first).await.expect("concludes");
    let mut other = conclusion(&lock, VersionNumber::new(2), &[], None);
    (other.data_hash, other.at_ms) = ("more", 20);
    registry.conclude(&other).await.expect("concludes");
    let past = registry
        .past_conclusion(model, "data", "config")
        .await
        .expect("reads")
        .expect("known");
    assert_eq!(
        (past.verdict.name(), past.version, past.run.as_str()),
        ("reject", Some(VersionNumber::new(1)), "r1")
    );
    let last = registry
        .last_conclusion(model)
        .await
        .expect("reads")
        .expect("known");
    assert_eq!(last.data_hash, "more");
    assert_eq!(
        registry
            .past_conclusion(model, "data", "other")
            .await
            .expect("reads"),
        None
    );
    registry
        .conclude_test_rows(&past, model, "new test")
        .await
        .expect("records");
    let past = registry
        .past_conclusion(model, "data", "config")
        .await
        .expect("reads")
        .expect("known");
    assert_eq!(past.test_hash, "new test");
    registry.release_lock(&lock).await.expect("releases");
}
