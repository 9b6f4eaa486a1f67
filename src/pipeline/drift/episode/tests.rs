//! One episode, one alarm: whatever order windows are judged in, and however often.

use super::*;
use crate::model_types::VersionNumber;
use crate::pipeline::drift::check::{SlowDrift, Which};

const HOUR_MS: i64 = 3_600_000;

struct Site {
    _folder: tempfile::TempDir,
    registry: Registry,
    settings: Settings,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let registry = Registry::open(&folder.path().join("unseat.db")).await;
        Site {
            registry: registry.expect("opens"),
            settings: Settings::default(),
            _folder: folder,
        }
    }

    /// The window of an hour is judged; what is told of it, by its first word.
    async fn judged(&self, hour: i64, verdict: Verdict) -> Option<String> {
        let check = check(RowsKind::Requests, hour, verdict);
        self.settled(&check).await
    }

    async fn settled(&self, check: &DriftCheck) -> Option<String> {
        let told = settle(&self.registry, &self.settings, check, check.to_ms).await;
        let told = told.expect("settled")?;
        told.split(' ').next().map(str::to_string)
    }

    async fn slow(&self, check: &DriftCheck) -> Option<String> {
        let told = settle_slow(&self.registry, &self.settings, check, check.to_ms).await;
        told.expect("settled")
    }

    async fn episodes(&self) -> Vec<DriftEpisodeRow> {
        self.registry.drift_episodes("m", 99).await.expect("read")
    }
}

fn check(kind: RowsKind, hour: i64, verdict: Verdict) -> DriftCheck {
    let which = Which {
        model: "m".to_string(),
        version: VersionNumber::new(1),
        kind,
        source: String::new(),
        window_ms: (hour * HOUR_MS, (hour + 1) * HOUR_MS),
    };
    DriftCheck {
        verdict,
        ..DriftCheck::unknown(which, 500, "so".to_string())
    }
}

#[tokio::test]
async fn drift_that_goes_on_is_told_once_and_its_end_once() {
    use Verdict::{Drift, Ok, Unknown};
    let site = Site::new().await;
    let mut told = Vec::new();
    for (hour, verdict) in [Ok, Drift, Drift, Unknown, Drift, Ok, Ok, Unknown, Drift]
        .into_iter()
        .enumerate()
    {
        told.extend(site.judged(hour as i64, verdict).await);
    }
    assert_eq!(told, ["drift", "no", "drift"]);
    let spans: Vec<(i64, Option<i64>)> = site
        .episodes()
        .await
        .iter()
        .map(|it| (it.began_ms / HOUR_MS, it.ended_ms.map(|at| at / HOUR_MS)))
        .collect();
    assert_eq!(spans, [(8, None), (1, Some(6))]);
}

#[tokio::test]
async fn a_window_that_is_judged_again_for_late_rows_neither_ends_nor_repeats_an_alarm() {
    use Verdict::{Drift, Ok};
    let site = Site::new().await;
    site.judged(4, Ok).await;
    assert_eq!(site.judged(5, Drift).await.as_deref(), Some("drift"));
    site.judged(6, Drift).await;
    // Late rows of hours 4 and 5 come.
    assert_eq!(site.judged(4, Ok).await, None);
    assert_eq!(site.judged(5, Drift).await, None);
    assert_eq!(site.episodes().await[0].ended_ms, None);
    assert_eq!(site.judged(7, Ok).await.as_deref(), Some("no"));
    // And again of hour 5, after all is over.
    assert_eq!(site.judged(5, Drift).await, None);
    assert_eq!(site.episodes().await.len(), 1);
    // Hour 3 was not known to drift before.
    assert_eq!(site.judged(3, Drift).await.as_deref(), Some("drift"));
}

#[tokio::test]
async fn rows_that_moved_slowly_are_told_once_and_held_against_later_champions_from_then_on() {
    let mut site = Site::new().await;
    let slow = |hour: i64, verdict: Verdict, of_first: Verdict| DriftCheck {
        slow: Some(SlowDrift {
            version: VersionNumber::new(1),
            verdict: of_first,
            reason: "`x` differs".to_string(),
            columns: vec!["x".to_string()],
            found: Vec::new(),
        }),
        ..check(RowsKind::Data, hour, verdict)
    };
    use Verdict::{Drift, Ok, Warn};
    assert_eq!(
        site.registry.drift_of_data_told("m").await.expect("read"),
        None
    );
    assert_eq!(site.slow(&slow(1, Ok, Ok)).await, None);
    // What is seen against the champion is not a slow drift.
    assert_eq!(site.slow(&slow(2, Drift, Drift)).await, None);
    assert_eq!(site.slow(&slow(3, Warn, Drift)).await, None);
    let told = site.slow(&slow(4, Ok, Drift)).await.expect("an alarm");
    assert!(
        told.contains("slow drift") && told.contains("version 1"),
        "{told}"
    );
    let episodes = site.episodes().await;
    let row = &episodes[0];
    assert_eq!(
        (row.kind.as_str(), row.action.as_str()),
        (DriftEpisodeRow::SLOW, "notify")
    );
    assert!(row.ended_ms.is_some(), "it holds nothing back");
    let told_ms = Some(5 * HOUR_MS);
    assert_eq!(
        site.registry.drift_of_data_told("m").await.expect("read"),
        told_ms
    );
    // That it was told is not forgotten with other episodes that are over.
    site.judged(5, Drift).await;
    site.judged(6, Ok).await;
    let removed = site.registry.remove_old_drift("m", 99 * HOUR_MS).await;
    removed.expect("removes");
    let kinds: Vec<String> = site
        .episodes()
        .await
        .into_iter()
        .map(|it| it.kind)
        .collect();
    assert_eq!(kinds, [DriftEpisodeRow::SLOW]);
    site.settings.action = DriftAction::Ignore;
    assert_eq!(site.slow(&slow(9, Ok, Drift)).await, None);
}
