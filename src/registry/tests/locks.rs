//! One run at a time: living holders are respected, dead ones are taken over.

use super::super::db::query;
use super::fresh_of_each;
use crate::model_types::{RunId, VersionNumber};
use crate::registry::*;

const MODEL: &str = "m";

/// Makes the holder of a lock some other process.
async fn set_holder(registry: &Registry, change: &str) {
    let statement = format!("UPDATE locks SET {change} WHERE model = 'm'");
    query(statement)
        .execute(&registry.pool())
        .await
        .expect("updates");
}

async fn is_rejected(registry: &Registry, now_ms: i64) -> bool {
    match registry
        .take_lock(MODEL, &RunId::new("second"), now_ms)
        .await
    {
        Ok(_) => false,
        Err(Error::Locked { holder, .. }) => {
            assert_eq!(holder.run, "first");
            true
        }
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_living_holder_is_respected_however_long_it_was_not_heard_of() {
    for fresh in fresh_of_each().await {
        let lock = fresh
            .registry
            .take_lock(MODEL, &RunId::new("first"), 1000)
            .await
            .expect("free");
        assert_eq!(lock.taken_from, None);
        assert!(is_rejected(&fresh.registry, 1001).await);
        assert!(is_rejected(&fresh.registry, 1_000_000_000).await);
        assert!(
            fresh
                .registry
                .take_lock("another model", &RunId::new("second"), 1001)
                .await
                .is_ok()
        );
        fresh.registry.release_lock(&lock).await.expect("releases");
        assert!(!is_rejected(&fresh.registry, 1002).await);
    }
}

#[tokio::test]
async fn a_rejection_says_who_holds_the_lock_since_when() {
    for fresh in fresh_of_each().await {
        fresh
            .registry
            .take_lock(MODEL, &RunId::new("first"), 1_795_247_403_000)
            .await
            .expect("free");
        let error = fresh
            .registry
            .take_lock(MODEL, &RunId::new("second"), 1_795_247_404_000)
            .await
            .expect_err("held");
        let message = error.to_string();
        let wanted =
            "start a run of `m`: run first holds the lock since 2026-11-21T07:50:03Z (process ";
        assert!(message.starts_with(wanted), "{message}");
    }
}

#[tokio::test]
async fn the_lock_of_a_dead_process_is_taken_over_and_its_old_holder_can_conclude_nothing() {
    for death in [
        "pid_started = pid_started - 1",
        "boot = 'before'",
        "pid = 999999999",
    ] {
        for fresh in fresh_of_each().await {
            let old = fresh
                .registry
                .take_lock(MODEL, &RunId::new("first"), 1000)
                .await
                .expect("free");
            set_holder(&fresh.registry, death).await;
            let new = fresh
                .registry
                .take_lock(MODEL, &RunId::new("second"), 1001)
                .await
                .expect(death);
            assert_eq!(new.taken_from.as_deref(), Some("first"));
            let rejected = fresh
                .registry
                .conclude(&super::conclusion(&old, VersionNumber::new(1), &[], None))
                .await;
            assert!(matches!(rejected, Err(Error::LockLost { .. })), "{death}");
            // Neither its heartbeat nor its farewell touches the new holder's lock.
            fresh
                .registry
                .renew_lock(&old, 5000)
                .await
                .expect("renews nothing");
            fresh
                .registry
                .release_lock(&old)
                .await
                .expect("releases nothing");
            let holder = fresh
                .registry
                .holder(MODEL)
                .await
                .expect("reads")
                .expect("held");
            assert_eq!(holder.run, "second");
            // The two clocks go apart while a test lasts.
            assert!((holder.heartbeat_ms - 1001).abs() < 500, "{holder:?}");
        }
    }
}

#[tokio::test]
async fn a_holder_on_another_machine_lives_as_long_as_it_is_heard_of() {
    for fresh in fresh_of_each().await {
        let lock = fresh
            .registry
            .take_lock(MODEL, &RunId::new("first"), 0)
            .await
            .expect("free");
        set_holder(&fresh.registry, "host = 'elsewhere', pid = 999999999").await;
        assert!(is_rejected(&fresh.registry, 89_000).await);
        fresh
            .registry
            .renew_lock(&lock, 60_000)
            .await
            .expect("renews");
        assert!(is_rejected(&fresh.registry, 149_000).await);
        let new = fresh
            .registry
            .take_lock(MODEL, &RunId::new("second"), 151_000)
            .await
            .expect("silent too long");
        assert_eq!(new.taken_from.as_deref(), Some("first"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_want_a_lock_one_gets_it() {
    for is_dead_before in [false, true] {
        for fresh in fresh_of_each().await {
            if is_dead_before {
                fresh
                    .registry
                    .take_lock(MODEL, &RunId::new("dead"), 0)
                    .await
                    .expect("free");
                set_holder(&fresh.registry, "boot = 'before'").await;
            }
            let tasks: Vec<_> = (0..20)
                .map(|task| {
                    let registry = fresh.registry.clone();
                    tokio::spawn(async move {
                        registry
                            .take_lock(MODEL, &RunId::new(format!("run-{task}")), 1)
                            .await
                    })
                })
                .collect();
            let mut taken = Vec::new();
            for task in tasks {
                match task.await.expect("no panic") {
                    Ok(lock) => taken.push(lock.run),
                    Err(Error::Locked { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            let holder = fresh
                .registry
                .holder(MODEL)
                .await
                .expect("reads")
                .expect("held");
            assert_eq!(taken, [holder.run]);
        }
    }
}
