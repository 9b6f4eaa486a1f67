//! Workers take jobs, each another one, and do what dead ones had.

use std::collections::BTreeSet;

use crate::model_types::{Outcome, RunId};
use crate::registry::JobState;
use crate::registry::*;

fn job(id: &str, model: &str) -> NewJob {
    NewJob {
        id: id.to_string(),
        model: model.to_string(),
        trigger: "cli".to_string(),
        tick_ms: None,
        force: false,
        actor: "tester".to_string(),
        run: RunId::new(format!("run of {id}")),
        at_ms: 5,
    }
}

pub async fn add(registry: &Registry, id: &str, model: &str) {
    let mut transaction = registry.begin().await.expect("begins");
    let open = open_jobs(&mut transaction, model).await.expect("asks");
    assert_eq!(open, []);
    let added = add_job(&mut transaction, &job(id, model)).await;
    added.expect("adds");
    transaction.commit().await.expect("commits");
}

fn done() -> JobEnd {
    JobEnd {
        state: JobState::Done,
        outcome: Some(Outcome::Promote),
        error: None,
        reason: None,
    }
}

/// A process that is not there any more, on this machine.
fn dead_worker() -> String {
    let me = ProcessId::current();
    let dead = ProcessId {
        started: me.started - 1,
        ..me
    };
    format!("{dead}/0")
}

pub async fn take_each_job_once(registry: &Registry) {
    for at in 0..30 {
        add(registry, &format!("each-{at:02}"), &format!("each {at}")).await;
    }
    let tasks: Vec<_> = (0..6)
        .map(|worker| {
            let (registry, worker) = (registry.clone(), format!("worker {worker}"));
            tokio::spawn(async move {
                let mut taken = Vec::new();
                // None to a worker may mean that others were quicker, so it asks until all are gone.
                while !registry
                    .open_job_counts()
                    .await?
                    .iter()
                    .all(|open| open.1 == JobState::Running)
                {
                    taken.extend(
                        registry
                            .claim_next_job(&worker, &Takes::AllBut(Vec::new()), 7)
                            .await?
                            .map(|job| job.id),
                    );
                }
                Ok::<_, Error>((worker, taken))
            })
        })
        .collect();
    let mut ids = BTreeSet::new();
    for task in tasks {
        let (worker, taken) = task.await.expect("no panic").expect("asks");
        for id in taken {
            let row = registry.job(&id).await.expect("reads").expect("is there");
            assert_eq!(
                (row.attempts, row.worker.as_deref()),
                (1, Some(worker.as_str()))
            );
            assert!(
                registry
                    .end_job(&id, &worker, &done(), 8)
                    .await
                    .expect("ends")
            );
            assert!(
                !registry
                    .end_job(&id, &worker, &done(), 9)
                    .await
                    .expect("asks")
            );
            assert!(ids.insert(id));
        }
    }
    assert_eq!(ids.len(), 30);
}

pub async fn do_what_dead_ones_had(registry: &Registry) {
    let (me, dead) = (format!("{}/1", ProcessId::current()), dead_worker());
    for worker in [&me, &dead] {
        registry.worker_lives(worker).await.expect("writes");
    }
    let living = registry.living_workers().await.expect("asks");
    assert_eq!(living, std::slice::from_ref(&me));
    for at in 0..2 {
        add(registry, &format!("orphan-{at}"), &format!("orphan {at}")).await;
    }
    let first = registry
        .claim_next_job(&dead, &Takes::AllBut(Vec::new()), 7)
        .await
        .expect("asks")
        .expect("one");
    let second = registry
        .claim_next_job(&me, &Takes::AllBut(Vec::new()), 7)
        .await
        .expect("asks")
        .expect("one");
    let orphans = registry.orphaned_jobs("a third").await.expect("asks");
    assert_eq!(orphans, std::slice::from_ref(&first));
    let gone = registry.take_out_dead_workers().await.expect("takes out");
    assert_eq!(gone, std::slice::from_ref(&dead));
    assert_eq!(
        registry.orphaned_jobs(&me).await.expect("asks").len(),
        2,
        "its own, too"
    );
    let taken = async |from: &str, to: &str| {
        let taken = registry.take_over_job(&first.id, from, to).await;
        taken.expect("asks").is_some()
    };
    assert!(taken(&dead, &me).await);
    assert!(!taken(&dead, "a third").await, "it is another one's");
    // A worker that was taken for dead and comes back changes nothing.
    assert!(
        !registry
            .end_job(&first.id, &dead, &done(), 8)
            .await
            .expect("asks")
    );
    assert!(
        !registry
            .worker_leaves_if_idle(&me, &Takes::AllBut(Vec::new()))
            .await
            .expect("asks")
    );
    for id in [&first.id, &second.id] {
        assert!(registry.end_job(id, &me, &done(), 8).await.expect("ends"));
    }
    assert!(
        registry
            .worker_leaves_if_idle(&me, &Takes::AllBut(Vec::new()))
            .await
            .expect("leaves")
    );
    assert_eq!(
        registry.living_workers().await.expect("asks"),
        [] as [String; 0]
    );
}

pub async fn wait_until_a_job_is_due(registry: &Registry) {
    add(registry, "later", "later").await;
    let claim = async || {
        registry
            .claim_next_job("w", &Takes::AllBut(Vec::new()), 7)
            .await
            .expect("asks")
    };
    assert!(claim().await.is_some());
    let back = async |not_before_ms| {
        let mut transaction = registry.begin().await.expect("begins");
        let back = PutBack {
            run: None,
            is_counted: false,
            why: "it must wait".to_string(),
            not_before_ms,
        };
        let done = put_job_back(&mut transaction, "later", "w", &back).await;
        assert!(done.expect("puts back"));
        transaction.commit().await.expect("commits");
    };
    let now_ms = registry.lease_ms().await.expect("asks");
    back(now_ms + 3_600_000).await;
    assert_eq!(claim().await, None);
    let cancelled = registry.cancel_job("later", "tester", 9).await;
    assert_eq!(cancelled.expect("cancels"), Cancel::Ended);
    let mut transaction = registry.begin().await.expect("begins");
    let again = reopen_job(&mut transaction, "later", &RunId::new("another run")).await;
    assert!(again.expect("reopens"));
    transaction.commit().await.expect("commits");
    assert_eq!(claim().await.expect("is due").attempts, 1);
    back(now_ms).await;
    let again = claim().await.expect("is due");
    assert_eq!(again.attempts, 1, "the one before did not count");
    let asked = registry.cancel_job("later", "tester", 9).await;
    assert_eq!(asked.expect("cancels"), Cancel::Asked);
    assert!(
        registry
            .end_job("later", "w", &done(), 9)
            .await
            .expect("ends")
    );
    let over = registry.cancel_job("later", "tester", 9).await;
    assert_eq!(over.expect("asks"), Cancel::Over);
}
