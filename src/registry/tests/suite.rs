//! Runs, versions, scores, operations and conclusions.

use std::collections::BTreeSet;

use super::{conclusion, fresh_of_each, operation};
use crate::model_types::Outcome;
use crate::registry::*;

/// Everything that any registry must do.
pub async fn suite(registry: &Registry) {
    champion_is_the_newest_operation(registry).await;
    versions_are_numbered_without_gaps_by_many_at_once(registry).await;
    unfinished_versions_are_given_up(registry).await;
    whole_versions_are_removed_under_the_lock_alone(registry).await;
    runs_are_found_by_prefix_and_settled(registry).await;
    data_sets_and_scores_are_kept(registry).await;
    a_conclusion_is_all_or_nothing(registry).await;
    conclusions_are_found_again(registry).await;
    super::probations::is_concluded_once(registry).await;
    a_tick_is_added_once_by_many_at_once(registry).await;
    super::workers::take_each_job_once(registry).await;
    super::workers::do_what_dead_ones_had(registry).await;
    super::workers::wait_until_a_job_is_due(registry).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_database_passes_the_suite() {
    for fresh in fresh_of_each().await {
        suite(&fresh.registry).await;
    }
}

async fn champion_is_the_newest_operation(registry: &Registry) {
    let model = "operations";
    assert_eq!(registry.champion(model).await.expect("reads"), None);
    // (what is done, champion after it, pinned after it)
    let story = [
        (operation(Action::Promote, Some(1), None), 1, false),
        (operation(Action::Promote, Some(2), Some(1)), 2, false),
        (operation(Action::Rollback, Some(1), Some(2)), 1, false),
        (operation(Action::Pin, Some(2), Some(1)), 2, true),
        (operation(Action::Promote, Some(3), Some(2)), 3, true),
        (operation(Action::Unpin, Some(3), Some(3)), 3, false),
        (operation(Action::Rollback, Some(2), Some(3)), 2, false),
    ];
    let lock = registry.take_lock(model, "mine", 1).await.expect("free");
    for (at, (operation, version, pinned)) in story.iter().enumerate() {
        registry.operate(&lock, operation).await.expect("records");
        let champion = registry
            .champion(model)
            .await
            .expect("reads")
            .expect("a champion");
        assert_eq!(
            (champion.version, champion.pinned),
            (*version, *pinned),
            "step {at}"
        );
    }
    let kept = registry.operations(model).await.expect("reads");
    let told: Vec<Operation> = story
        .into_iter()
        .rev()
        .map(|(operation, ..)| operation)
        .collect();
    assert_eq!(kept, told, "newest first, none edited");
    assert_eq!(registry.champion("another").await.expect("reads"), None);
    registry.release_lock(&lock).await.expect("releases");
    let late = registry
        .operate(&lock, &operation(Action::Promote, Some(9), Some(2)))
        .await;
    assert!(matches!(late, Err(Error::LockLost { .. })), "{late:?}");
    let champion = registry.champion(model).await.expect("reads");
    assert_eq!(champion.map(|champion| champion.version), Some(2));
}

async fn versions_are_numbered_without_gaps_by_many_at_once(registry: &Registry) {
    let model = "numbers";
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let run = format!("run-{task}");
                registry.reserve_version(model, &run, "stamp", task).await
            })
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for task in tasks {
        let version = task.await.expect("no panic").expect("a number");
        assert_eq!(version.folder, format!("v{}_stamp", version.number));
        assert_eq!(version.state, VersionState::Building);
        assert!(numbers.insert(version.number), "{} twice", version.number);
    }
    assert_eq!(numbers, (1..=40).collect());
    let first_of_another = registry.reserve_version("other", "r", "s", 0).await;
    assert_eq!(first_of_another.expect("a number").number, 1);
    let listed = registry.versions(model).await.expect("lists");
    assert!(
        listed
            .windows(2)
            .all(|pair| pair[0].number > pair[1].number),
        "newest first"
    );
}

async fn unfinished_versions_are_given_up(registry: &Registry) {
    let model = "unfinished";
    let mut whole = registry
        .reserve_version(model, "dead", "s", 0)
        .await
        .expect("a number");
    whole.bundle_sha256 = Some("abc".to_string());
    whole.record = Some(serde_json::json!({"notes": ["ü"], "fit_ms": 1.5}));
    registry.version_ready(&whole).await.expect("records");
    registry
        .reserve_version(model, "dead", "s", 0)
        .await
        .expect("a number");
    registry
        .reserve_version(model, "mine", "s", 0)
        .await
        .expect("a number");
    let given_up = registry.unfinished(model, "mine").await.expect("finds");
    for version in &given_up {
        registry.abandon(version).await.expect("gives up");
    }
    assert_eq!(given_up.iter().map(|it| it.number).collect::<Vec<_>>(), [2]);
    let states: Vec<_> = registry
        .versions(model)
        .await
        .expect("lists")
        .iter()
        .map(|it| it.state)
        .collect();
    assert_eq!(
        states,
        [
            VersionState::Building,
            VersionState::Abandoned,
            VersionState::Ready
        ]
    );
    let read = registry
        .version(model, 1)
        .await
        .expect("reads")
        .expect("there");
    whole.state = VersionState::Ready;
    assert_eq!(read, whole);
    assert_eq!(registry.version(model, 99).await.expect("reads"), None);
    assert_eq!(registry.unfinished(model, "mine").await.expect("finds"), []);
}

async fn whole_versions_are_removed_under_the_lock_alone(registry: &Registry) {
    let model = "removed";
    let whole = registry
        .reserve_version(model, "r", "s", 0)
        .await
        .expect("a number");
    let lock = registry.take_lock(model, "mine", 1).await.expect("free");
    let is_removed = async |lock: &Lock| registry.remove_version(lock, 1).await;
    assert!(!is_removed(&lock).await.expect("asks"), "it is not whole");
    registry.version_ready(&whole).await.expect("records");
    let lost = Lock {
        run: "another".to_string(),
        ..lock.clone()
    };
    let refused = is_removed(&lost).await;
    assert!(matches!(refused, Err(Error::LockLost { .. })));
    assert!(is_removed(&lock).await.expect("marks"));
    assert!(!is_removed(&lock).await.expect("asks"), "once is enough");
    registry.release_lock(&lock).await.expect("gives back");
    let next = registry.reserve_version(model, "r", "s", 0).await;
    assert_eq!(next.expect("a number").number, 2);
    let states: Vec<_> = registry
        .versions(model)
        .await
        .expect("lists")
        .iter()
        .map(|version| version.state)
        .collect();
    assert_eq!(states, [VersionState::Building, VersionState::Removed]);
}

async fn runs_are_found_by_prefix_and_settled(registry: &Registry) {
    let model = "runs";
    for id in [
        "20260101T000000Z-aa",
        "20260101T000000Z-ab",
        "20260102T000000Z-aa",
    ] {
        registry
            .start_run(id, model, "cli", 1)
            .await
            .expect("records");
    }
    let found = async |id: &str| -> Vec<String> {
        let runs = registry.find_runs(id).await.expect("finds");
        runs.into_iter().map(|run| run.id).collect()
    };
    assert_eq!(found("latest").await, ["20260102T000000Z-aa"]);
    assert_eq!(found("20260102").await, ["20260102T000000Z-aa"]);
    assert_eq!(
        found("20260101").await,
        ["20260101T000000Z-ab", "20260101T000000Z-aa"]
    );
    assert_eq!(found("20260101T000000Z-aa").await, ["20260101T000000Z-aa"]);
    assert_eq!(found("%").await, Vec::<String>::new());
    assert_eq!(found("2026010_").await, Vec::<String>::new());

    // The first died after its verdict, the second before; the third is the caller.
    let lock = registry
        .take_lock(model, "20260101T000000Z-aa", 1)
        .await
        .expect("free");
    let concluded = conclusion(&lock, 1, &[], None);
    registry.conclude(&concluded).await.expect("concludes");
    registry.release_lock(&lock).await.expect("releases");
    let settled = registry
        .settle_dead_runs(model, "20260102T000000Z-aa", 7)
        .await;
    assert_eq!(settled.expect("settles").len(), 2);
    let runs = registry.runs(Some(model), 10).await.expect("lists");
    let states: Vec<(&str, Option<&str>, Option<i64>)> = runs
        .iter()
        .map(|run| {
            (
                run.state.name(),
                run.outcome.map(Outcome::name),
                run.ended_ms,
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("running", None, None),
            ("interrupted", None, Some(7)),
            ("done", Some("promote"), Some(7)),
        ]
    );
    assert!(
        registry
            .model_names()
            .await
            .expect("lists")
            .contains(&model.to_string())
    );
}

async fn data_sets_and_scores_are_kept(registry: &Registry) {
    let model = "scores";
    let dataset = |run: &str| DatasetRow {
        run: run.to_string(),
        name: "finaldata.parquet".to_string(),
        data_hash: "d".to_string(),
        rows_hash: "r".to_string(),
        n_rows: 3,
        record: serde_json::json!({"files": []}),
    };
    assert_eq!(registry.latest_dataset(model).await.expect("reads"), None);
    for run in ["b", "a"] {
        registry
            .save_dataset(model, &dataset(run), 1)
            .await
            .expect("records");
    }
    assert_eq!(
        registry.latest_dataset(model).await.expect("reads"),
        Some(dataset("b"))
    );
    assert_eq!(
        registry.dataset(model, "a").await.expect("reads"),
        Some(dataset("a"))
    );
    let score = |version, rows: &str, at_ms, value: f64| ScoreRow {
        version,
        rows_hash: rows.to_string(),
        at_ms,
        record: serde_json::json!({ "f1": value }),
    };
    let told = [
        score(2, "x", 1, 0.1),
        score(1, "y", 3, 0.2),
        score(1, "x", 2, 0.3),
        score(2, "x", 4, 0.4),
    ];
    for score in &told {
        registry
            .save_score(model, "run", score)
            .await
            .expect("records");
    }
    let kept = registry.scores(model).await.expect("lists");
    assert_eq!(
        kept,
        [told[2].clone(), told[1].clone(), told[3].clone()],
        "the same rows again replace"
    );
}

async fn a_conclusion_is_all_or_nothing(registry: &Registry) {
    let model = "conclude";
    registry
        .start_run("run-1", model, "cli", 1)
        .await
        .expect("records");
    let version = registry
        .reserve_version(model, "run-1", "s", 1)
        .await
        .expect("a number");
    let files = [SeenFile {
        sha256: "f".to_string(),
        path: "a.csv".to_string(),
    }];
    let promote = || Some(operation(Action::Promote, Some(version.number), None));
    let lost = Lock {
        model: model.to_string(),
        run: "run-1".to_string(),
        taken_from: None,
    };
    // Nobody holds the lock, then somebody else does.
    for step in 0..2 {
        let other = (step == 1).then_some(registry.take_lock(model, "run-2", 1));
        let other = match other {
            Some(taking) => Some(taking.await.expect("free")),
            None => None,
        };
        let refused = registry
            .conclude(&conclusion(&lost, version.number, &files, promote()))
            .await;
        assert!(
            matches!(refused, Err(Error::LockLost { .. })),
            "{refused:?}"
        );
        assert_eq!(registry.champion(model).await.expect("reads"), None);
        assert!(registry.seen_hashes(model).await.expect("reads").is_empty());
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
    let lock = registry.take_lock(model, "run-1", 1).await.expect("free");
    let done = conclusion(&lock, version.number, &files, promote());
    registry.conclude(&done).await.expect("concludes");
    let champion = registry
        .champion(model)
        .await
        .expect("reads")
        .expect("a champion");
    assert_eq!(champion.version, version.number);
    assert!(
        registry
            .seen_hashes(model)
            .await
            .expect("reads")
            .contains("f")
    );
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

async fn a_tick_is_added_once_by_many_at_once(registry: &Registry) {
    let tick = |tick_ms| TickRow {
        model: "ticks".to_string(),
        tick_ms,
        outcome: TickOutcome::Missed,
        reason: "nobody was there".to_string(),
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

async fn conclusions_are_found_again(registry: &Registry) {
    let model = "again";
    let lock = registry.take_lock(model, "r1", 1).await.expect("free");
    let mut first = conclusion(&lock, 1, &[], None);
    first.outcome = Outcome::Reject;
    registry.conclude(&first).await.expect("concludes");
    let mut other = conclusion(&lock, 2, &[], None);
    (other.data_hash, other.at_ms) = ("more", 20);
    registry.conclude(&other).await.expect("concludes");
    let past = registry
        .past_conclusion(model, "data", "config")
        .await
        .expect("reads")
        .expect("known");
    assert_eq!(
        (past.verdict.name(), past.version, past.run.as_str()),
        ("reject", Some(1), "r1")
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
