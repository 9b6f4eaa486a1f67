//! What a server has to be told, since it has many writers at once: nothing is lost, doubled or stuck.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::Barrier;

use super::super::db::{Held, Pool, is_lost, query, settled};
use super::postgres::Postgres;
use super::{fresh_on, operation};
use crate::model_types::{RunId, VersionNumber};
use crate::registry::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_transactions_that_wait_for_each_other_both_come_to_their_end() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let fresh = fresh_on(server).await;
    let both = Arc::new(Barrier::new(2));
    let orders = [
        [Held::Operations, Held::Versions],
        [Held::Versions, Held::Operations],
    ];
    let tasks = orders.map(|order| {
        let (registry, both) = (fresh.registry.clone(), both.clone());
        tokio::spawn(async move {
            let mut tries = 0;
            let done: Result<(), Error> = settled!(async {
                tries += 1;
                let mut transaction = registry.begin().await?;
                transaction.hold(order[0]).await?;
                if tries == 1 {
                    both.wait().await;
                }
                transaction.hold(order[1]).await?;
                transaction.commit().await
            });
            done.map(|()| tries)
        })
    });
    let mut all = 0;
    for task in tasks {
        all += task.await.expect("no panic").expect("finishes");
    }
    assert!(all > 2, "one of them was begun again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_follows_the_newest_operation_misses_none() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let fresh = fresh_on(server).await;
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let registry = fresh.registry.clone();
            tokio::spawn(async move {
                let model = format!("model {writer}");
                let lock = registry
                    .take_lock(&model, &RunId::new("r"), 1)
                    .await
                    .expect("free");
                for at in 0..15 {
                    let promote = operation(Action::Promote, Some(VersionNumber::new(at)), None);
                    registry.operate(&lock, &promote).await.expect("records");
                }
            })
        })
        .collect();
    // What was seen up to a number is all there ever will be up to it.
    let mut seen: Vec<(i64, i64)> = Vec::new();
    while !writers.iter().all(|writer| writer.is_finished()) {
        let newest = fresh.registry.newest_operation().await.expect("asks");
        seen.push((newest, up_to(&fresh.registry.pool(), newest).await));
    }
    for (newest, then) in seen {
        assert_eq!(
            up_to(&fresh.registry.pool(), newest).await,
            then,
            "up to {newest}"
        );
    }
    let all = fresh.registry.newest_operation().await.expect("asks");
    assert_eq!(up_to(&fresh.registry.pool(), all).await, 90);
    for writer in writers {
        writer.await.expect("no panic");
    }
}

async fn up_to(pool: &Pool, newest: i64) -> i64 {
    let row = query("SELECT COUNT(*) AS operations FROM operations WHERE id <= ?")
        .bind(newest)
        .fetch_one(pool)
        .await;
    row.expect("asks").get("operations")
}

/// The server crashes twice while runs are recorded, jobs are done and champions move, and what was answered for is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_crashes_under_load_loses_and_doubles_nothing() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let fresh = fresh_on(&server).await;
    let begun = Arc::new(Barrier::new(5));
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let (registry, begun) = (fresh.registry.clone(), begun.clone());
            tokio::spawn(async move {
                let mut done = Vec::new();
                for at in 0..60 {
                    if at == 5 {
                        begun.wait().await;
                    }
                    let id = format!("{task}-{at:03}");
                    done.push((id.clone(), night(&registry, &id).await));
                }
                done
            })
        })
        .collect();
    begun.wait().await;
    for _ in 0..2 {
        server.crash();
        server.start_again();
        // It is worked on again before it crashes again.
        let before = fresh.registry.newest_operation().await.expect("asks");
        while fresh.registry.newest_operation().await.expect("asks") == before
            && !tasks.iter().all(|task| task.is_finished())
        {
            tokio::task::yield_now().await;
        }
    }
    let mut unsure = 0;
    for task in tasks {
        for (model, came) in task.await.expect("no panic") {
            let operations = fresh.registry.operations(&model).await.expect("asks").len();
            match came {
                Ok(()) => assert_eq!(operations, 1, "{model}"),
                Err(Error::Unsettled { .. }) => {
                    unsure += 1;
                    assert!(operations <= 1, "{model}");
                }
                // A statement of its own that was under way: like a process that was killed.
                Err(Error::Statement { source, .. }) if is_lost(&source) => {
                    unsure += 1;
                    assert!(operations <= 1, "{model}");
                }
                Err(error) => panic!("{model}: {error:?}"),
            }
            let runs = fresh.registry.runs(Some(&model), 9).await.expect("asks");
            assert!(runs.len() <= 1, "{model}");
        }
    }
    // Of four at work, each can be caught in the middle of one thing per crash.
    assert!(unsure <= 8, "{unsure}");
    let totals = fresh.registry.run_totals().await.expect("asks");
    let counted: BTreeSet<&str> = totals.iter().map(|total| total.model.as_str()).collect();
    assert_eq!(counted.len(), totals.len(), "no run was counted twice");
    assert!(totals.iter().all(|total| total.runs == 1));
}

/// A process whose clock is wrong by minutes takes no lock of another, and loses none: the server's clock counts.
#[tokio::test]
async fn a_clock_that_is_wrong_decides_nothing() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let right = fresh_on(server).await;
    let (behind, ahead) = (right.again().await, right.again().await);
    let (behind, ahead) = (behind.expect("opens"), ahead.expect("opens"));
    let ten_minutes = 600_000;
    behind.pretend_ahead(ten_minutes);
    ahead.pretend_ahead(-ten_minutes);
    let now_ms = crate::clock::Clock::System.now_ms();
    let lock = behind
        .take_lock("m", &RunId::new("first"), now_ms - ten_minutes)
        .await
        .expect("free");
    // On a machine that cannot be asked whether the process lives.
    right
        .registry
        .run_sql("UPDATE locks SET host = 'elsewhere'")
        .await;
    for (registry, now_ms) in [(&right.registry, now_ms), (&ahead, now_ms + ten_minutes)] {
        let taken = registry.take_lock("m", &RunId::new("second"), now_ms).await;
        assert!(matches!(taken, Err(Error::Locked { .. })), "{taken:?}");
    }
    behind
        .renew_lock(&lock, now_ms - ten_minutes)
        .await
        .expect("renews");
    behind
        .worker_lives("worker of another machine")
        .await
        .expect("writes");
    assert_eq!(ahead.living_workers().await.expect("asks").len(), 1);
    assert_eq!(
        ahead.take_out_dead_workers().await.expect("asks"),
        [] as [String; 0]
    );
    // A claim of a message holds for as long as it was meant to, for every process.
    let message = NewMessage {
        topic: "t".to_string(),
        model: "m".to_string(),
        kind: "k".to_string(),
        channel: "c".to_string(),
        body: String::new(),
        at_ms: now_ms + ten_minutes,
    };
    assert_eq!(ahead.enqueue(&[message]).await.expect("writes"), 1);
    let (early, until) = (now_ms - ten_minutes, now_ms - ten_minutes + 60_000);
    let claimed = behind.claim_message("c", early, until).await.expect("asks");
    assert!(
        claimed.is_some(),
        "it is due, whatever the clock of the sender said"
    );
    let (late, until) = (now_ms + ten_minutes, now_ms + ten_minutes + 60_000);
    assert_eq!(
        ahead.claim_message("c", late, until).await.expect("asks"),
        None
    );
    // Silent for longer than a living one is: by the server's clock.
    right
        .registry
        .run_sql("UPDATE locks SET heartbeat_ms = heartbeat_ms - 100000")
        .await;
    let taken = behind
        .take_lock("m", &RunId::new("second"), now_ms - ten_minutes)
        .await
        .expect("is taken over");
    assert_eq!(taken.taken_from.as_deref(), Some("first"));
}

/// Many models at once, on each database; it prints how many finished in a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_models_at_once_come_to_their_end() {
    const AT_ONCE: usize = 4;
    const EACH: usize = 50;
    for fresh in super::fresh_of_each().await {
        let began = std::time::Instant::now();
        let tasks: Vec<_> = (0..AT_ONCE)
            .map(|task| {
                let registry = fresh.registry.clone();
                tokio::spawn(async move {
                    for at in 0..EACH {
                        night(&registry, &format!("{task}-{at}")).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic").expect("finishes");
        }
        let rate = (AT_ONCE * EACH) as f64 / began.elapsed().as_secs_f64();
        let place = if fresh.server.is_some() {
            "a server"
        } else {
            "a file"
        };
        println!("in {place}: {rate:.0} runs a second, with 8 changes each");
        let operations = fresh.registry.newest_operation().await.expect("asks");
        assert_eq!(operations, (AT_ONCE * EACH) as i64, "numbers without gaps");
        assert_eq!(
            fresh.registry.run_totals().await.expect("asks").len(),
            AT_ONCE * EACH
        );
    }
}

/// A model's run from its lock to its end, with a promotion.
async fn night(registry: &Registry, model: &str) -> Result<(), Error> {
    let lock = registry.take_lock(model, &RunId::new(model), 1).await?;
    registry.start_run(model, model, "cli", 1).await?;
    let version = registry
        .reserve_version(model, &RunId::new(model), "s", 1)
        .await?;
    registry.version_ready(&version).await?;
    let promote = operation(Action::Promote, Some(version.number), None);
    let conclusion = super::conclusion(&lock, version.number, &[], Some(promote));
    registry.conclude(&conclusion).await?;
    let mut end = registry.run(model).await?.expect("it was recorded");
    end.state = RunState::Done;
    end.ended_ms = Some(5);
    registry.end_run(&end).await?;
    registry.release_lock(&lock).await
}
