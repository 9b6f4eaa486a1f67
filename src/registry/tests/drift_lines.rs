//! What lists show of comparisons and runs, and what servers counted, on every database there is.

use serde_json::json;

use super::super::db::query;
use super::super::{DriftWindowRow, EndedWindow, RunState};
use super::drift::check;
use crate::model_types::VersionNumber;

#[tokio::test]
async fn lines_are_parts_of_records_and_records_of_before_stand_for_them() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        for (kind, from_ms) in [("data", 1), ("requests", 2), ("requests", 3)] {
            let check = check(VersionNumber::new(1), kind, from_ms);
            registry.save_drift_check(&check).await.expect("saved");
        }
        query("UPDATE drift_checks SET line = NULL WHERE from_ms = 2")
            .execute(&registry.pool())
            .await
            .expect("as a program of before left it");
        let lines = registry
            .drift_lines("m", "requests", 9)
            .await
            .expect("read");
        let told: Vec<(i64, &str)> = lines
            .iter()
            .map(|(row, text)| (row.from_ms, text.as_str()))
            .collect();
        assert_eq!(
            told,
            [(3, r#"{"reason":"short"}"#), (2, r#"{"reason":"long"}"#)]
        );
        let whole = registry.drift_checks("m", "data", 1).await.expect("read");
        assert_eq!(whole[0].record, json!({"reason": "long"}));
    }
}

#[tokio::test]
async fn lists_of_runs_have_the_first_reason_and_what_was_quarantined() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        let record = json!({
            "reasons": ["a", "b"], "findings": [], "timings_ms": {"train": 1.5},
            "data": {"rows": 7, "quarantined": [{"path": "x.csv"}]},
        });
        for id in ["r1", "r2"] {
            let begun = registry.start_run(id, "m", "cli", 1).await;
            begun.expect("records");
            let mut run = registry.run(id).await.expect("read").expect("a run");
            (run.state, run.ended_ms) = (RunState::Done, Some(9));
            run.record = Some(record.clone());
            registry.end_run(&run).await.expect("records");
        }
        query("UPDATE runs SET line = NULL WHERE id = 'r1'")
            .execute(&registry.pool())
            .await
            .expect("as a program of before left it");
        for list in [
            registry.run_lines(Some("m"), 9).await.expect("read"),
            registry.moved_runs(None, 9).await.expect("read"),
        ] {
            assert_eq!(list[0].id, "r2");
            let line = json!({"reasons": ["a"], "data": {"quarantined": [{"path": "x.csv"}]}});
            assert_eq!(list[0].record, Some(line));
            for run in &list {
                let report = run.report().expect("reads");
                assert_eq!(report.reasons[0], "a");
                assert_eq!(run.quarantined().len(), 1);
            }
        }
        let whole = registry.runs(Some("m"), 9).await.expect("read");
        assert_eq!(whole[0].record.as_ref(), Some(&record));
    }
}

#[tokio::test]
async fn windows_are_counted_in_the_bins_of_the_champion_and_of_the_slow_reference() {
    for fresh in super::fresh_of_each().await {
        let registry = &fresh.registry;
        let window =
            |slow: Option<VersionNumber>, server: &str, from_ms: i64, n_rows: i64| DriftWindowRow {
                model: "m".to_string(),
                version: VersionNumber::new(3),
                slow,
                server: server.to_string(),
                from_ms,
                to_ms: from_ms + 10,
                n_rows,
                counts: json!({"rows": n_rows}),
            };
        for row in [
            window(None, "a", 10, 4),
            window(None, "b", 10, 5),
            window(None, "a", 20, 6),
            window(Some(VersionNumber::new(1)), "a", 10, 4),
            window(Some(VersionNumber::new(2)), "a", 20, 6),
            // Counted further.
            window(Some(VersionNumber::new(2)), "a", 20, 7),
        ] {
            registry.save_drift_window(&row).await.expect("saved");
        }
        let own = registry
            .drift_windows("m", VersionNumber::new(3), (0, 100))
            .await
            .expect("read");
        assert_eq!(own.len(), 3);
        assert!(own.iter().all(|row| row.slow.is_none()));
        let slow = registry
            .slow_windows("m", VersionNumber::new(3), (0, 100))
            .await
            .expect("read");
        assert_eq!(
            slow,
            [
                window(Some(VersionNumber::new(1)), "a", 10, 4),
                window(Some(VersionNumber::new(2)), "a", 20, 7)
            ]
        );
        assert_eq!(
            registry
                .slow_windows("m", VersionNumber::new(3), (0, 20))
                .await
                .expect("read")
                .len(),
            1
        );
        let ended = |now_ms: i64| registry.ended_windows("m", VersionNumber::new(3), (0, now_ms));
        let first = EndedWindow {
            from_ms: 10,
            to_ms: 20,
            n_rows: 9,
        };
        assert_eq!(ended(29).await.expect("read"), [first]);
        assert_eq!(ended(30).await.expect("read").len(), 2);
        registry.remove_old_drift("m", 25).await.expect("removed");
        let left = registry
            .slow_windows("m", VersionNumber::new(3), (0, 100))
            .await
            .expect("read");
        assert_eq!(left.len(), 1);
    }
}
