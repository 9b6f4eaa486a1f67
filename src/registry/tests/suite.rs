//! Runs, versions, scores, operations and conclusions.

use std::collections::BTreeSet;

use super::conclusions::{
    a_conclusion_is_all_or_nothing, a_tick_is_added_once_by_many_at_once,
    conclusions_are_found_again,
};
use super::{conclusion, fresh_of_each, operation};
use crate::model_types::{Outcome, RunId, Sha256, VersionNumber};
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
        (
            operation(Action::Promote, Some(VersionNumber::new(1)), None),
            1,
            false,
        ),
        (
            operation(
                Action::Promote,
                Some(VersionNumber::new(2)),
                Some(VersionNumber::new(1)),
            ),
            2,
            false,
        ),
        (
            operation(
                Action::Rollback,
                Some(VersionNumber::new(1)),
                Some(VersionNumber::new(2)),
            ),
            1,
            false,
        ),
        (
            operation(
                Action::Pin,
                Some(VersionNumber::new(2)),
                Some(VersionNumber::new(1)),
            ),
            2,
            true,
        ),
        (
            operation(
                Action::Promote,
                Some(VersionNumber::new(3)),
                Some(VersionNumber::new(2)),
            ),
            3,
            true,
        ),
        (
            operation(
                Action::Unpin,
                Some(VersionNumber::new(3)),
                Some(VersionNumber::new(3)),
            ),
            3,
            false,
        ),
        (
            operation(
                Action::Rollback,
                Some(VersionNumber::new(2)),
                Some(VersionNumber::new(3)),
            ),
            2,
            false,
        ),
    ];
    let lock = registry
        .take_lock(model, &RunId::new("mine"), 1)
        .await
        .expect("free");
    for (at, (operation, version, pinned)) in story.iter().enumerate() {
        registry.operate(&lock, operation).await.expect("records");
        let champion = registry
            .champion(model)
            .await
            .expect("reads")
            .expect("a champion");
        assert_eq!(
            (champion.version, champion.pinned),
            (VersionNumber::new(*version), *pinned),
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
        .operate(
            &lock,
            &operation(
                Action::Promote,
                Some(VersionNumber::new(9)),
                Some(VersionNumber::new(2)),
            ),
        )
        .await;
    assert!(matches!(late, Err(Error::LockLost { .. })), "{late:?}");
    let champion = registry.champion(model).await.expect("reads");
    assert_eq!(
        champion.map(|champion| champion.version),
        Some(VersionNumber::new(2))
    );
}

async fn versions_are_numbered_without_gaps_by_many_at_once(registry: &Registry) {
    let model = "numbers";
    let tasks: Vec<_> = (0..40)
        .map(|task| {
            let registry = registry.clone();
            tokio::spawn(async move {
                let run = format!("run-{task}");
                registry
                    .reserve_version(model, &RunId::new(run.clone()), "stamp", task)
                    .await
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
    assert_eq!(numbers, (1..=40).map(VersionNumber::new).collect());
    let first_of_another = registry
        .reserve_version("other", &RunId::new("r"), "s", 0)
        .await;
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
        .reserve_version(model, &RunId::new("dead"), "s", 0)
        .await
        .expect("a number");
    whole.bundle_sha256 = Some(Sha256::new("abc"));
    whole.record = Some(serde_json::json!({"notes": ["ü"], "fit_ms": 1.5}));
    registry.version_ready(&whole).await.expect("records");
    registry
        .reserve_version(model, &RunId::new("dead"), "s", 0)
        .await
        .expect("a number");
    registry
        .reserve_version(model, &RunId::new("mine"), "s", 0)
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
        .version(model, VersionNumber::new(1))
        .await
        .expect("reads")
        .expect("there");
    whole.state = VersionState::Ready;
    assert_eq!(read, whole);
    assert_eq!(
        registry
            .version(model, VersionNumber::new(99))
            .await
            .expect("reads"),
        None
    );
    assert_eq!(registry.unfinished(model, "mine").await.expect("finds"), []);
}

async fn whole_versions_are_removed_under_the_lock_alone(registry: &Registry) {
    let model = "removed";
    let whole = registry
        .reserve_version(model, &RunId::new("r"), "s", 0)
        .await
        .expect("a number");
    let lock = registry
        .take_lock(model, &RunId::new("mine"), 1)
        .await
        .expect("free");
    let is_removed = async |lock: &Lock| registry.remove_version(lock, VersionNumber::new(1)).await;
    assert!(!is_removed(&lock).await.expect("asks"), "it is not whole");
    registry.version_ready(&whole).await.expect("records");
    let lost = Lock {
        run: RunId::new("another"),
        ..lock.clone()
    };
    let rejected = is_removed(&lost).await;
    assert!(matches!(rejected, Err(Error::LockLost { .. })));
    assert!(is_removed(&lock).await.expect("marks"));
    assert!(!is_removed(&lock).await.expect("asks"), "once is enough");
    registry.release_lock(&lock).await.expect("gives back");
    let next = registry
        .reserve_version(model, &RunId::new("r"), "s", 0)
        .await;
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
        runs.into_iter().map(|run| run.id.into()).collect()
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
        .take_lock(model, &RunId::new("20260101T000000Z-aa"), 1)
        .await
        .expect("free");
    let concluded = conclusion(&lock, VersionNumber::new(1), &[], None);
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
        run: RunId::new(run),
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
        registry
            .dataset(model, &RunId::new("a"))
            .await
            .expect("reads"),
        Some(dataset("a"))
    );
    let score = |version, rows: &str, at_ms, value: f64| ScoreRow {
        version,
        rows_hash: rows.to_string(),
        at_ms,
        record: serde_json::json!({ "f1": value }),
    };
    let told = [
        score(VersionNumber::new(2), "x", 1, 0.1),
        score(VersionNumber::new(1), "y", 3, 0.2),
        score(VersionNumber::new(1), "x", 2, 0.3),
        score(VersionNumber::new(2), "x", 4, 0.4),
    ];
    for score in &told {
        registry
            .save_score(model, &RunId::new("run"), score)
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
