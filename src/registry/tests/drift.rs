//! Drift and what moved last, on every database there is.

use serde_json::json;

use super::super::{DriftCheckRow, DriftEpisodeRow, RunState};
use crate::model_types::VersionNumber;

fn episode(kind: &str, began_ms: i64, ended_ms: Option<i64>) -> DriftEpisodeRow {
    DriftEpisodeRow {
        model: "m".to_string(),
        kind: kind.to_string(),
        began_ms,
        last_ms: began_ms,
        ended_ms,
        version: VersionNumber::new(1),
        action: "notify".to_string(),
        done: None,
        evidence: json!({"reason": "so"}),
    }
}

#[tokio::test]
async fn what_was_told_last_of_data_sets_outlives_other_episodes_that_are_over() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        let told = async || registry.drift_of_data_told("m").await.expect("read");
        assert_eq!(told().await, None);
        let all = [
            episode("requests", 1, None),
            episode("data", 2, Some(3)),
            episode(DriftEpisodeRow::SLOW, 4, Some(4)),
            episode("test", 5, Some(6)),
            episode("requests", 7, Some(8)),
        ];
        for row in &all {
            registry.save_drift_episode(row).await.expect("saved");
        }
        assert_eq!(told().await, Some(4));
        let open = registry.open_drift_episodes("m").await.expect("read");
        assert_eq!(open, [all[0].clone()]);
        registry.remove_old_drift("m", 100).await.expect("removed");
        let left = registry.drift_episodes("m", 9).await.expect("read");
        assert_eq!(left, [all[2].clone(), all[0].clone()]);
        assert_eq!(told().await, Some(4));
    }
}

#[tokio::test]
async fn the_action_of_an_episode_is_claimed_once_as_it_was_read() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        let read = episode("requests", 1, None);
        registry.save_drift_episode(&read).await.expect("saved");
        let claim = async |row: &DriftEpisodeRow, done: &str| {
            registry.claim_drift_episode(row, done).await.expect("says")
        };
        assert!(claim(&read, "first").await);
        assert!(!claim(&read, "second").await, "it is another since");
        let open = registry.open_drift_episodes("m").await.expect("read");
        assert_eq!(open[0].done.as_deref(), Some("first"));
        assert!(claim(&open[0], "third").await, "taken over as it stands");
        assert!(!claim(&open[0], "fourth").await);
    }
}

/// A quiet comparison of a model `m`.
pub(super) fn check(version: VersionNumber, kind: &str, from_ms: i64) -> DriftCheckRow {
    DriftCheckRow {
        model: "m".to_string(),
        version,
        kind: kind.to_string(),
        source: String::new(),
        from_ms,
        to_ms: from_ms + 1,
        at_ms: from_ms,
        n_rows: 10,
        verdict: "ok".to_string(),
        line: json!({"reason": "short"}),
        record: json!({"reason": "long"}),
    }
}

#[tokio::test]
async fn every_judged_window_of_a_version_is_known_however_many_there_are() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        for (version, kind, from_ms) in [
            (1, "requests", 5),
            (1, "requests", 3),
            (1, "requests", 1),
            (2, "requests", 6),
            (1, "data", 7),
        ] {
            let check = check(VersionNumber::new(version), kind, from_ms);
            registry.save_drift_check(&check).await.expect("saved");
        }
        let found = registry
            .judged_windows("m", VersionNumber::new(1), 3)
            .await
            .expect("read");
        let windows: Vec<i64> = found.iter().map(|it| it.from_ms).collect();
        assert_eq!(windows, [3, 5]);
    }
}

#[tokio::test]
async fn what_ended_last_comes_first_however_early_it_was_begun() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        for at in 1..=5 {
            let begun = registry.start_run(&format!("r{at}"), "m", "cli", at).await;
            begun.expect("records");
        }
        let mut first = registry.run("r1").await.expect("read").expect("a run");
        (first.state, first.ended_ms) = (RunState::Failed, Some(99));
        registry.end_run(&first).await.expect("records");
        let moved = registry.moved_runs(Some("m"), 2).await.expect("read");
        let ids: Vec<&str> = moved.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, ["r1", "r5"]);
        assert_eq!(registry.moved_runs(None, 9).await.expect("read").len(), 5);
        assert_eq!(registry.moved_jobs(Some("m"), 9).await.expect("read"), []);
    }
}
